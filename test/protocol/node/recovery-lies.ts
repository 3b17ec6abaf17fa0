import { expect } from "chai";
import { cooperativeCloseDigest } from "../../../src/protocol/eip712.ts";
import { headOf, stateBody } from "../../../src/protocol/locks.ts";
import type { LaneState } from "../../../src/protocol/types.ts";
import { fastCrypto, fastSigner } from "../fast-crypto.ts";
import { DOMAIN } from "../lane-pair.ts";
import { CHALLENGE, ETH, runUntilEnded, SLOW } from "./network.ts";
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
import type { Recover } from "./recovery-world.ts";

const RECOVERY = 3 * CHALLENGE;

const bodyOf = (state: LaneState) => stateBody(fastCrypto, state);

/** Wang lost data; what Alice says is up to the test. */
function lostTo(recoveryPeriod = 0) {
  const made = pair(recoveryPeriod);
  const { net, wang, alice, id, backup } = made;
  const truth = handOver(net, alice, wang, id);
  loseData(net, wang, backup);
  catchUp(net, wang);
  net.mustLink(wang.id, alice.id).connected = true;
  net.run(wang, [{ kind: "connected", peer: alice.id }]);
  const tell = (change: Partial<Recover>) => say(net, wang, alice, { ...truth, ...change });
  return { ...made, truth, tell };
}

