import { expect } from "chai";

import type { Engine } from "../../src/node/engine.ts";
import { guardedBy, type Guarded } from "../../src/node/guarded.ts";
import { headOf } from "../../src/protocol/locks.ts";
import { fastCrypto } from "../protocol/fast-crypto.ts";
import { ETH, type Network, pay, type Peer, row } from "../protocol/node/network.ts";
import { direct, loseData } from "../protocol/node/recovery-world.ts";

/** What a running node with this state would say. */
function guardedOf({ state }: Peer): Guarded {
  return guardedBy({ state, ctx: { crypto: fastCrypto } } as unknown as Engine);
}

function pairOf() {
  const { net, peers, hop } = row(["Wang", "Alice"]);
  const [wang, alice] = peers;
  if (wang === undefined || alice === undefined) throw new Error("the row has two nodes");
  return { net, wang, alice, id: hop(0) };
}

/** Wang takes the witness and does not pay for it. */
function unpaid(net: Network, wang: Peer, alice: Peer): void {
  wang.mute = (message) =>
    message.kind === "update" && message.changes.some(({ kind }) => kind === "win" || kind === "drop");
  pay(net, wang, alice);
  net.settle();
}

describe("what a node tells towers", () => {
  it("is the newest state that each peer signed, with the reserve of the channel", () => {
    const { net, wang, alice, id } = pairOf();
    expect(guardedOf(alice).lanes(), "nothing is signed yet").to.deep.equal([]);
    direct(net, wang, id, 5n);
    direct(net, wang, id, 7n);
    const { held, params } = net.channelOf(alice, id);
    const [lane, ...others] = guardedOf(alice).lanes();
    expect(others).to.deep.equal([]);
    expect(lane).to.deep.include({ channel: id, params, life: 1, side: "B", seq: held.newest.seq });
    expect([lane?.signature, lane?.reserve]).to.deep.equal([held.signature, (20n * ETH) / 100n]);
    expect(lane?.head()).to.deep.equal(headOf(fastCrypto, held.newest));
    expect(held.newest.sent).to.equal(12n);
  });

  it("is nothing of a channel that lost data, of which it still says what is known", () => {
    const { net, wang, alice, id } = pairOf();
    direct(net, wang, id, 5n);
    expect(guardedOf(alice).isRestored()).to.equal(false);
    loseData(net, alice);
    net.read(alice);
    expect([guardedOf(alice).lanes(), guardedOf(alice).isRestored()]).to.deep.equal([[], true]);
    const { params } = net.channelOf(alice, id);
    const known = { channel: id, params, life: 1, side: "B", heldSeq: 0, ownSeq: 0, isLost: true };
    expect(guardedOf(alice).known()).to.deep.equal([known]);
  });

  it("are witnesses that were shown and not paid for, until their locks end", () => {
    const { net, wang, alice, id } = pairOf();
    unpaid(net, wang, alice);
    const [lock] = net.channelOf(alice, id).held.newest.locks;
    if (lock?.lock.kind !== "hash") throw new Error("a lock is left");
    const secret = alice.state.secrets.get(lock.lock.hash)?.secret;
    const { expiry: before } = lock.lock;
    expect(guardedOf(alice).unpaid()).to.deep.equal([{ secret, before }]);
    expect(guardedOf(wang).unpaid(), "who pays has none").to.deep.equal([]);
    const at = (time: number) =>
      guardedOf({ ...alice, state: { ...alice.state, head: { number: 9, time } } });
    expect([at(before - 1).unpaid().length, at(before).unpaid().length]).to.deep.equal([1, 0]);
  });

  it("are no witnesses of payments that have come", () => {
    const { net, wang, alice } = pairOf();
    pay(net, wang, alice);
    net.settle();
    expect(net.noticesOf(alice, "invoicePaid")).to.have.lengthOf(1);
    expect(guardedOf(alice).unpaid()).to.deep.equal([]);
  });
});
