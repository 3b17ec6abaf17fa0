import { expect } from "chai";
import { decodeNode, encodeNode } from "../../../src/protocol/node/codec.ts";
import { tagOf } from "../lane-pair.ts";
import {
  BLOCK,
  CLAIM_TIME,
  ETH,
  type Network,
  pay,
  type Peer,
  row,
  runUntilEnded,
  SLOW,
  story,
} from "./network.ts";

const MILLI = 10n ** 15n;

function gain(net: Network, peers: readonly Peer[]): () => readonly bigint[] {
  const before = peers.map((peer) => net.wealth(peer));
  return () => peers.map((peer, at) => net.wealth(peer) - (before[at] ?? 0n));
}

function isFulfil({ kind }: { readonly kind: string }): boolean {
  return kind === "fulfil";
}

describe("node: locks that meet time", () => {
  it("[NODE-4] [O7] a lock that nobody resolves ends at its expiry and gives all money back", () => {
    const { net, peers, wang, xiaohong } = story();
    const gained = gain(net, peers);
    xiaohong.mute = isFulfil;
    const hash = pay(net, wang, xiaohong);
    net.settle();
    // The payee keeps silent towards the chain as well.
    for (let block = 0; block < 20; block++) {
      xiaohong.pending.clear();
      net.tick(SLOW);
    }
    expect(net.noticesOf(wang, "paymentFailed")).to.deep.include.members([
      net
        .noticesOf(wang, "paymentFailed")
        .find((notice) => notice.hash === hash && notice.code === "expired"),
    ]);
    expect(gained()).to.deep.equal([0n, 0n, 0n, 0n, 0n]);
    for (const { state } of peers) expect(state.locks.size).to.equal(0);
    expect(net.chain.mined).to.deep.equal([]);
  });

  it("[HOP-2] a witness that only the chain shows pays every hop, off chain", () => {
    const { net, peers, wang, xiaohong } = story();
    const gained = gain(net, peers);
    xiaohong.mute = isFulfil;
    pay(net, wang, xiaohong);
    net.settle();
    for (let block = 0; block < 16; block++) net.tick(SLOW);
    expect(net.chain.mined.map(({ kind }) => kind)).to.deep.equal(["record"]);
    expect(gained()).to.deep.equal([-1003n, 1n, 1n, 1n, 1000n].map((part) => part * MILLI));
    expect(net.noticesOf(wang, "paymentSucceeded")).to.have.lengthOf(1);
    for (const { state } of peers) {
      expect(state.locks.size).to.equal(0);
      expect(state.secrets.size, "settled witnesses are forgotten").to.equal(0);
    }
  });

  it("[HOP-2] a hop whose payer does not pay records, leaves, and is paid by the record", () => {
    const { net, peers, wang, bob, carol, xiaohong, hop } = story();
    const gained = gain(net, [carol, xiaohong]);
    bob.mute = (message) =>
      message.kind === "update" &&
      message.channel === hop(2) &&
      message.changes.some(({ kind }) => kind === "win");
    pay(net, wang, xiaohong);
    net.settle();
    runUntilEnded(net, hop(2));
    expect(net.noticesOf(carol, "decision").map(({ what }) => what)).to.deep.equal([
      "record",
      "close",
      "settle",
    ]);
    expect(net.noticesOf(carol, "channelEnded")[0]).to.deep.include({
      how: "settled",
      received: 10n * ETH + 1001n * MILLI,
    });
    expect(gained()).to.deep.equal([MILLI, ETH]);
    expect(peers.map(({ state }) => state.locks.size)).to.deep.equal([0, 0, 0, 0, 0]);
  });

  it("[HOP-2] a hop with too little time left pays downstream only when it is paid itself", () => {
    const { net, wang, bob, carol, xiaohong } = story();
    xiaohong.mute = isFulfil;
    pay(net, wang, xiaohong);
    net.settle();
    // A little later than 2 claimTimes before the expiry.
    net.mine(CLAIM_TIME + BLOCK);
    for (const peer of [bob, carol]) net.read(peer);
    xiaohong.mute = () => false;
    net.disconnect(carol, xiaohong);
    net.connect(carol, xiaohong);
    net.deliver(xiaohong.id, carol.id, 9);
    expect(net.noticesOf(carol, "lockWon"), "waits for Bob").to.deep.equal([]);
    net.settle();
    expect(net.noticesOf(carol, "lockWon").map(({ direction }) => direction)).to.deep.equal(["in", "out"]);
  });

  it("a hop that is away at the expiry is left, and nobody loses", () => {
    const { net, peers, wang, bob, carol, xiaohong, hop } = story();
    const gained = gain(net, peers);
    xiaohong.mute = isFulfil;
    pay(net, wang, xiaohong);
    net.settle();
    net.disconnect(bob, carol);
    for (let block = 0; block < 24; block++) {
      xiaohong.pending.clear();
      net.tick(SLOW);
    }
    expect(net.noticesOf(bob, "decision").map(({ what }) => what)).to.include("close");
    expect(net.noticesOf(wang, "paymentFailed")).to.have.lengthOf(1);
    runUntilEnded(net, hop(2));
    expect(gained()).to.deep.equal([0n, 0n, 0n, 0n, 0n]);
  });

  it("[LOCK-1] a lock that is unresolved when its channel closes is paid if its record comes in time", () => {
    const { net, peers, wang, bob, xiaohong, hop } = story();
    const gained = gain(net, peers);
    xiaohong.mute = isFulfil;
    pay(net, wang, xiaohong);
    net.settle();
    net.command(bob, { kind: "closeAlone", channel: hop(2) });
    runUntilEnded(net, hop(2));
    for (let block = 0; block < 4; block++) net.tick();
    expect(gained()).to.deep.equal([-1003n, 1n, 1n, 1n, 1000n].map((part) => part * MILLI));
    expect(net.noticesOf(wang, "paymentSucceeded")).to.have.lengthOf(1);
  });

  it("[NODE-4] a lock that is unresolved when its channel closes is lost without a record", () => {
    const { net, peers, wang, bob, xiaohong, hop } = story();
    const gained = gain(net, peers);
    xiaohong.mute = isFulfil;
    pay(net, wang, xiaohong);
    net.settle();
    net.command(bob, { kind: "closeAlone", channel: hop(2) });
    for (let block = 0; block < 800 && net.chain.isOpen(hop(2)); block++) {
      xiaohong.pending.clear();
      net.tick(SLOW);
    }
    net.tick();
    expect(gained()).to.deep.equal([0n, 0n, 0n, 0n, 0n]);
    expect(net.noticesOf(wang, "paymentFailed")).to.have.lengthOf(1);
  });
});

