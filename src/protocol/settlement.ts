import { MAX_UINT128, ZERO_WORD } from "./checked.ts";
import type { ClosingRecord, RecordedLane } from "./chain-facts.ts";
import { type CheckpointOf, judgeChainLock } from "./chain-locks.ts";
import type { Crypto } from "./crypto.ts";
import { otherSide } from "./identity.ts";
import { locksRoot, totalOf } from "./locks.ts";
import type {
  Amount,
  Deposits,
  HashLock,
  LaneLock,
  Lock,
  LockId,
  LocksRoot,
  Side,
  UnixSeconds,
} from "./types.ts";

const EMPTY_ROOT = ZERO_WORD as LocksRoot;

/** What remains of a lock list, as a settle shows it. */
export interface Showing {
  readonly locks: readonly LaneLock[];
  /** For each hash lock that comes with its witness: when the record that comes with it was made. */
  readonly recordedAt: ReadonlyMap<LockId, UnixSeconds>;
  /** For each chain lock that comes with a checkpoint: its number. */
  readonly checkpoints: ReadonlyMap<LockId, number>;
  /** Hash locks without a witness that their payee gives up, if it sends the settle. */
  readonly conceded: ReadonlySet<LockId>;
}

export type Shown = Readonly<Record<RecordedList, Showing | null>>;

/** The states of a closing record whose lists a settle may show. */
export type RecordedList = "own" | "theirs" | "answered";

export interface Settle {
  readonly now: UnixSeconds;
  readonly deadline: UnixSeconds;
  /** Also after a humble close: only the deadline follows from the recovery period [CL-7]. */
  readonly challengePeriod: number;
  /** Whose owner or signer sends it; null if anybody else does. */
  readonly sender: Side | null;
  readonly shown: Shown;
  readonly checkpointOf: CheckpointOf;
  /** Whether the call records a witness that was not recorded before. */
  readonly recordsNew: boolean;
}

/** What a settle makes of a lock [LOCK-1]. */
interface Outcome {
  readonly won: Amount;
  /** What is undecided; null if all is decided. */
  readonly rest: LaneLock | null;
}

export type Settlement =
  | {
      readonly kind: "settled";
      readonly record: ClosingRecord;
      /** What this settle pays, beyond earlier ones. */
      readonly due: { readonly A: Amount; readonly B: Amount };
      readonly ended: boolean;
      /** What remains undecided of the lists that were shown. */
      readonly remaining: Readonly<Record<RecordedList, readonly LaneLock[]>>;
    }
  | {
      readonly kind: "refused";
      readonly why: "before_deadline";
      readonly deadline: UnixSeconds;
      readonly now: UnixSeconds;
    }
  | {
      readonly kind: "refused";
      readonly why: "wrong_locks";
      readonly list: RecordedList;
      readonly expected: LocksRoot;
      readonly actual: LocksRoot;
    }
  /** It would decide, pay and record nothing. */
  | { readonly kind: "refused"; readonly why: "nothing_new" };

/** A recorded state after a settle, with the bounds of what it is worth [PAY-1]. */
interface Decided {
  readonly lane: RecordedLane;
  readonly remaining: readonly LaneLock[];
  readonly low: Amount;
  /** Null: without bound, because an unknown list may still hold anything. */
  readonly high: Amount | null;
}

/** The side that a recorded list pays. */
export function payeeOf({ closer }: ClosingRecord, list: RecordedList): Side {
  return list === "theirs" ? closer : otherSide(closer);
}

/** After this time the witness of a hash lock is no longer heard [LOCK-1]. */
export function endOfWait(lock: Lock, deadline: UnixSeconds, challengePeriod: number): UnixSeconds {
  return Math.max(deadline, lock.expiry) + challengePeriod;
}

/** What a settle does to the closing record, and whom it pays [PAY-1] [LOCK-1]. */
export function judgeSettle(crypto: Crypto, record: ClosingRecord, settle: Settle): Settlement {
  const { now, deadline } = settle;
  if (now < deadline) return { kind: "refused", why: "before_deadline", deadline, now };
  const own = decideList(crypto, record, "own", settle);
  const theirs = decideList(crypto, record, "theirs", settle);
  const answered = decideList(crypto, record, "answered", settle);
  if ("kind" in own) return own;
  if ("kind" in theirs) return theirs;
  if ("kind" in answered) return answered;

  const paid = paidAfter(record, worthOfBetter(own, answered), theirs);
  const next: ClosingRecord = {
    ...record,
    paid,
    own: own.lane,
    theirs: theirs.lane,
    answered: answered.lane,
  };
  const total = totalDeposit(record.deposits);
  // An empty channel is all paid at once.
  if (isSame(record, next) && !settle.recordsNew && total !== 0n)
    return { kind: "refused", why: "nothing_new" };
  return {
    kind: "settled",
    record: next,
    due: { A: paid.A - record.paid.A, B: paid.B - record.paid.B },
    ended: paid.A + paid.B === total,
    remaining: { own: own.remaining, theirs: theirs.remaining, answered: answered.remaining },
  };
}

