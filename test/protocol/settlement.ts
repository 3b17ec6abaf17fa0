import { expect } from "chai";
import type { Checkpoint, ClosingRecord } from "../../src/protocol/chain-facts.ts";
import { judgeChainLock } from "../../src/protocol/chain-locks.ts";
import { ZERO_WORD } from "../../src/protocol/checked.ts";
import { judgeAnswer, judgeClose, judgeReplacing } from "../../src/protocol/judgement.ts";
import { headOf, locksRoot } from "../../src/protocol/locks.ts";
import { portableCrypto as crypto } from "../../src/protocol/portable-crypto.ts";
import { judgeSettle, type Settle, type Settlement } from "../../src/protocol/settlement.ts";
import type { ChainCommitment, ChainLock, LaneLock, LaneState, LocksRoot } from "../../src/protocol/types.ts";

const EXPIRY = 1000;
const COMMITMENT = `0x${"c0".repeat(32)}` as ChainCommitment;
const LOCK: ChainLock = {
  kind: "chain",
  amount: 100n,
  expiry: EXPIRY,
  commitment: COMMITMENT,
  unit: 7n,
  start: 2,
};

/** Checkpoints by number, from 1. */
const checkpoints = (...list: readonly (readonly [time: number, index: number])[]) => {
  const all = list.map(([time, index], at): Checkpoint => ({ number: at + 1, index, time }));
  return (commitment: ChainCommitment, number: number): Checkpoint | null =>
    commitment === COMMITMENT ? (all[number - 1] ?? null) : null;
};

describe("judgement of chain locks [LOCK-1]", () => {
  const of = checkpoints([900, 5], [999, 9], [1000, 12]);

  it("gives at once what the named checkpoint gives, beyond the start", () => {
    expect(judgeChainLock(LOCK, 1, of, 950)).to.deep.equal({
      won: 21n,
      rest: { ...LOCK, amount: 79n, start: 5 },
    });
    expect(judgeChainLock({ ...LOCK, start: 5 }, 1, of, 950)).to.deep.equal({
      won: 0n,
      rest: { ...LOCK, start: 5 },
    });
    expect(judgeChainLock({ ...LOCK, start: 4 }, 1, of, 950).won).to.equal(7n);
    expect(judgeChainLock({ ...LOCK, start: 6 }, 1, of, 950).won).to.equal(0n);
  });

  it("never gives more than the amount", () => {
    expect(judgeChainLock({ ...LOCK, amount: 22n }, 1, of, 950).won).to.equal(21n);
    for (const amount of [21n, 20n, 0n]) {
      expect(judgeChainLock({ ...LOCK, amount }, 1, of, 950)).to.deep.equal({ won: amount, rest: null });
    }
    expect(judgeChainLock({ ...LOCK, unit: 0n }, 1, of, 950)).to.deep.equal({
      won: 0n,
      rest: { ...LOCK, unit: 0n, start: 5 },
    });
  });

  it("takes a checkpoint a second before the expiry, and not one at it", () => {
    expect(judgeChainLock(LOCK, 2, of, 1500)).to.deep.equal({ won: 49n, rest: null });
    expect(judgeChainLock(LOCK, 3, of, 1500)).to.deep.equal({ won: 0n, rest: LOCK });
    expect(judgeChainLock(LOCK, 4, of, 1500), "there is none").to.deep.equal({ won: 0n, rest: LOCK });
  });

  it("takes the rest for lost at the expiry, unless the next checkpoint is in time too", () => {
    expect(judgeChainLock(LOCK, 2, of, EXPIRY - 1).rest).to.deep.equal({ ...LOCK, amount: 51n, start: 9 });
    expect(judgeChainLock(LOCK, 2, of, EXPIRY).rest).to.equal(null);
    expect(judgeChainLock(LOCK, 1, of, EXPIRY)).to.deep.equal({
      won: 21n,
      rest: { ...LOCK, amount: 79n, start: 5 },
    });
    expect(judgeChainLock(LOCK, 0, of, EXPIRY), "somebody has to name the first").to.deep.equal({
      won: 0n,
      rest: LOCK,
    });
    expect(judgeChainLock(LOCK, 0, checkpoints(), EXPIRY)).to.deep.equal({ won: 0n, rest: null });
    expect(judgeChainLock(LOCK, 0, checkpoints(), EXPIRY - 1)).to.deep.equal({ won: 0n, rest: LOCK });
    expect(judgeChainLock(LOCK, 0, checkpoints([EXPIRY, 3]), EXPIRY).rest).to.equal(null);
  });
});

const FRESH: LaneState = { seq: 0, sent: 0n, ack: 0, locks: [] };
const LOCKS: readonly LaneLock[] = [{ id: 1, lock: LOCK }];

function closed(humble: boolean, theirLocks: readonly LaneLock[] = []): ClosingRecord {
  const theirs = headOf(crypto, { seq: 4, sent: 11n, ack: 2, locks: theirLocks });
  const own = { seq: 3, sent: 5n, ack: 4, locks: LOCKS };
  const deposits = { A: 300n, B: 300n };
  const judged = judgeClose(crypto, { closer: "A", humble, deposits, own, theirs });
  if (judged.kind === "refused") throw new Error(judged.refusal.code);
  return judged.record;
}

