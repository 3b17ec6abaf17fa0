import { expect } from "chai";
import { decodeNode, encodeNode } from "../../../src/protocol/node/codec.ts";
import { tagOf } from "../lane-pair.ts";
import { ETH, type Network, pay, type Peer, row, SLOW } from "./network.ts";

function pair() {
  const { net, peers, hop } = row(["Alice", "Bob"]);
  const [a, b] = peers as readonly [Peer, Peer];
  return { net, a, b, channel: hop(0) };
}

describe("node: nothing is signed before the peer has shown what it holds [NODE-2]", () => {
  const payDirect = (net: Network, from: Peer, channel: ReturnType<typeof pair>["channel"], mark: number) =>
    net.command(from, { kind: "payDirect", channel, amount: ETH, tag: tagOf(mark) });

  it("an old copy of a store signs no number twice, connected or not", () => {
    const { net, a, b, channel } = pair();
    const copy = encodeNode(a.state);
    payDirect(net, a, channel, 1);
    net.settle();
    net.disconnect(a, b);
    a.state = decodeNode(copy);
    net.run(a, [{ kind: "disconnected", peer: b.id }]);
    expect(payDirect(net, a, channel, 2).signed, "away").to.deep.equal([]);
    net.connect(a, b);
    expect(payDirect(net, a, channel, 3).signed, "before the peer's resume").to.deep.equal([]);
    net.settle();
    expect(net.noticesOf(a, "decision").map(({ what }) => what)).to.deep.equal(["freeze"]);
    expect(net.channelOf(a, channel).own.newest, "as handed over").to.deep.include({ seq: 1, sent: ETH });
  });

  it("what waits is signed in the batch of the peer's resume, and in each connection anew", () => {
    const { net, a, b, channel } = pair();
    for (const mark of [1, 2]) {
      net.disconnect(a, b);
      const before = net.channelOf(a, channel).own.newest.seq;
      expect(payDirect(net, a, channel, mark).signed).to.deep.equal([]);
      net.connect(a, b);
      expect(net.channelOf(a, channel).own.newest.seq).to.equal(before);
      net.settle();
      expect(net.channelOf(a, channel).own.newest.sent).to.equal(BigInt(mark) * ETH);
      expect(net.channelOf(b, channel).held.newest.sent).to.equal(BigInt(mark) * ETH);
    }
  });

  it("a lock that waits for its payee to be given to it is nothing to leave for", () => {
    const { net, peers, hop } = row(["Wang", "Alice", "Bob"]);
    const [wang, alice, bob] = peers as readonly [Peer, Peer, Peer];
    bob.mute = ({ kind }) => kind === "fulfil";
    pay(net, wang, bob);
    net.settle();
    net.disconnect(alice, bob);
    while (net.chain.mined.length === 0) net.tick(SLOW);
    expect(net.chain.mined.map(({ kind }) => kind)).to.deep.equal(["record"]);
    // Bob's node is gone from here on.
    for (let block = 0; block < 12; block++) {
      net.mine(SLOW);
      for (const peer of [wang, alice]) net.read(peer);
      net.deliver(wang.id, alice.id);
      net.deliver(alice.id, wang.id);
      bob.pending.clear();
    }
    expect(net.noticesOf(wang, "paymentSucceeded")).to.have.lengthOf(1);
    expect(net.noticesOf(wang, "paymentFailed")).to.deep.equal([]);
    expect(net.noticesOf(alice, "decision")).to.deep.equal([]);
    const { own, outgoing } = net.channelOf(alice, hop(1));
    expect([own.newest.sent, outgoing.length]).to.deep.equal([0n, 1]);
    net.connect(alice, bob);
    net.settle();
    expect(net.channelOf(alice, hop(1)).own.newest.sent).to.equal(ETH);
    expect(net.channelOf(bob, hop(1)).held.newest.sent).to.equal(ETH);
  });

  it("what waits counts in a close alone: the end of a dead lock holds up no money", () => {
    const { net, a, b, channel } = pair();
    b.mute = ({ kind }) => kind === "fulfil";
    pay(net, a, b);
    net.settle();
    net.disconnect(a, b);
    const [lock] = net.channelOf(a, channel).own.newest.locks;
    for (let block = 0; block < 40 && net.channelOf(a, channel).phase.kind === "open"; block++) {
      net.mine(SLOW);
      net.read(a);
      b.pending.clear();
    }
    const close = [...a.pending.values()].find(({ kind }) => kind === "close");
    expect(lock).to.not.equal(undefined);
    expect(close?.kind === "close" && [close.own.locks, close.own.sent]).to.deep.equal([[], 0n]);
  });

  it("a proof that is none opens nothing", () => {
    const { net, a, b, channel } = pair();
    net.disconnect(a, b);
    payDirect(net, a, channel, 1);
    net.run(a, [{ kind: "connected", peer: b.id }]);
    const held = { body: `0x${"11".repeat(32)}` as never, signature: `0x${"22".repeat(64)}` as never };
    const resume = { kind: "resume", channel, ownSeq: 0, heldSeq: 7, held } as const;
    expect(net.run(a, [{ kind: "message", from: b.id, message: resume }]).signed).to.deep.equal([]);
  });

  for (const first of [0, 1] as const) {
    it(`a channel that ${first === 0 ? "one" : "the other"} side sees first is used by both`, () => {
      const { net, a, b } = pair();
      const channel = net.open(a, b, ETH * 9n, ETH * 9n, 77n);
      net.mine();
      const order = first === 0 ? [a, b] : [b, a];
      for (const peer of order) {
        net.read(peer);
        net.settle();
      }
      for (const peer of [a, b]) {
        payDirect(net, peer, channel, 1);
        net.settle();
        const other = peer === a ? b : a;
        expect(net.channelOf(other, channel).held.newest.sent).to.equal(ETH);
      }
    });
  }

  it("snapshots of before count as shown", () => {
    const { net, a, b, channel } = pair();
    a.state = { ...a.state, connected: a.state.connected.with(b.id, true) };
    expect(payDirect(net, a, channel, 1).signed).to.have.lengthOf(1);
  });
});
