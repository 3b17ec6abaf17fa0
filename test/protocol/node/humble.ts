import { expect } from "chai";
import { headOf } from "../../../src/protocol/locks.ts";
import type { LaneState } from "../../../src/protocol/types.ts";
import { fastCrypto } from "../fast-crypto.ts";
import { CHALLENGE, ETH, type Network, pay, type Peer, row, runUntilEnded, SLOW } from "./network.ts";

const FRESH: LaneState = { seq: 0, sent: 0n, ack: 0, locks: [] };
const RECOVERY = 3 * CHALLENGE;

function direct(
  net: Network,
  from: Peer,
  channel: Parameters<Network["channelOf"]>[1],
  amount: bigint,
): void {
  const tag = `0x${amount.toString(16).padStart(64, "0")}` as never;
  net.command(from, { kind: "payDirect", channel, amount, tag });
  net.settle();
}

/** Wang and Alice; Wang has lost what he signed, and is gone. */
function lost() {
  const { net, peers, hop } = row(["Wang", "Alice"]);
  const [wang, alice] = peers;
  if (wang === undefined || alice === undefined) throw new Error("the row has two nodes");
  const id = hop(0);
  direct(net, wang, id, 5n);
  direct(net, wang, id, 7n);
  direct(net, alice, id, 2n);
  return { net, wang, alice, id };
}

describe("node: a humble close of the peer [CL-7]", () => {
  it("is answered with the newest state, which convicts nobody and is paid", () => {
    const { net, wang, alice, id } = lost();
    const before = net.wealth(alice);
    net.disconnect(wang, alice);
    net.chain.closeHumbly(id, "A", FRESH, headOf(fastCrypto, FRESH), RECOVERY);
    net.tick(SLOW);
    wang.pending.clear();
    net.tick(SLOW);
    expect(net.noticesOf(alice, "decision").map(({ what }) => what)).to.deep.equal(["answer"]);
    const { phase } = net.channelOf(alice, id);
    if (phase.kind !== "closing") throw new Error(phase.kind);
    expect(phase.record.answered).to.deep.include({
      seq: net.channelOf(alice, id).held.newest.seq,
      sent: 12n,
    });
    runUntilEnded(net, id);
    expect(net.noticesOf(alice, "channelEnded").map(({ how }) => how)).to.deep.equal(["settled"]);
    // The closer declared that it knows of nothing that Alice had paid, so her 2 are hers again.
    expect(net.wealth(alice) - before).to.equal(2n);
  });

  it("gives up what the closer was to receive on a condition: that money is free at once", () => {
    const { net, wang, alice, id } = lost();
    wang.mute = ({ kind }) => kind === "fulfil";
    const hash = pay(net, alice, wang);
    net.settle();
    expect(net.channelOf(alice, id).own.locked).to.equal(ETH);
    const held = net.channelOf(wang, id).held.newest;
    net.disconnect(wang, alice);
    const own = net.channelOf(wang, id).own.newest;
    net.chain.closeHumbly(id, "A", own, headOf(fastCrypto, held), RECOVERY);
    net.tick(SLOW);
    expect(net.noticesOf(alice, "paymentFailed").map((notice) => notice.hash)).to.deep.equal([hash]);
    runUntilEnded(net, id);
    expect(net.noticesOf(alice, "channelEnded").map(({ received }) => received)).to.deep.equal([
      10n * ETH + 12n - 2n,
    ]);
  });

  it("is replaced by an ordinary close, by which the node goes on", () => {
    const { net, wang, alice, id } = lost();
    alice.mute = ({ kind }) => kind === "fulfil";
    pay(net, wang, alice);
    net.settle();
    const before = net.wealth(alice);
    net.disconnect(wang, alice);
    net.chain.closeHumbly(id, "A", FRESH, headOf(fastCrypto, FRESH), RECOVERY);
    net.tick(SLOW);
    alice.pending.clear();
    const { own, held } = net.channelOf(alice, id);
    net.chain.replaceClose(id, own.newest, headOf(fastCrypto, held.newest));
    net.tick(SLOW);
    const { phase } = net.channelOf(alice, id);
    if (phase.kind !== "closing") throw new Error(phase.kind);
    expect(phase.record).to.deep.include({ closer: "B", humble: false });
    expect(phase.lists).to.deep.equal({ own: [], theirs: held.newest.locks, answered: [] });
    expect(held.newest.locks).to.have.lengthOf(1);
    runUntilEnded(net, id);
    expect(net.wealth(alice) - before, "the lock's witness is recorded in time").to.equal(ETH);
  });

  it("waits for the closer's locks as after any close: a challenge period beyond deadline and expiry", () => {
    const { net, wang, alice, id } = lost();
    alice.mute = ({ kind }) => kind === "fulfil";
    pay(net, wang, alice);
    net.settle();
    const own = net.channelOf(wang, id).own.newest;
    const held = net.channelOf(wang, id).held.newest;
    net.disconnect(wang, alice);
    net.chain.closeHumbly(id, "A", own, headOf(fastCrypto, held), RECOVERY);
    const deadline = net.chain.time + 1 + RECOVERY;
    expect(own.locks[0]?.lock.expiry).to.be.below(deadline);
    while (net.chain.isOpen(id)) {
      // Neither the witness nor a concession ever comes.
      alice.pending.clear();
      net.tick(SLOW);
    }
    const end = deadline + CHALLENGE;
    expect(net.chain.time).to.be.within(end, end + 2 * SLOW);
    expect(net.chain.refused).to.deep.equal([]);
    expect(net.noticesOf(wang, "channelEnded").map(({ received }) => received)).to.deep.equal([
      10n * ETH - 12n + 2n,
    ]);
  });
});
