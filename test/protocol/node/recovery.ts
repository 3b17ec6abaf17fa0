import { expect } from "chai";
import { NO_BACKUP } from "../../../src/protocol/node/backup.ts";
import type { Message } from "../../../src/protocol/messages.ts";
import { decodeNode, encodeNode } from "../../../src/protocol/node/codec.ts";
import type { Step } from "../../../src/protocol/node/step.ts";
import { BLOCK, ETH, pay, row, runUntilEnded, SLOW, START } from "./network.ts";
import {
  backUp,
  catchUp,
  direct,
  handOver,
  loseData,
  pair,
  say,
  signedBy,
  whyDropped,
} from "./recovery-world.ts";

/** Nothing of a lane is signed or sent, and no close is asked for. */
function expectStill({ outputs, signed }: Step, what: string): void {
  expect(signed, what).to.deep.equal([]);
  for (const output of outputs) {
    if (output.kind === "send")
      expect(output.message.kind, what).not.to.be.oneOf(["update", "closing", "stop"]);
    if (output.kind === "submit")
      expect(output.transaction.kind, what).not.to.be.oneOf(["close", "closeCooperatively"]);
  }
}

describe("node: recovery with the peer's help", () => {
  it("[REC-1..5] the peer hands over the newest states, both close by them, and a new channel opens", () => {
    const { net, wang, alice, id, backup } = pair();
    loseData(net, wang, backup);
    catchUp(net, wang);
    expect(net.channelOf(wang, id).lost).to.deep.include({ handed: false });
    expect(net.channelOf(wang, id).own.newest.sent, "as old as the backup").to.equal(5n);
    net.connect(wang, alice);
    net.settle();
    expect(net.channelOf(wang, id).lost).to.deep.include({ handed: true });
    expect(net.channelOf(wang, id).own.newest.sent).to.equal(12n);
    expect(net.channelOf(wang, id).held.newest.sent).to.equal(13n);
    runUntilEnded(net, id);
    for (const [peer, received] of [
      [wang, 10n * ETH + 1n],
      [alice, 10n * ETH - 1n],
    ] as const) {
      expect(net.noticesOf(peer, "channelEnded")).to.deep.equal([
        { kind: "channelEnded", channel: id, how: "cooperative", received },
      ]);
    }
    const again = net.open(wang, alice, ETH, 0n, 1n);
    net.tick();
    expect(net.channelOf(wang, again)).to.deep.include({ lost: null });
    direct(net, wang, again, 3n);
    expect(net.noticesOf(alice, "directReceived").at(-1)).to.deep.include({ channel: again, amount: 3n });
  });

  it("[REC-1] without any backup as well", () => {
    const { net, wang, alice, id } = pair();
    loseData(net, wang);
    catchUp(net, wang);
    net.connect(wang, alice);
    net.settle();
    runUntilEnded(net, id);
    expect(net.noticesOf(wang, "channelEnded")[0]).to.deep.include({
      how: "cooperative",
      received: 10n * ETH + 1n,
    });
  });

  it("[REC-1] a node that has a past already is not restored", () => {
    const { net, wang } = pair();
    const before = encodeNode(wang.state);
    net.command(wang, { kind: "restore", why: "twice", upTo: 1, backup: backUp(wang) });
    expect(net.noticesOf(wang, "commandRefused").map(({ refusal }) => refusal.code)).to.deep.equal([
      "not_empty",
    ]);
    expect(encodeNode(wang.state)).to.equal(before);
  });

  it("[NODE-2] [REC-2] until then no message, command or block makes it sign a lane or close alone", () => {
    const { net, wang, alice, id, backup } = pair();
    const tag = `0x${"22".repeat(32)}` as never;
    const paid = net.command(alice, { kind: "payDirect", channel: id, amount: 13n, tag });
    const update = paid.outputs.flatMap((out) => (out.kind === "send" ? [out.message] : []))[0];
    if (update?.kind !== "update") throw new Error("Alice has sent no update");
    net.settle();
    const seen = net.channelOf(alice, id);
    const signature = signedBy(alice, id, seen.own.newest).signature;
    expectStill(loseData(net, wang, backup), "restore");
    catchUp(net, wang);
    net.mustLink(wang.id, alice.id).connected = true;
    expectStill(net.run(wang, [{ kind: "connected", peer: alice.id }]), "connected");
    const messages: readonly Message[] = [
      update,
      { kind: "fulfil", channel: id, id: 1, secret: `0x${"11".repeat(32)}` as never },
      { kind: "fail", channel: id, id: 1, failure: null },
      { kind: "seen", channel: id, deposits: seen.deposits },
      { kind: "resume", channel: id, ownSeq: 3, heldSeq: 0, held: null },
      { kind: "shutdown", channel: id },
      { kind: "stop", channel: id, lastSeq: seen.own.newest.seq, heldSeq: seen.held.newest.seq },
      { kind: "closing", channel: id, transfer: 0n, validUntil: START * 2, signature },
      { kind: "recover", channel: id, lost: false, own: null, held: null },
      { kind: "recover", channel: id, lost: false, own: signedBy(wang, id, seen.own.newest), held: null },
    ];
    for (const message of messages) expectStill(say(net, wang, alice, message), message.kind);
    for (const kind of ["closeAlone", "closeCooperatively"] as const) {
      expectStill(net.command(wang, { kind, channel: id }), kind);
    }
    expectStill(net.command(wang, { kind: "payDirect", channel: id, amount: 1n, tag }), "payDirect");
    expect(net.noticesOf(wang, "commandRefused").map(({ refusal }) => refusal.code)).to.deep.equal([
      "channel_frozen",
      "channel_frozen",
      "channel_frozen",
    ]);
    for (let block = 0; block < 20; block++) {
      net.mine(SLOW);
      const facts = net.chain.blocks.slice(wang.cursor).flatMap((one) => [...one.facts]);
      wang.cursor = net.chain.blocks.length;
      expectStill(
        net.run(
          wang,
          facts.map((fact) => ({ kind: "chain", fact }) as const),
        ),
        "block",
      );
    }
    expect(net.channelOf(wang, id).lost).to.deep.include({ handed: false });
  });

  it("[REC-2] a state of ours that was under way when it was lost counts", () => {
    const { net, wang, alice, id } = pair();
    wang.mute = ({ kind }) => kind === "update";
    const tag = `0x${"33".repeat(32)}` as never;
    net.command(wang, { kind: "payDirect", channel: id, amount: 1000n, tag });
    net.disconnect(wang, alice);
    wang.mute = () => false;
    const backup = backUp(wang);
    expect(net.channelOf(alice, id).held.newest.sent).to.equal(12n);
    loseData(net, wang, backup);
    catchUp(net, wang);
    net.connect(wang, alice);
    net.settle();
    expect(net.channelOf(alice, id).held.newest.sent).to.equal(1012n);
    runUntilEnded(net, id);
    expect(net.noticesOf(wang, "channelEnded")[0]).to.deep.include({ received: 10n * ETH + 1n - 1000n });
  });

  it("[REC-3] who helps signs nothing more either, but may still close alone", () => {
    const { net, wang, alice, id, backup } = pair();
    alice.mute = ({ kind }) => kind === "closing";
    loseData(net, wang, backup);
    catchUp(net, wang);
    net.connect(wang, alice);
    net.settle();
    const tag = `0x${"44".repeat(32)}` as never;
    expect(net.command(alice, { kind: "payDirect", channel: id, amount: 1n, tag }).signed).to.deep.equal([]);
    net.command(alice, { kind: "closeCooperatively", channel: id });
    expect(net.noticesOf(alice, "commandRefused").map(({ refusal }) => refusal.code)).to.deep.equal([
      "channel_frozen",
      "channel_frozen",
    ]);
    net.command(alice, { kind: "closeAlone", channel: id });
    expect([...alice.pending.values()].map(({ kind }) => kind)).to.deep.equal(["close"]);
    wang.pending.clear();
    runUntilEnded(net, id);
    expect(net.noticesOf(alice, "channelEnded")[0]).to.deep.include({ received: 10n * ETH - 1n });
  });

  it("[REC-6] a store that is older than what the peer holds is marked in all its channels", () => {
    const { net, peers, hop } = row(["Wang", "Alice", "Bob"]);
    const [, alice, bob] = peers;
    const wang = peers[0];
    if (wang === undefined || alice === undefined || bob === undefined) throw new Error("row");
    const copy = encodeNode(alice.state);
    direct(net, alice, hop(0), 9n);
    net.disconnect(wang, alice);
    net.disconnect(alice, bob);
    alice.state = { ...decodeNode(copy), connected: bob.state.connected.without(alice.id).without(bob.id) };
    net.connect(wang, alice);
    net.settle();
    expect(hop(1)).not.to.equal(hop(0));
    expect([hop(0), hop(1)].map((id) => net.channelOf(alice, id).lost !== null)).to.deep.equal([true, true]);
    const decisions = net.noticesOf(alice, "decision");
    expect(decisions.map(({ what }) => what)).to.deep.equal(["freeze", "freeze"]);
    expect(decisions[0]?.why).to.equal(
      "the peer holds our signature on state 1; the newest state that we know of is 0: nothing is signed in this " +
        "channel any more; it closes when the peer has handed over its newest states",
    );
    net.connect(alice, bob);
    net.settle();
    runUntilEnded(net, hop(0));
    runUntilEnded(net, hop(1));
    expect(
      net
        .noticesOf(alice, "channelEnded")
        .map(({ received }) => received)
        .sort(),
    ).to.deep.equal([10n * ETH, 10n * ETH - 9n].sort());
  });

  it("[REC-6] both sides lost data: each takes the newest that either knows", () => {
    const { net, wang, alice, id, backup } = pair();
    const alices = backUp(alice);
    loseData(net, wang, backup);
    loseData(net, alice, alices);
    catchUp(net, wang);
    catchUp(net, alice);
    net.connect(wang, alice);
    net.settle();
    expect([wang, alice].map((peer) => net.channelOf(peer, id).lost?.handed)).to.deep.equal([true, true]);
    runUntilEnded(net, id);
    expect(net.noticesOf(wang, "channelEnded")[0]).to.deep.include({
      how: "cooperative",
      received: 10n * ETH + 1n,
    });
  });

  for (const isRecorded of [true, false]) {
    it(`[REC-5] a lock under way is ${isRecorded ? "paid because it was recorded" : "not paid: nobody recorded it"}`, () => {
      const { net, wang, alice, id } = pair();
      wang.mute = ({ kind }) => kind === "fulfil";
      const hash = pay(net, alice, wang);
      net.settle();
      const expiry = net.channelOf(wang, id).incoming[0]?.lock.expiry ?? 0;
      const backup = backUp(wang);
      wang.mute = () => false;
      loseData(net, wang, isRecorded ? backup : { ...backup, witnesses: [], invoices: [] });
      catchUp(net, wang);
      net.connect(wang, alice);
      net.settle();
      net.tick(BLOCK);
      expect(net.chain.isOpen(id), "the lock is not decided").to.equal(true);
      runUntilEnded(net, id);
      expect(net.chain.time).to.be.below(expiry + 3 * SLOW);
      expect(net.noticesOf(wang, "channelEnded")[0]).to.deep.include({
        how: "cooperative",
        received: 10n * ETH + 1n + (isRecorded ? ETH : 0n),
      });
      expect(
        net.noticesOf(alice, isRecorded ? "paymentSucceeded" : "paymentFailed").map((one) => one.hash),
      ).to.deep.equal([hash]);
    });
  }

  it("[REC-5] a witness of the backup wins a lock that only the peer knows of", () => {
    const { net, wang, alice, id } = pair();
    wang.mute = ({ kind }) => kind === "fulfil";
    pay(net, alice, wang);
    net.settle();
    const { witnesses } = backUp(wang);
    expect(witnesses).to.have.lengthOf(1);
    wang.mute = () => false;
    loseData(net, wang, { ...NO_BACKUP, witnesses });
    catchUp(net, wang);
    net.connect(wang, alice);
    net.settle();
    runUntilEnded(net, id);
    expect(net.noticesOf(wang, "channelEnded")[0]).to.deep.include({ received: 11n * ETH + 1n });
  });

  it("[REC-6] who is asked for help may learn by it that its own store is old", () => {
    const { net, wang, alice, id } = pair();
    const copy = encodeNode(alice.state);
    direct(net, alice, id, 100n);
    loseData(net, wang, backUp(wang));
    alice.state = { ...decodeNode(copy), connected: wang.state.connected };
    catchUp(net, wang);
    wang.mute = ({ kind }) => kind === "resume";
    net.connect(wang, alice);
    net.settle();
    expect(net.channelOf(alice, id).lost?.why).to.match(
      /^the peer holds our signature on state \d+, of which/,
    );
    runUntilEnded(net, id);
    expect(net.noticesOf(wang, "channelEnded")[0]).to.deep.include({
      how: "cooperative",
      received: 10n * ETH + 101n,
    });
  });

  it("[REC-4] asked for by nobody, states are dropped", () => {
    const { net, wang, alice, id } = pair();
    say(net, wang, alice, handOver(net, alice, wang, id));
    expect(whyDropped(net, wang)).to.deep.equal([`states of channel ${id}, for which nobody had asked`]);
    expect(net.channelOf(wang, id).phase.kind).to.equal("open");
  });
});