describe("node: recovery with a peer that lies [REC-4]", () => {
  it("drops states that were invented, of either lane", () => {
    const { net, wang, alice, id, truth, tell } = lostTo();
    const { own, held } = truth;
    if (own === null || held === null) throw new Error("both have signed");
    const richer = { ...held.state, sent: held.state.sent + 1n };
    tell({ held: signedBy(alice, id, richer) });
    tell({ held: { ...held, state: richer } });
    tell({ own: { ...own, state: { ...own.state, sent: own.state.sent - 1n } } });
    tell({ own: signedBy(alice, id, { seq: 0, sent: 0n, ack: 0, locks: [] }) });
    const lock = { kind: "hash", amount: 1n, expiry: 9, hash: `0x${"12".repeat(32)}` as never } as const;
    const disordered = [
      { id: 2, lock },
      { id: 2, lock },
    ];
    tell({ own: signedBy(alice, id, { ...own.state, locks: disordered }) });
    const heavy = Array.from({ length: 513 }, (_, at) => ({ id: at + 1, lock }));
    tell({ own: signedBy(alice, id, { ...own.state, locks: heavy }) });
    const { seq } = held.state;
    expect(whyDropped(net, wang)).to.deep.equal([
      `[REC-4] state ${seq} of our lane is not signed by ${wang.id}; channel ${id}`,
      `[REC-4] state ${seq} of our lane is not signed by ${wang.id}; channel ${id}`,
      `[REC-4] state ${own.state.seq} of the peer's lane is not signed by ${alice.id}; channel ${id}`,
      `[REC-4] state 0 of the peer's lane is not signed by ${alice.id}; channel ${id}`,
      `[REC-4] state ${own.state.seq} of the peer's lane has locks out of order, or too many; channel ${id}`,
      `[REC-4] state ${own.state.seq} of the peer's lane has locks out of order, or too many; channel ${id}`,
    ]);
    expect(net.channelOf(wang, id).lost?.handed).to.equal(false);
  });

  it("takes a list of the greatest weight", () => {
    const { net, wang, alice, id, truth, tell } = lostTo();
    const lock = { kind: "hash", amount: 1n, expiry: 9, hash: `0x${"12".repeat(32)}` as never } as const;
    const heavy = Array.from({ length: 512 }, (_, at) => ({ id: at + 1, lock }));
    if (truth.own === null) throw new Error("Alice has signed");
    const own = signedBy(alice, id, { ...truth.own.state, seq: 100, locks: heavy });
    net.bodies.set(`${id} ${alice.id} 100`, bodyOf(own.state));
    tell({ own });
    expect(whyDropped(net, wang)).to.deep.equal([]);
    expect(net.channelOf(wang, id).incoming).to.have.lengthOf(512);
  });

  it("is not content with less than the backup proves", () => {
    const { net, wang, alice, id, truth, tell, backup } = lostTo();
    const [kept] = backup.channels;
    if (kept?.held === undefined || kept.held === null || truth.own === null)
      throw new Error("both have signed");
    const known = kept.held.state;
    const older = signedBy(alice, id, { ...known, seq: known.seq - 1, sent: 0n, ack: 0 });
    tell({ own: older });
    tell({ own: null });
    tell({ own: signedBy(alice, id, { ...known, sent: known.sent + 1n }) });
    tell({ own: signedBy(alice, id, { ...known, seq: known.seq + 1, sent: known.sent - 1n }) });
    tell({ held: null });
    const waiting = `; waiting for the newest states of channel ${id}`;
    expect(whyDropped(net, wang)).to.deep.equal([
      `[REC-4] the peer shows its state ${known.seq - 1}, but signed state ${known.seq}, which we hold${waiting}`,
      `[REC-4] the peer shows its state 0, but signed state ${known.seq}, which we hold${waiting}`,
      `[REC-4] the peer signed two states ${known.seq} of its lane${waiting}`,
      `[REC-4] what the peer sent falls from ${known.sent} to ${known.sent - 1n}${waiting}`,
      `[REC-4] the peer shows our state 0, but acknowledged state ${known.ack}${waiting}`,
    ]);
    expect(net.channelOf(wang, id).lost?.handed).to.equal(false);
    tell({});
    expect(net.channelOf(wang, id).lost?.handed, "the truth is taken after all").to.equal(true);
  });

  it("sees by the acknowledgements that a state is hidden, of either lane", () => {
    const { net, wang, id, truth, tell, backup } = lostTo();
    const [kept] = backup.channels;
    if (kept?.held === undefined || kept.held === null || truth.own === null || truth.held === null)
      throw new Error("both have signed");
    const old = { own: kept.held, held: signedBy(wang, id, kept.own) };
    expect(truth.held.state.ack).to.be.above(old.own.state.seq);
    expect(truth.own.state.ack).to.be.above(old.held.state.seq);
    tell({ own: old.own });
    tell({ held: old.held });
    const waiting = `; waiting for the newest states of channel ${id}`;
    expect(whyDropped(net, wang)).to.deep.equal([
      `[REC-4] our state ${truth.held.state.seq} acknowledges state ${truth.held.state.ack} of the peer, which hides it${waiting}`,
      `[REC-4] the peer acknowledges our state ${truth.own.state.ack}, and hides it${waiting}`,
    ]);
    expect(net.channelOf(wang, id).lost?.handed).to.equal(false);
  });

  it("a state shown to the helper counts only if its payer could sign it", () => {
    const { net, wang, alice, id } = pair();
    const { own, held } = net.channelOf(alice, id);
    const ask = (change: object): void => {
      const state = { ...held.newest, seq: held.newest.seq + 1, ...change };
      say(net, alice, wang, {
        ...{ kind: "recover", channel: id, lost: true, own: signedBy(wang, id, state), held: null },
      });
    };
    const most = 10n * ETH + own.newest.sent;
    ask({ sent: most + 1n });
    ask({ sent: held.newest.sent - 1n });
    ask({ ack: own.newest.seq + 1 });
    ask({ ack: held.newest.ack - 1 });
    expect(net.channelOf(alice, id).held.newest).to.deep.equal(held.newest);
    net.bodies.set(`${id} ${wang.id} ${held.newest.seq + 1}`, bodyOf({ ...held.newest, seq: 0, sent: most }));
    ask({ sent: most });
    expect(net.channelOf(alice, id).held.newest.sent).to.equal(most);
  });

  it("does not sign another end than the one that follows, whatever the peer signs", () => {
    const { net, wang, alice, id, tell } = lostTo();
    alice.mute = () => true;
    tell({});
    const { signature } = signedBy(alice, id, { seq: 1, sent: 0n, ack: 0, locks: [] });
    say(net, wang, alice, {
      kind: "closing",
      channel: id,
      transfer: 5n,
      validUntil: 2_000_000_000,
      signature,
    });
    const other = { channel: id, transfer: 5n, validUntil: 2_000_000_000 };
    const digest = cooperativeCloseDigest(fastCrypto, DOMAIN, other);
    say(net, wang, alice, { kind: "closing", ...other, signature: fastSigner(alice.id).sign(digest) });
    expect(whyDropped(net, wang)).to.deep.equal([
      "cooperative close that the peer did not sign",
      "cooperative close with transfer 5, but the final states give -1",
    ]);
    net.tick(SLOW);
    expect([...wang.pending.keys()]).to.deep.equal([]);
  });
});