function decideList(
  crypto: Crypto,
  record: ClosingRecord,
  list: RecordedList,
  settle: Settle,
): Decided | Extract<Settlement, { kind: "refused" }> {
  const lane = record[list];
  const isEmpty = countsAsEmpty(record, list, settle);
  const showing = settle.shown[list];
  if (showing === null) {
    const root = isEmpty ? EMPTY_ROOT : lane.locksRoot;
    const high = root === EMPTY_ROOT ? lane.sent : null;
    return { lane: { ...lane, locksRoot: root }, remaining: [], low: lane.sent, high };
  }
  const actual = locksRoot(crypto, showing.locks);
  if (actual !== lane.locksRoot) {
    return { kind: "refused", why: "wrong_locks", list, expected: lane.locksRoot, actual };
  }
  const payee = payeeOf(record, list);
  return decideShown(crypto, lane, showing, (locked) =>
    isEmpty ? { won: 0n, rest: null } : outcomeOf(locked, payee, showing, settle),
  );
}

/** A list that nobody showed in time. */
function countsAsEmpty(record: ClosingRecord, list: RecordedList, settle: Settle): boolean {
  return !record[list].shown && settle.now >= settle.deadline + settle.challengePeriod;
}

/** [LOCK-1] for one lock of a list that is shown. */
function outcomeOf({ id, lock }: LaneLock, payee: Side, showing: Showing, settle: Settle): Outcome {
  if (lock.kind === "chain") {
    const number = showing.checkpoints.get(id) ?? 0;
    const { won, rest } = judgeChainLock(lock, number, settle.checkpointOf, settle.now);
    return { won, rest: rest === null ? null : { id, lock: rest } };
  }
  switch (
    verdictOn(lock, showing.recordedAt.get(id), settle, settle.sender === payee && showing.conceded.has(id))
  ) {
    case "won":
      return { won: lock.amount, rest: null };
    case "lost":
      return { won: 0n, rest: null };
    case "undecided":
      return { won: 0n, rest: { id, lock } };
  }
}

function verdictOn(
  lock: HashLock,
  recordedAt: UnixSeconds | undefined,
  { now, deadline, challengePeriod }: Settle,
  isConceded: boolean,
): "won" | "lost" | "undecided" {
  if (now >= endOfWait(lock, deadline, challengePeriod)) return "lost";
  if (recordedAt !== undefined && recordedAt < lock.expiry) return "won";
  return isConceded && now >= lock.expiry ? "lost" : "undecided";
}

function decideShown(
  crypto: Crypto,
  lane: RecordedLane,
  { locks }: Showing,
  decide: (locked: LaneLock) => Outcome,
): Decided {
  const outcomes = locks.map(decide);
  const remaining = outcomes.flatMap(({ rest }) => (rest === null ? [] : [rest]));
  const low = outcomes.reduce((sum, { won }) => sum + won, lane.sent);
  const sent = low > MAX_UINT128 ? MAX_UINT128 : low;
  return {
    lane: { ...lane, sent, locksRoot: locksRoot(crypto, remaining), shown: lane.shown || locks.length > 0 },
    remaining,
    low: sent,
    high: sent + totalOf(remaining),
  };
}

function greater(a: Amount, b: Amount): Amount {
  return a > b ? a : b;
}

/** The closer's lane is worth the better of the declared and the answered state to its payee [CL-5]. */
function worthOfBetter(own: Decided, answered: Decided): Pick<Decided, "low" | "high"> {
  const high = own.high === null || answered.high === null ? null : greater(own.high, answered.high);
  return { low: greater(own.low, answered.low), high };
}

function totalDeposit({ A, B }: Deposits): Amount {
  return A + B;
}

/** What both sides have been paid after this settle: never less than before, never more than the total. */
function paidAfter(
  { closer, deposits, paid }: ClosingRecord,
  closers: Pick<Decided, "low" | "high">,
  others: Pick<Decided, "low" | "high">,
): ClosingRecord["paid"] {
  const [laneA, laneB] = closer === "A" ? [closers, others] : [others, closers];
  const total = totalDeposit(deposits);
  const clamp = (part: bigint): Amount => (part < 0n ? 0n : part > total ? total : part);
  const leastA = laneA.high === null ? 0n : clamp(deposits.A + laneB.low - laneA.high);
  const mostA = laneB.high === null ? total : clamp(deposits.A + laneB.high - laneA.low);
  return { A: greater(paid.A, leastA), B: greater(paid.B, total - mostA) };
}

function isSame(before: ClosingRecord, after: ClosingRecord): boolean {
  if (before.paid.A !== after.paid.A || before.paid.B !== after.paid.B) return false;
  return (["own", "theirs", "answered"] as const).every((list) => {
    const [was, is] = [before[list], after[list]];
    return was.sent === is.sent && was.locksRoot === is.locksRoot && was.shown === is.shown;
  });
}
