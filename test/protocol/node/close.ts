import { expect } from "chai";
import fc from "fast-check";
import type { Transaction } from "../../../src/protocol/chain-facts.ts";
import { headOf } from "../../../src/protocol/locks.ts";
import type { ChannelId } from "../../../src/protocol/types.ts";
import { fastCrypto } from "../fast-crypto.ts";
import { tagOf } from "../lane-pair.ts";
import {
  BLOCK,
  CLAIM_TIME,
  ETH,
  freshSeed,
  type Network,
  pay,
  type Peer,
  row,
  runUntilEnded,
  story,
} from "./network.ts";

const MILLI = 10n ** 15n;

function pair(): { readonly net: Network; readonly a: Peer; readonly b: Peer; readonly channel: ChannelId } {
  const { net, peers, hop } = row(["Alice", "Bob"]);
  const [a, b] = peers;
  const channel = hop(0);
  if (a === undefined || b === undefined) throw new Error("row");
  return { net, a, b, channel };
}

function direct(net: Network, from: Peer, channel: ChannelId, amount: bigint): void {
  net.command(from, { kind: "payDirect", channel, amount, tag: tagOf(Number(amount % 1000n)) });
  net.settle();
}

/** What this node would post now. */
function closeOf(net: Network, peer: Peer, channel: ChannelId): Extract<Transaction, { kind: "close" }> {
  const { own, held, params, life } = net.channelOf(peer, channel);
  return {
    kind: "close",
    key: "test",
    params,
    life,
    own: own.newest,
    theirs: headOf(fastCrypto, held.newest),
    theirSignature: held.signature,
  };
}

describe("node: cooperative close [NODE-5]", () => {
  it("[NODE-5] ends the channel with one transaction and the right amounts", () => {
    const { net, a, b, channel } = pair();
    direct(net, a, channel, 3n * ETH);
    direct(net, b, channel, ETH);
    net.command(a, { kind: "closeCooperatively", channel });
    net.settle();
    net.tick();
    net.tick();
    expect(net.noticesOf(a, "channelEnded")[0]).to.deep.include({ how: "cooperative", received: 8n * ETH });
    expect(net.noticesOf(b, "channelEnded")[0]).to.deep.include({ how: "cooperative", received: 12n * ETH });
    expect(net.chain.mined.map(({ kind }) => kind)).to.deep.equal(["closeCooperatively"]);
  });

  it("[NODE-5] waits for pending locks, and takes no new ones", () => {
    const { net, wang, carol, xiaohong, hop } = story();
    const channel = hop(3);
    xiaohong.mute = (message) => message.kind === "fulfil";
    pay(net, wang, xiaohong);
    net.settle();
    net.command(carol, { kind: "closeCooperatively", channel });
    net.settle();
    net.tick();
    expect(net.chain.isOpen(channel)).to.equal(true);
    const invoice = net.invoice(xiaohong, ETH);
    net.command(wang, { kind: "payInvoice", invoice, maxFee: ETH, seed: freshSeed() });
    net.settle();
    expect(net.noticesOf(wang, "paymentFailed")[0]).to.deep.include({ code: "unknown_channel" });
    xiaohong.mute = () => false;
    net.disconnect(carol, xiaohong);
    net.connect(carol, xiaohong);
    net.settle();
    net.tick();
    net.tick();
    expect(net.noticesOf(xiaohong, "channelEnded")[0]).to.deep.include({
      how: "cooperative",
      received: 11n * ETH,
    });
  });

  it("[NODE-5] survives a disconnection after every message", () => {
    for (let cut = 0; cut < 14; cut++) {
      const { net, a, b, channel } = pair();
      net.command(a, { kind: "payDirect", channel, amount: ETH, tag: tagOf(1) });
      net.command(b, { kind: "payDirect", channel, amount: 2n * ETH, tag: tagOf(2) });
      net.command(a, { kind: "closeCooperatively", channel });
      for (let step = 0; step < cut; step++) {
        if (step % 2 === 0) net.deliver(a.id, b.id);
        else net.deliver(b.id, a.id);
      }
      net.disconnect(a, b);
      net.connect(a, b);
      net.settle();
      net.tick();
      net.tick();
      expect(net.noticesOf(a, "channelEnded")[0], `cut ${cut}`).to.deep.include({
        how: "cooperative",
        received: 11n * ETH,
      });
    }
  });

  it("[NODE-5] keeps a signature that comes in the batch in which the peer stops", () => {
    const { net, a, b, channel } = pair();
    net.command(a, { kind: "closeCooperatively", channel });
    net.deliver(a.id, b.id, 9);
    expect(net.channelOf(b, channel).phase.kind).to.equal("stopped");
    expect(net.channelOf(a, channel).phase.kind).to.equal("shutdown");
    net.deliver(b.id, a.id, 9);
    expect([...a.pending.values()].map(({ kind }) => kind)).to.deep.equal(["closeCooperatively"]);
  });

  it("[NODE-5] ends by agreement whatever comes in one batch and wherever the connection is cut", () => {
    const step = fc.record({
      from: fc.constantFrom("a", "b"),
      count: fc.integer({ min: 1, max: 6 }),
      cut: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
    });
    const property = fc.property(
      fc.array(step, { maxLength: 24 }),
      fc.constantFrom("a", "b", "both"),
      fc.integer({ min: 0, max: 3 }),
      (steps, asks, payments) => {
        const { net, a, b, channel } = pair();
        for (let i = 1; i <= payments; i++) {
          net.command(a, { kind: "payDirect", channel, amount: BigInt(i), tag: tagOf(i) });
          net.command(b, { kind: "payDirect", channel, amount: BigInt(10 * i), tag: tagOf(10 * i) });
        }
        if (asks !== "b") net.command(a, { kind: "closeCooperatively", channel });
        if (asks !== "a") net.command(b, { kind: "closeCooperatively", channel });
        for (const { from, count, cut } of steps) {
          if (cut) {
            net.disconnect(a, b);
            net.connect(a, b);
          }
          if (from === "a") net.deliver(a.id, b.id, count);
          else net.deliver(b.id, a.id, count);
        }
        net.settle();
        net.tick();
        net.tick();
        const gain = BigInt((9 * payments * (payments + 1)) / 2);
        const ended = { channel, how: "cooperative" };
        expect(net.noticesOf(a, "channelEnded")).to.deep.equal([
          { kind: "channelEnded", ...ended, received: 10n * ETH + gain },
        ]);
        expect(net.noticesOf(b, "channelEnded")).to.deep.equal([
          { kind: "channelEnded", ...ended, received: 10n * ETH - gain },
        ]);
      },
    );
    fc.assert(property, { numRuns: 60 });
  });

  it("the other side submits after a claimTime if the one that asked does not", () => {
    const { net, a, b, channel } = pair();
    net.command(a, { kind: "closeCooperatively", channel });
    net.settle();
    a.pending.clear();
    net.mine();
    net.read(b);
    expect([...b.pending.keys()]).to.deep.equal([]);
    net.mine(CLAIM_TIME);
    net.read(b);
    expect([...b.pending.values()].map(({ kind }) => kind)).to.deep.equal(["closeCooperatively"]);
    net.tick();
    expect(net.noticesOf(b, "channelEnded")[0]).to.deep.include({ how: "cooperative" });
  });
});

