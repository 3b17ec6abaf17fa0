import { expect } from "chai";
import type { Signer } from "../../../src/protocol/crypto.ts";
import { KeyMemory } from "../../../src/protocol/onion/key-memory.ts";
import { openKeys } from "../../../src/protocol/onion/route-keys.ts";
import { concatBytes } from "../../../src/protocol/bytes.ts";
import { fastCrypto, fastSigner } from "../fast-crypto.ts";
import { addressOf } from "../lane-pair.ts";

const [PEER, OTHER] = [addressOf(1), addressOf(2)];

function pointOf(index: number): Uint8Array {
  return concatBytes(Uint8Array.of(2), fastCrypto.sha256(Uint8Array.of(index >> 8, index & 255)));
}

/** A memory, and how often it had to agree on keys. */
function counted(): { readonly memory: KeyMemory; readonly count: () => number; readonly signer: Signer } {
  const signer = fastSigner(addressOf(9));
  let count = 0;
  const counting: Signer = {
    ...signer,
    agree: (point) => {
      count++;
      return signer.agree(point);
    },
  };
  return { memory: new KeyMemory(fastCrypto, counting), count: () => count, signer };
}

describe("onion: memory of keys", () => {
  it("gives the same keys, agreed on once for each peer", () => {
    const { memory, count, signer } = counted();
    const expected = openKeys(fastCrypto, signer, pointOf(1));
    for (let again = 0; again < 3; again++) {
      expect(memory.open(PEER, pointOf(1), 0)).to.deep.equal(expected);
    }
    expect(count()).to.equal(1);
    expect(memory.open(OTHER, pointOf(1), 0)).to.deep.equal(expected);
    expect(count(), "no peer learns by time what another one has used").to.equal(2);
  });

  it("gives null for what is no point, each time", () => {
    const { memory } = counted();
    const nothing = new Uint8Array(33);
    expect(memory.open(PEER, nothing, 0)).to.equal(null);
    expect(memory.open(PEER, nothing, 0)).to.equal(null);
  });

  it("keeps 1024 keys of a peer at most, and the others' meanwhile", () => {
    const { memory, count } = counted();
    memory.open(OTHER, pointOf(0), 0);
    for (let index = 0; index < 1024; index++) memory.open(PEER, pointOf(index), 0);
    expect(count()).to.equal(1025);
    memory.open(PEER, pointOf(1023), 0);
    expect(count(), "the newest is known").to.equal(1025);
    memory.open(PEER, pointOf(0), 0);
    expect(count(), "the oldest is not").to.equal(1026);
    memory.open(OTHER, pointOf(0), 0);
    expect(count()).to.equal(1026);
  });

  it("keeps what is used at least once in an hour, and nothing that was not used for two", () => {
    const { memory, count } = counted();
    for (let hour = 0; hour < 5; hour++) memory.open(PEER, pointOf(1), hour * 3600);
    expect(count()).to.equal(1);
    memory.open(PEER, pointOf(1), 4 * 3600 + 7199);
    expect(count()).to.equal(1);
    memory.open(PEER, pointOf(1), 8 * 3600 + 7200);
    expect(count()).to.equal(2);
  });

  it("forgets a peer that is gone", () => {
    const { memory, count } = counted();
    memory.open(PEER, pointOf(1), 0);
    memory.forget(PEER);
    memory.open(PEER, pointOf(1), 0);
    expect(count()).to.equal(2);
  });
});
