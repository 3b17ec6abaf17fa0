import { ZERO_WORD } from "./checked.ts";
import type { ClosingRecord, RecordedLane } from "./chain-facts.ts";
import type { Crypto } from "./crypto.ts";
import { MAX_LOCK_WEIGHT } from "./lane.ts";
import { bodyOf, headOf, weightOf } from "./locks.ts";
import type { Deposits, LaneHead, LaneState, LocksRoot, Seq, Side, UnixSeconds } from "./types.ts";

const EMPTY_ROOT = ZERO_WORD as LocksRoot;

const NOTHING: RecordedLane = { seq: 0, sent: 0n, ack: 0, locksRoot: EMPTY_ROOT, shown: false };

export interface Close {
  readonly closer: Side;
  readonly humble: boolean;
  readonly deposits: Deposits;
  /** The closer's own state; its list is posted. */
  readonly own: LaneState;
  readonly theirs: LaneHead;
}

/** Why a close is refused [CL-2]; values are what was declared, then what it was held against. */
export type CloseRefusal =
  | { readonly code: "bad_initial_state"; readonly lane: "own" | "theirs" }
  | { readonly code: "stale_theirs"; readonly theirSeq: Seq; readonly ownAck: Seq }
  | { readonly code: "stale_own"; readonly ownSeq: Seq; readonly theirAck: Seq }
  | { readonly code: "too_many_locks"; readonly weight: number; readonly limit: number };

export type CloseJudgement =
  | { readonly kind: "closing"; readonly record: ClosingRecord }
  | { readonly kind: "refused"; readonly refusal: CloseRefusal };

function isEmpty({ sent, ack, locksRoot }: LaneHead): boolean {
  return sent === 0n && ack === 0 && locksRoot === EMPTY_ROOT;
}

/** What the chain records of a close, or why it refuses it [CL-2]. Signatures are checked elsewhere. */
export function judgeClose(crypto: Crypto, close: Close): CloseJudgement {
  const { closer, humble, deposits, theirs } = close;
  const own = headOf(crypto, close.own);
  const refusal = refusalOf(close, own);
  if (refusal !== null) return { kind: "refused", refusal };
  const record: ClosingRecord = {
    closer,
    humble,
    deposits,
    paid: { A: 0n, B: 0n },
    own: { ...own, shown: true },
    // What a humble closer was to receive on a condition is given up [CL-7].
    theirs: { ...theirs, locksRoot: humble ? EMPTY_ROOT : theirs.locksRoot, shown: false },
    answered: NOTHING,
  };
  return { kind: "closing", record };
}

function refusalOf({ own: { locks }, theirs }: Close, own: LaneHead): CloseRefusal | null {
  const weight = locks.reduce((sum, { lock }) => sum + weightOf(lock), 0);
  if (weight > MAX_LOCK_WEIGHT) return { code: "too_many_locks", weight, limit: MAX_LOCK_WEIGHT };
  if (own.seq === 0 && !isEmpty(own)) return { code: "bad_initial_state", lane: "own" };
  if (theirs.seq === 0 && !isEmpty(theirs)) return { code: "bad_initial_state", lane: "theirs" };
  if (theirs.seq < own.ack) return { code: "stale_theirs", theirSeq: theirs.seq, ownAck: own.ack };
  if (theirs.ack > own.seq) return { code: "stale_own", ownSeq: own.seq, theirAck: theirs.ack };
  return null;
}

/** Why a close cannot take the place of the one that is open to answers [CL-7]. */
export type ReplaceRefusal =
  | { readonly code: "not_replaceable" }
  | { readonly code: "deadline_passed"; readonly deadline: UnixSeconds; readonly now: UnixSeconds };

/** Only an ordinary close of the other side replaces a humble one, and only before its deadline; null if it may [CL-7]. */
export function judgeReplacing(
  { record, deadline }: { readonly record: ClosingRecord; readonly deadline: UnixSeconds },
  { closer, humble }: Pick<Close, "closer" | "humble">,
  now: UnixSeconds,
): ReplaceRefusal | null {
  if (!record.humble || humble || closer === record.closer) return { code: "not_replaceable" };
  return now >= deadline ? { code: "deadline_passed", deadline, now } : null;
}

export type AnswerJudgement =
  /** The closer hid something that it had signed: the whole channel goes to the other side [CL-6]. */
  | { readonly kind: "convicted" }
  /** The state counts beside the declared one; the lane is worth the better of the two to its payee. */
  | { readonly kind: "counts"; readonly record: ClosingRecord }
  /** `lowest`: the least seq that could have counted; of seq 0 just the least seq, as the contract says it. */
  | { readonly kind: "refused"; readonly seq: Seq; readonly lowest: Seq };

/** What the chain makes of a state of the closer that the other side shows, in the order of [CL-5] and [CL-7]. */
export function judgeAnswer(crypto: Crypto, record: ClosingRecord, state: LaneHead): AnswerJudgement {
  if (state.seq === 0) return { kind: "refused", seq: 0, lowest: 1 };
  if (!record.humble && contradicts(crypto, record.own, state)) return { kind: "convicted" };
  const lowest = Math.max(record.theirs.ack, record.answered.seq + 1);
  const isDeclared = state.seq === record.own.seq && bodyOf(crypto, state) === bodyOf(crypto, record.own);
  if (state.seq < lowest || isDeclared) return { kind: "refused", seq: state.seq, lowest };
  return { kind: "counts", record: { ...record, answered: { ...state, shown: false } } };
}

/** Whether nobody who declared `own` as its newest state can have signed `state` honestly. */
function contradicts(crypto: Crypto, own: LaneHead, state: LaneHead): boolean {
  if (state.seq > own.seq) return true;
  if (state.seq === own.seq) return bodyOf(crypto, state) !== bodyOf(crypto, own);
  return state.sent > own.sent || state.ack > own.ack;
}