describe("node: closing alone", () => {
  it("[I5] gets its money without the peer", () => {
    const { net, a, b, channel } = pair();
    direct(net, b, channel, 4n * ETH);
    net.disconnect(a, b);
    net.command(a, { kind: "closeAlone", channel });
    runUntilEnded(net, channel);
    expect(net.noticesOf(a, "channelEnded")[0]).to.deep.include({ how: "settled", received: 14n * ETH });
  });

  it("[NODE-5] signs and accepts nothing after the decision", () => {
    const { net, a, b, channel } = pair();
    net.command(a, { kind: "closeAlone", channel });
    const { own, held } = net.channelOf(a, channel);
    direct(net, b, channel, ETH);
    expect(net.channelOf(a, channel)).to.deep.include({ own, held });
  });

  it("[CL-5] [CL-6] a closer that declares an old state of its lane is convicted", () => {
    const { net, a, b, channel } = pair();
    direct(net, b, channel, ETH);
    const old = closeOf(net, b, channel);
    direct(net, b, channel, 6n * ETH);
    net.chain.apply(b.id, old, BLOCK);
    net.tick();
    net.tick();
    net.tick();
    expect(net.noticesOf(a, "channelEnded")[0]).to.deep.include({ how: "convicted", received: 20n * ETH });
    expect(net.noticesOf(a, "decision")[0]).to.deep.include({ what: "answer" });
  });

  it("[CL-5] an invented state with a high number does not help", () => {
    const { net, a, b, channel } = pair();
    direct(net, b, channel, 6n * ETH);
    const honest = closeOf(net, b, channel);
    net.chain.apply(b.id, { ...honest, own: { ...honest.own, seq: 900, sent: 0n } }, BLOCK);
    net.tick();
    net.tick();
    net.tick();
    expect(net.noticesOf(a, "channelEnded")[0]).to.deep.include({ how: "convicted", received: 20n * ETH });
  });

  it("[I4] [NODE-9] a closer that leaves out a lock is overruled, and pays it by the record", () => {
    const { net, wang, bob, carol, xiaohong, hop } = story();
    const channel = hop(2);
    const before = net.wealth(carol);
    xiaohong.mute = (message) => message.kind === "fulfil";
    pay(net, wang, xiaohong);
    net.settle();
    const honest = closeOf(net, bob, channel);
    expect(honest.own.locks).to.have.lengthOf(1);
    net.chain.apply(bob.id, { ...honest, own: { ...honest.own, seq: honest.own.seq + 1, locks: [] } }, BLOCK);
    net.tick();
    net.tick();
    expect(net.chain.mined.map(({ kind }) => kind)).to.deep.equal(["close", "answer"]);
    xiaohong.mute = () => false;
    net.disconnect(carol, xiaohong);
    net.connect(carol, xiaohong);
    net.settle();
    expect(net.noticesOf(xiaohong, "invoicePaid")).to.have.lengthOf(1);
    runUntilEnded(net, channel);
    expect(net.noticesOf(carol, "channelEnded")[0]).to.deep.include({ received: 10n * ETH + 1001n * MILLI });
    expect(net.wealth(carol) - before).to.equal(MILLI);
  });

  it("[I3] an honest close is not answered", () => {
    const { net, a, b, channel } = pair();
    direct(net, a, channel, ETH);
    direct(net, b, channel, 2n * ETH);
    net.command(a, { kind: "closeAlone", channel });
    runUntilEnded(net, channel);
    expect(net.chain.mined.map(({ kind }) => kind)).to.deep.equal(["close", "settle"]);
    expect(net.noticesOf(a, "channelEnded")[0]).to.deep.include({ received: 11n * ETH });
  });
});