describe("node: lost data [NODE-2]", () => {
  it("[NODE-2] a node that is shown a newer signature of its own signs nothing more", () => {
    const { net, peers, hop } = row(["Alice", "Bob"]);
    const [a, b] = peers;
    const channel = hop(0);
    if (a === undefined || b === undefined) throw new Error("row");
    const backup = encodeNode(a.state);
    net.command(a, { kind: "payDirect", channel, amount: ETH, tag: tagOf(1) });
    net.settle();
    net.disconnect(a, b);
    a.state = decodeNode(backup);
    net.disconnect(a, b);
    a.state = { ...a.state, connected: b.state.connected };
    net.connect(a, b);
    net.settle();
    expect(net.noticesOf(a, "decision").map(({ what }) => what)).to.deep.equal(["freeze"]);
    net.command(a, { kind: "payDirect", channel, amount: ETH, tag: tagOf(2) });
    expect(net.noticesOf(a, "commandRefused")[0]?.refusal.code).to.equal("channel_frozen");
    net.command(a, { kind: "closeAlone", channel });
    expect(net.noticesOf(a, "commandRefused")[1]?.refusal.code).to.equal("channel_frozen");
    runUntilEnded(net, channel);
    expect(net.noticesOf(a, "channelEnded")[0]).to.deep.include({ how: "cooperative", received: 9n * ETH });
  });
});

describe("node: views of the chain", () => {
  it("[LANE-4] [LANE-5] a state that spends a deposit which we do not see yet waits for our view", () => {
    const { net, peers, hop } = row(["Alice", "Bob"]);
    const [a, b] = peers;
    const channel = hop(0);
    if (a === undefined || b === undefined) throw new Error("row");
    net.chain.deposit(channel, "A", 5n * ETH);
    net.mine();
    net.read(a);
    net.settle();
    net.command(a, { kind: "payDirect", channel, amount: 12n * ETH, tag: tagOf(1) });
    expect(net.noticesOf(a, "commandRefused")[0]?.refusal.code, "not seen by the peer").to.equal(
      "not_enough_balance",
    );
    net.read(b);
    net.settle();
    net.command(a, { kind: "payDirect", channel, amount: 12n * ETH, tag: tagOf(1) });
    net.settle();
    expect(net.noticesOf(b, "directReceived")).to.have.lengthOf(1);
  });
});