describe("node: recovery without the peer [REC-7] [CL-7]", () => {
  it("closes humbly when the owner says so, with what the backup knows", () => {
    const { net, wang, alice, id, backup } = pair(RECOVERY);
    loseData(net, wang, backup);
    catchUp(net, wang);
    for (let block = 0; block < 50; block++) net.tick(SLOW);
    expect(net.chain.isClosing(id), "not by itself").to.equal(false);
    net.command(wang, { kind: "closeHumbly", channel: id });
    expect(net.channelOf(wang, id).phase).to.deep.include({ kind: "leaving", humble: true });
    net.command(wang, { kind: "closeHumbly", channel: id });
    expect(net.noticesOf(wang, "commandRefused").map(({ refusal }) => refusal.code)).to.deep.equal([
      "channel_not_open",
    ]);
    runUntilEnded(net, id);
    const closes = net.chain.mined.filter(({ kind }) => kind === "close");
    expect(closes.map((close) => close.kind === "close" && close.humble)).to.deep.equal([true]);
    // Alice answers with the newest state of Wang's lane; what she paid after the backup is hers again.
    expect(net.noticesOf(wang, "channelEnded")).to.deep.equal([
      { kind: "channelEnded", channel: id, how: "settled", received: 10n * ETH - 12n + 2n },
    ]);
    expect(net.noticesOf(alice, "channelEnded")[0]).to.deep.include({ received: 10n * ETH + 12n - 2n });
  });

  it("refuses to where the data is whole, where there is no recovery period, and of unknown channels", () => {
    const { net, wang, alice, id, backup } = pair();
    net.command(alice, { kind: "closeHumbly", channel: id });
    loseData(net, wang, backup);
    catchUp(net, wang);
    net.command(wang, { kind: "closeHumbly", channel: id });
    net.command(wang, { kind: "closeHumbly", channel: `0x${"77".repeat(32)}` as never });
    const codes = [alice, wang].map((peer) =>
      net.noticesOf(peer, "commandRefused").map(({ refusal }) => refusal.code),
    );
    expect(codes).to.deep.equal([["not_lost"], ["no_recovery_period", "unknown_channel"]]);
  });

  it("answers and settles a close by the peer", () => {
    const { net, wang, alice, id, backup } = pair();
    loseData(net, wang, backup);
    net.command(alice, { kind: "closeAlone", channel: id });
    net.tick(SLOW);
    runUntilEnded(net, id);
    expect(net.noticesOf(wang, "channelEnded")[0]).to.deep.include({
      how: "settled",
      received: 10n * ETH + 1n,
    });
  });

  it("convicts a peer that uses the loss to close with less than the backup proves", () => {
    const { net, wang, alice, id, backup } = pair();
    direct(net, alice, id, 100n);
    const later = backUp(wang);
    expect(backup.channels[0]?.held?.state.seq).to.be.below(later.channels[0]?.held?.state.seq ?? 0);
    const [old] = backup.channels;
    if (old?.held === undefined || old.held === null) throw new Error("Alice has signed");
    loseData(net, wang, later);
    const { params, life } = net.channelOf(alice, id);
    const close = { params, life, own: old.held.state, theirs: headOf(fastCrypto, old.own) };
    const theirSignature = old.ownSignature;
    alice.pending.set("cheat", { kind: "close", key: "cheat", ...close, theirSignature });
    net.tick(SLOW);
    runUntilEnded(net, id);
    expect(net.noticesOf(wang, "channelEnded")[0]).to.deep.include({ how: "convicted", received: 20n * ETH });
  });
});
