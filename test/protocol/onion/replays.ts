import { expect } from "chai";
import {
  admit,
  forgetExpired,
  MAX_GENERATION,
  nothingSeen,
  type Seen,
} from "../../../src/protocol/onion/replays.ts";
import { toHex, writeUint } from "../../../src/protocol/bytes.ts";
import type { KeyTag } from "../../../src/protocol/onion/route-keys.ts";

function tagOf(index: number): KeyTag {
  const bytes = new Uint8Array(16).fill(0xaa);
  writeUint(bytes, 0, 4, index * 65_537);
  return toHex(bytes);
}

function admitted(seen: Seen, tag: number, number: number, expiry = 100): Seen {
  const next = admit(seen, { tag: tagOf(tag), number, expiry });
  if (next === null) throw new Error(`packet ${number} of ${tag} was taken for a replay`);
  return next;
}

function sizeOf({ newer, older }: Seen): number {
  return newer.numbers.size + older.numbers.size;
}

describe("onion: replays", () => {
  it("admits growing numbers of one payer, gaps too, and no number again or below", () => {
    let seen = nothingSeen();
    for (const number of [0, 1, 5, 0xffff]) {
      seen = admitted(seen, 1, number);
      for (const old of [0, number - 1, number]) {
        if (old >= 0) expect(admit(seen, { tag: tagOf(1), number: old, expiry: 100 })).to.equal(null);
      }
    }
    expect(admitted(seen, 2, 0), "another payer begins anew").to.not.equal(seen);
    expect(sizeOf(seen), "one entry however many packets").to.equal(1);
  });

  it("remembers until the latest expiry has passed, and not longer", () => {
    let seen = admitted(admitted(nothingSeen(), 1, 0, 100), 2, 0, 200);
    const left = forgetExpired(seen, 200);
    expect(left, "at its expiry it counts").to.equal(seen);
    expect(forgetExpired(seen, 201)).to.equal(null);
    seen = admitted(seen, 1, 1, 300);
    expect(forgetExpired(seen, 300)).to.equal(seen);
  });

  it("has room for a bounded number of payers, and forgets the oldest first", () => {
    let seen = nothingSeen();
    for (let tag = 0; tag < 2 * MAX_GENERATION; tag++) seen = admitted(seen, tag, 0);
    expect(sizeOf(seen)).to.equal(2 * MAX_GENERATION);
    expect(admit(seen, { tag: tagOf(0), number: 0, expiry: 1 })).to.equal(null);
    expect(admit(seen, { tag: tagOf(2 * MAX_GENERATION - 1), number: 0, expiry: 1 })).to.equal(null);
    seen = admitted(seen, 2 * MAX_GENERATION, 0);
    expect(sizeOf(seen), "one generation and one").to.equal(MAX_GENERATION + 1);
    expect(admit(seen, { tag: tagOf(MAX_GENERATION), number: 0, expiry: 1 })).to.equal(null);
    expect(admitted(seen, 0, 0), "the oldest are forgotten").to.not.equal(seen);
  });
});
