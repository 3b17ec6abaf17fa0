import { expect } from "chai";
import type { Due, Transaction } from "../../../src/protocol/chain-facts.ts";
import { ZERO_ADDRESS } from "../../../src/protocol/checked.ts";
import { headOf } from "../../../src/protocol/locks.ts";
import type { ChannelId } from "../../../src/protocol/types.ts";
import { fastCrypto } from "../fast-crypto.ts";
import { tagOf } from "../lane-pair.ts";
import { BLOCK, CHALLENGE, ETH, type Network, pay, type Peer, row, SLOW, story } from "./network.ts";

const MILLI = 10n ** 15n;
const eth = (amount: bigint) => ({ token: ZERO_ADDRESS, amount });

/** Of the first wish of this kind that waits for a block, which comes within so many. */
function dueOf(net: Network, peer: Peer, kind: Transaction["kind"], seconds = SLOW): Due | undefined {
  for (let block = 0; block < 400; block++) {
    const found = [...peer.pending.values()].find((one) => one.kind === kind);
    if (found !== undefined) return found.due;
    net.tick(seconds);
  }
  throw new Error(`${peer.name} wants no ${kind}`);
}

/** What this node would post now. */
function closeOf(net: Network, peer: Peer, channel: ChannelId): Extract<Transaction, { kind: "close" }> {
  const { own, held, params, life } = net.channelOf(peer, channel);
  const theirs = headOf(fastCrypto, held.newest);
  const rest = { own: own.newest, theirs, theirSignature: held.signature };
  return { kind: "close", key: "test", params, life, ...rest };
}

describe("node: what a transaction is due by, and what hangs on it [HOP-2]", () => {
  it("a record: the first expiry of the locks that it wins, and their amounts", () => {
    const { net, wang, xiaohong, hop } = story();
    xiaohong.mute = ({ kind }) => kind === "fulfil";
    pay(net, wang, xiaohong);
    net.settle();
    const [lock] = net.channelOf(xiaohong, hop(3)).incoming;
    const due = dueOf(net, xiaohong, "record");
    expect(due).to.deep.equal({ by: lock?.lock.expiry, stakes: [eth(ETH)] });
  });

  it("a conviction: the end of the challenge period, and the whole channel", () => {
    const { net, peers, hop } = row(["Alice", "Bob"]);
    const [a, b] = peers as readonly [Peer, Peer];
    const channel = hop(0);
    const payOne = (): void => {
      net.command(b, { kind: "payDirect", channel, amount: ETH, tag: tagOf(1) });
      net.settle();
    };
    payOne();
    const old = closeOf(net, b, channel);
    payOne();
    net.chain.apply(b.id, old, BLOCK);
    const due = dueOf(net, a, "answer");
    const { phase } = net.channelOf(a, channel);
    const deadline = phase.kind === "closing" ? phase.deadline : 0;
    expect(due).to.deep.equal({ by: deadline, stakes: [eth(20n * ETH)] });
  });

  it("an answer that convicts nobody: what the closer left out", () => {
    const { net, wang, bob, carol, xiaohong, hop } = story();
    xiaohong.mute = ({ kind }) => kind === "fulfil";
    pay(net, wang, xiaohong);
    net.settle();
    const honest = closeOf(net, bob, hop(2));
    const own = { ...honest.own, seq: honest.own.seq + 1, locks: [] };
    net.chain.apply(bob.id, { ...honest, own }, BLOCK);
    expect(dueOf(net, carol, "answer", BLOCK)?.stakes).to.deep.equal([eth(1001n * MILLI)]);
  });

  it("a settle of recorded locks: the wait of [LOCK-1]", () => {
    const { net, wang, bob, carol, xiaohong, hop } = story();
    const isWin = ({ kind }: { readonly kind: string }): boolean => kind === "win";
    bob.mute = (message) =>
      message.kind === "update" && message.channel === hop(2) && message.changes.some(isWin);
    pay(net, wang, xiaohong);
    net.settle();
    const [lock] = net.channelOf(carol, hop(2)).incoming;
    const due = dueOf(net, carol, "settle");
    const { phase } = net.channelOf(carol, hop(2));
    const deadline = phase.kind === "closing" ? phase.deadline : 0;
    expect(deadline > (lock?.lock.expiry ?? deadline)).to.equal(true);
    expect(due).to.deep.equal({ by: deadline + CHALLENGE, stakes: [eth(1001n * MILLI)] });
  });

  it("a cooperative close: the end of its signatures; a close alone: nothing", () => {
    const { net, peers, hop } = row(["Alice", "Bob"]);
    const [a] = peers as readonly [Peer, Peer];
    net.command(a, { kind: "closeCooperatively", channel: hop(0) });
    net.settle();
    const [wish] = a.pending.values();
    expect(wish?.kind === "closeCooperatively" && wish.due).to.deep.equal({
      by: wish?.kind === "closeCooperatively" ? wish.validUntil : 0,
      stakes: [],
    });
    const other = row(["Alice", "Bob"]);
    const [c] = other.peers as readonly [Peer, Peer];
    other.net.command(c, { kind: "closeAlone", channel: other.hop(0) });
    expect([...c.pending.values()].map(({ kind, due }) => [kind, due])).to.deep.equal([["close", undefined]]);
  });
});
