import { expect } from "chai";
import { MAX_LOCK_WEIGHT, reserveOf, WINDOW_BYTES, WINDOW_STATES } from "../../src/protocol/lane.ts";
import {
  acknowledged,
  canSpend,
  enqueue,
  enqueueLock,
  ownStateAt,
  resend,
  spendable,
  withdraw,
} from "../../src/protocol/lane-own.ts";
import { changeSize, MAX_PACKET_BYTES } from "../../src/protocol/wire-change.ts";
import { encodeMessage, MAX_MESSAGE_BYTES } from "../../src/protocol/wire.ts";
import { lockOf, pair, type Party, settleDown, tagOf } from "./lane-pair.ts";

function free(party: Party): bigint {
  return spendable(party.own, party.held, party.ownTerms).free;
}

describe("lane of the payer", () => {
  it("[LANE-2] reserves 1 % of what both brought, rounded up", () => {
    expect(reserveOf({ A: 1000n, B: 1000n })).to.equal(20n);
    expect(reserveOf({ A: 1n, B: 0n })).to.equal(1n);
    expect(reserveOf({ A: 100n, B: 0n })).to.equal(1n);
    expect(reserveOf({ A: 100n, B: 1n })).to.equal(2n);
    expect(reserveOf({ A: 0n, B: 0n })).to.equal(0n);
  });

  it("[LANE-2] spends its deposit down to the reserve and not one unit more", () => {
    const { ours, theirs } = pair();
    expect(free(ours)).to.equal(990n);
    expect(canSpend(ours.own, ours.held, ours.ownTerms, 990n, "pay")).to.equal(true);
    expect(canSpend(ours.own, ours.held, ours.ownTerms, 991n, "pay")).to.equal(false);
    ours.pay(990n);
    expect(free(ours)).to.equal(0n);
    theirs.accept(ours.make());
    expect(ours.own.newest).to.deep.equal({ seq: 1, sent: 990n, ack: 0, locks: [] });
  });

  it("[LANE-2] counts queued and standing locks, and what the peer sent", () => {
    const { ours, theirs } = pair();
    ours.lock(100n);
    expect(free(ours)).to.equal(890n);
    theirs.accept(ours.make());
    expect(free(ours)).to.equal(890n);
    ours.accept(theirs.pay(40n).make());
    expect(free(ours)).to.equal(930n);
  });

  it("[LANE-2] [FEE-2] counts the rent of a lock from the moment that it is queued, and for good", () => {
    const { ours, theirs } = pair();
    ours.lock(100n, 1, undefined, 7n);
    expect(free(ours)).to.equal(883n);
    const update = ours.make();
    expect([ours.own.newest.sent, ours.own.locked, free(ours)]).to.deep.equal([7n, 100n, 883n]);
    theirs.accept(update);
    expect(theirs.held.newest.sent).to.equal(7n);
    settleDown(ours, theirs);
    theirs.giveBack(1);
    ours.resolve("drop", 1);
    settleDown(ours, theirs);
    expect(free(ours), "the lock is gone, the rent too").to.equal(983n);
  });

  it("[LANE-2] [FEE-2] signs a lock whose amount and rent fit just so, and holds back one with a unit more", () => {
    for (const [rent, signed] of [
      [90n, true],
      [91n, false],
    ] as const) {
      const { ours } = pair();
      ours.ownTerms = { ...ours.ownTerms, deposit: 1000n };
      ours.lock(900n, 1, undefined, rent);
      expect(free(ours)).to.equal(0n);
      expect(ours.tryMake() !== null, `a rent of ${rent}`).to.equal(signed);
    }
  });

  it("[LANE-2] has no reserve before its balance has reached it, then keeps it for good", () => {
    const { ours, theirs } = pair([1000n, 0n], 10n);
    expect(theirs.own.reserveBinds).to.equal(false);
    expect(ours.own.reserveBinds).to.equal(true);
    theirs.accept(ours.pay(9n).make());
    expect(free(theirs)).to.equal(9n);
    ours.accept(theirs.pay(9n).make());
    theirs.accept(ours.pay(10n).make());
    expect(free(theirs), "a balance of exactly the reserve is kept").to.equal(0n);
    ours.accept(theirs.make());
    expect(theirs.own.reserveBinds).to.equal(true);
    expect(ours.held.reserveBinds).to.equal(true);
    theirs.accept(ours.pay(5n).make());
    expect(free(theirs)).to.equal(5n);
  });

  it("[LANE-2] leaves queued what has become too much for the balance, and everything after it but removals", () => {
    const { ours, theirs } = pair();
    const id = ours.lock(100n);
    settleDown(ours, theirs);
    ours.pay(500n, 1).pay(300n, 2).resolve("win", id);
    ours.ownTerms = { ...ours.ownTerms, deposit: 700n };
    expect(ours.make().changes).to.deep.equal([
      { kind: "pay", amount: 500n, tag: tagOf(1) },
      { kind: "win", id },
    ]);
    expect(ours.own.queue).to.deep.equal([{ kind: "pay", amount: 300n, tag: tagOf(2) }]);
    expect(ours.own.queuedSpend).to.equal(300n);
    ours.ownTerms = { ...ours.ownTerms, deposit: 1000n };
    expect(ours.make().changes).to.have.length(1);
  });

  it("[LANE-2] signs nothing that would take from a binding reserve", () => {
    const { ours } = pair();
    ours.pay(990n);
    ours.ownTerms = { ...ours.ownTerms, deposit: 999n };
    expect(ours.tryMake()).to.equal(null);
    ours.ownTerms = { ...ours.ownTerms, deposit: 1000n };
    expect(ours.make().changes).to.have.length(1);
  });

  it("[LANE-2] stays bound to the reserve when a later deposit lets it spend beyond what bound it", () => {
    const { ours, theirs } = pair([1000n, 0n], 10n);
    theirs.accept(ours.pay(10n).make());
    ours.accept(theirs.make());
    theirs.ownTerms = { ...theirs.ownTerms, deposit: 100n };
    ours.heldTerms = { ...ours.heldTerms, deposit: 100n };
    expect(free(theirs)).to.equal(100n);
    ours.accept(theirs.pay(100n).make());
    expect([theirs.own.reserveBinds, ours.held.reserveBinds]).to.deep.equal([true, true]);
    expect(free(theirs)).to.equal(0n);
  });

  it("[LANE-2] keeps the amount of a dropped lock back until the peer has acknowledged the removal", () => {
    const { ours, theirs } = pair();
    const id = ours.lock(600n);
    settleDown(ours, theirs);
    theirs.giveBack(id);
    const removal = ours.resolve("drop", id).make();
    expect(free(ours)).to.equal(390n);
    expect(ours.own.unackedDrops).to.equal(600n);
    theirs.accept(removal);
    const { covered } = ours.accept(theirs.make());
    expect(covered).to.deep.equal([{ kind: "drop", id, lock: lockOf(600n) }]);
    expect(free(ours)).to.equal(990n);
  });

  it("[LOCK-3] queues locks up to a weight of 512", () => {
    const { ours, theirs } = pair([100_000n, 1000n], 10n);
    for (let i = 1; i <= MAX_LOCK_WEIGHT - 1; i++) ours.lock(1n, i);
    expect(canSpend(ours.own, ours.held, ours.ownTerms, 1n, "lock")).to.equal(true);
    const last = ours.lock(1n, MAX_LOCK_WEIGHT);
    expect(canSpend(ours.own, ours.held, ours.ownTerms, 1n, "lock")).to.equal(false);
    expect(canSpend(ours.own, ours.held, ours.ownTerms, 1n, "pay")).to.equal(true);
    settleDown(ours, theirs);
    expect(ours.own.newest.locks).to.have.length(MAX_LOCK_WEIGHT);
    expect(spendable(ours.own, ours.held, ours.ownTerms).weight).to.equal(0);
    ours.lock(1n, 513);
    ours.resolve("win", last);
    expect(ours.make().changes).to.deep.equal([{ kind: "win", id: last }]);
    expect(ours.make().changes.map(({ kind }) => kind)).to.deep.equal(["add"]);
  });

  it("[NODE-6] acknowledges a state that changes something, and not one that only acknowledges", () => {
    const { ours, theirs } = pair();
    expect(ours.tryMake()).to.equal(null);
    theirs.accept(ours.pay(1n).make());
    const acknowledgement = theirs.make();
    expect(acknowledgement).to.deep.include({ base: 0, seq: 1, ack: 1, changes: [] });
    ours.accept(acknowledgement);
    expect(ours.tryMake()).to.equal(null);
    expect(theirs.tryMake()).to.equal(null);
  });

  it("[NODE-6] lets 64 unacknowledged states pass and holds the next back until one is acknowledged", () => {
    const { ours, theirs } = pair();
    for (let i = 0; i < WINDOW_STATES; i++) {
      ours.lock(1n, i);
      theirs.accept(ours.make());
    }
    ours.lock(1n, 99);
    expect(ours.tryMake()).to.equal(null);
    ours.accept(theirs.make());
    expect(ours.make().changes).to.have.length(1);
  });

  it("[NODE-6] still acknowledges while its window is full", () => {
    const { ours, theirs } = pair();
    for (let i = 0; i <= WINDOW_STATES; i++) {
      ours.lock(1n, i);
      ours.tryMake();
    }
    ours.accept(theirs.pay(1n).make());
    expect(ours.make()).to.deep.include({ ack: 1, changes: [] });
    expect(ours.own.queue).to.have.length(1);
  });

  it("[NODE-6] keeps what stands unacknowledged within 1 MiB of changes", () => {
    const { ours, theirs } = pair();
    for (let i = 0; i < MAX_LOCK_WEIGHT; i++) {
      ours.own = enqueueLock(ours.own, lockOf(1n, i), new Uint8Array(MAX_PACKET_BYTES)).own;
    }
    const update = ours.make();
    const size = changeSize(update.changes[0] ?? { kind: "win", id: 0 });
    const fitting = Math.floor(WINDOW_BYTES / size);
    expect(update.changes).to.have.length(fitting);
    expect(encodeMessage(update).length).to.be.within(MAX_MESSAGE_BYTES - size, MAX_MESSAGE_BYTES);
    expect(ours.own.queue).to.have.length(MAX_LOCK_WEIGHT - fitting);
    expect(ours.tryMake(), "the rest waits").to.equal(null);
    theirs.accept(update);
    ours.accept(theirs.make());
    expect(ours.make().changes).to.have.length(MAX_LOCK_WEIGHT - fitting);
  });

  it("[LOCK-2] gives equal locks ids of their own and keeps the list in their order", () => {
    const { ours, theirs } = pair();
    const ids = [ours.lock(5n), ours.lock(5n), ours.lock(5n)];
    settleDown(ours, theirs);
    ours.resolve("win", 2);
    ours.lock(5n);
    settleDown(ours, theirs);
    expect(ids).to.deep.equal([1, 2, 3]);
    expect(ours.own.newest.locks.map(({ id }) => id)).to.deep.equal([1, 3, 4]);
    expect(ours.own.newest).to.deep.include({ sent: 5n });
    expect(theirs.held.newest).to.deep.equal(ours.own.newest);
  });

  it("queues a removal once, and none of a lock that is not there", () => {
    const { ours, theirs } = pair();
    const id = ours.lock(5n);
    expect(enqueue(ours.own, { kind: "win", id }), "only queued itself").to.equal(ours.own);
    settleDown(ours, theirs);
    expect(ours.resolve("win", id).resolve("expire", id).resolve("win", 7).own.queue).to.deep.equal([
      { kind: "win", id },
    ]);
  });

  it("takes queued changes back", () => {
    const { ours } = pair();
    ours.lock(5n, 1);
    ours.pay(7n, 1);
    const { own, withdrawn } = withdraw(ours.own, ({ kind }) => kind === "add");
    expect(withdrawn.map(({ kind }) => kind)).to.deep.equal(["add"]);
    expect(own).to.deep.include({ queuedSpend: 7n, queuedWeight: 0 });
    expect(enqueueLock(own, lockOf(1n), new Uint8Array()).id, "ids are not used again").to.equal(2);
  });

  it("[NODE-6] keeps its states back to the peer's last ack", () => {
    const { ours, theirs } = pair();
    for (let i = 1; i <= 3; i++) theirs.accept(ours.pay(1n, i).make());
    expect([0, 1, 2, 3].map((seq) => ownStateAt(ours.own, seq)?.sent)).to.deep.equal([0n, 1n, 2n, 3n]);
    const { own, covered } = acknowledged(ours.own, 2);
    expect(covered.map((effect) => effect.kind === "pay" && effect.tag)).to.deep.equal([tagOf(1), tagOf(2)]);
    expect([1, 2, 3, 4].map((seq) => ownStateAt(own, seq)?.sent)).to.deep.equal([
      undefined,
      2n,
      3n,
      undefined,
    ]);
    expect(acknowledged(own, 2).covered).to.deep.equal([]);
  });

  it("resends after a reconnection exactly what the peer lacks, with the same signatures", () => {
    const { ours, theirs } = pair();
    const sent = [1, 2, 3].map((i) => ours.pay(1n, i).make());
    theirs.accept(ours.own.tail[0]?.update ?? ours.make());
    expect(resend(ours.own, 1)).to.deep.equal({ kind: "updates", updates: sent.slice(1) });
    expect(resend(ours.own, 3)).to.deep.equal({ kind: "updates", updates: [] });
    expect(resend(ours.own, 4)).to.deep.equal({ kind: "weLostData", newest: 3 });
    ours.accept(theirs.make());
    expect(resend(ours.own, 1)).to.deep.equal({ kind: "updates", updates: sent.slice(1) });
    expect(resend(ours.own, 0)).to.deep.equal({ kind: "peerLostData", acked: 1 });
  });
});