describe("judgement of humble closes [CL-7]", () => {
  it("gives up what the closer was to receive on a condition, and keeps what it was sent", () => {
    const root = locksRoot(crypto, LOCKS);
    expect(closed(false, LOCKS).theirs).to.deep.include({ seq: 4, sent: 11n, locksRoot: root });
    expect(closed(true, LOCKS).theirs).to.deep.include({ seq: 4, sent: 11n, locksRoot: ZERO_WORD });
    expect(closed(true).own.locksRoot).to.equal(root);
  });

  it("convicts nobody: a higher state, another body and more money only count", () => {
    const record = closed(true);
    const states: readonly LaneState[] = [
      { seq: 9, sent: 0n, ack: 0, locks: [] },
      { seq: 3, sent: 6n, ack: 4, locks: [] },
      { seq: 2, sent: 6n, ack: 5, locks: [] },
    ];
    for (const state of states) {
      const head = headOf(crypto, state);
      expect(judgeAnswer(crypto, closed(false), head)).to.deep.equal({ kind: "convicted" });
      expect(judgeAnswer(crypto, record, head)).to.deep.equal({
        kind: "counts",
        record: { ...record, answered: { ...head, shown: false } },
      });
    }
  });

  it("takes states from the declared ack on, each above the one before, and not the declared one", () => {
    const record = closed(true);
    const at = (seq: number) => headOf(crypto, { seq, sent: 1n, ack: 0, locks: [] });
    expect(judgeAnswer(crypto, record, at(1))).to.deep.equal({ kind: "refused", seq: 1, lowest: 2 });
    expect(judgeAnswer(crypto, record, at(2)).kind).to.equal("counts");
    const { seq, sent, ack, locksRoot: root } = record.own;
    const declared = { seq, sent, ack, locksRoot: root };
    expect(judgeAnswer(crypto, record, declared)).to.deep.equal({ kind: "refused", seq: 3, lowest: 2 });
    const answered = judgeAnswer(crypto, record, at(7));
    if (answered.kind !== "counts") throw new Error(answered.kind);
    expect(judgeAnswer(crypto, answered.record, at(7))).to.deep.equal({ kind: "refused", seq: 7, lowest: 8 });
    expect(judgeAnswer(crypto, answered.record, at(8)).kind).to.equal("counts");
  });

  it("is replaced by an ordinary close of the other side before the deadline, and by nothing else", () => {
    const humble = { record: closed(true), deadline: 500 };
    const other = { closer: "B", humble: false } as const;
    expect(judgeReplacing(humble, other, 499)).to.equal(null);
    expect(judgeReplacing(humble, other, 500)).to.deep.equal({
      code: "deadline_passed",
      deadline: 500,
      now: 500,
    });
    const no = { code: "not_replaceable" };
    expect(judgeReplacing(humble, { closer: "A", humble: false }, 499)).to.deep.equal(no);
    expect(judgeReplacing(humble, { closer: "B", humble: true }, 499)).to.deep.equal(no);
    expect(judgeReplacing({ ...humble, record: closed(false) }, other, 499)).to.deep.equal(no);
  });
});

describe("judgement of a settle", () => {
  const shownOwn = (number: number): Settle["shown"] => ({
    own: { locks: LOCKS, recordedAt: new Map(), checkpoints: new Map([[1, number]]), conceded: new Set([1]) },
    theirs: null,
    answered: null,
  });
  const settle = (record: ClosingRecord, change: Partial<Settle>): Settlement =>
    judgeSettle(crypto, record, {
      now: 600,
      deadline: 500,
      challengePeriod: 50,
      sender: null,
      shown: { own: null, theirs: null, answered: null },
      checkpointOf: checkpoints([550, 5]),
      recordsNew: false,
      ...change,
    });

  it("[PAY-1] moves what a chain lock has won into sent, and keeps the rest in the list", () => {
    const settled = settle(closed(false), { shown: shownOwn(1) });
    if (settled.kind !== "settled") throw new Error(settled.why);
    const rest = [{ id: 1, lock: { ...LOCK, amount: 79n, start: 5 } }];
    expect(settled.remaining.own).to.deep.equal(rest);
    expect(settled.record.own).to.deep.include({ sent: 26n, locksRoot: locksRoot(crypto, rest) });
    expect(settled.due).to.deep.equal({ A: 300n + 11n - 26n - 79n, B: 300n + 26n - 11n });
    expect(settled.ended).to.equal(false);
  });

  it("[LOCK-1] lets no payee concede a chain lock, nor any wait end one", () => {
    const unnamed = { shown: shownOwn(0), now: EXPIRY + 10_000 };
    const first = settle(closed(false), { ...unnamed, sender: "B" });
    if (first.kind !== "settled") throw new Error(first.why);
    expect(first.remaining.own).to.deep.equal(LOCKS);
    const named = settle(first.record, { shown: shownOwn(1), now: EXPIRY });
    expect(named).to.deep.include({ kind: "settled", ended: true });
  });

  it("[I5] ends an empty channel although there is nothing to decide", () => {
    const own = { ...headOf(crypto, FRESH), shown: true };
    const empty: ClosingRecord = {
      ...closed(false),
      deposits: { A: 9n, B: -9n },
      own,
      theirs: { ...own, shown: false },
    };
    expect(settle(empty, {})).to.deep.include({ kind: "settled", ended: true, due: { A: 0n, B: 0n } });
    const root = `0x${"77".repeat(32)}` as LocksRoot;
    const unknown = { ...empty, deposits: { A: 9n, B: -8n }, own: { ...own, locksRoot: root } };
    expect(settle(unknown, {})).to.deep.equal({ kind: "refused", why: "nothing_new" });
  });
});
