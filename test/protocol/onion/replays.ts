import { expect } from "chai";
import fc from "fast-check";
import {
  admit,
  forgetExpired,
  MAX_GAPS,
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
  it("admits every number of one payer once, in any order", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(120), { maxLength: 60 }), (numbers) => {
        const came = new Set<number>();
        let seen = nothingSeen();
        for (const number of numbers) {
          const next = admit(seen, { tag: tagOf(1), number, expiry: 100 });
          expect(next === null, `${number} after ${[...came].join()}`).to.equal(came.has(number));
          came.add(number);
          seen = next ?? seen;
        }
        expect(sizeOf(seen)).to.equal(numbers.length === 0 ? 0 : 1);
      }),
    );
    expect(admitted(admitted(nothingSeen(), 1, 0xffff), 2, 0), "another payer begins anew").to.not.equal(
      null,
    );
  });

  it("remembers a bounded number of gaps, and takes what is older for seen", () => {
    let seen = nothingSeen();
    for (let gap = 0; gap <= MAX_GAPS; gap++) seen = admitted(seen, 1, 2 * gap + 1);
    expect(admit(seen, { tag: tagOf(1), number: 0, expiry: 100 }), "the oldest gap").to.equal(null);
    seen = admitted(seen, 1, 2);
    expect(admit(seen, { tag: tagOf(1), number: 2, expiry: 100 })).to.equal(null);
    const wide = admitted(nothingSeen(), 1, 0xffff);
    expect(admitted(wide, 1, 0), "one gap however wide").to.not.equal(null);
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
