import { ZERO_ADDRESS } from "../../src/protocol/checked.ts";
import type { Crypto } from "../../src/protocol/crypto.ts";
import { closeIntentDigest, laneDigest } from "../../src/protocol/eip712.ts";
import { otherSide, sideOf } from "../../src/protocol/identity.ts";
import { type CloseRefusal, judgeClose, judgeReplacing } from "../../src/protocol/judgement.ts";
import { bodyOf, headOf, locksRoot, unpackLocks } from "../../src/protocol/locks.ts";
import type { Deposits, Hex, Side } from "../../src/protocol/types.ts";
import type { ChannelCall } from "./channel-calls.ts";
import {
  channelOf,
  type ClosingPhase,
  type Expected,
  inPhase,
  notParticipant,
  recordHash,
  type Refused,
  refusalOfSigner,
  refuse,
  sideOfRole,
  type TwinState,
  type TwinTerms,
} from "./twin-state.ts";

type CloseCall = Extract<ChannelCall, { kind: "close" }>;

/** What is known of a close before its states are looked at. */
interface Begun {
  readonly kind: "begun";
  readonly closer: Side;
  readonly humble: boolean;
  readonly deposits: Deposits;
  readonly replaces: boolean;
}

export function judgeClosing(terms: TwinTerms, state: TwinState, call: CloseCall, now: number): Expected {
  const { crypto, params } = terms;
  const begun = call.intent === null ? begin(terms, state, call) : beginFor(terms, state, call, now);
  if (begun.kind === "refused") return begun;
  const { own, theirs, posted } = call;
  const judged = judgeClose(crypto, { ...begun, own, theirs });
  // The contract looks at the length of the list last.
  const isLong = judged.kind === "refused" && judged.refusal.code === "too_many_locks";
  if (judged.kind === "refused" && !isLong) return refuseClose(judged.refusal);
  const wrong = theirs.seq === 0 ? null : refusalOfTheirs(terms, call, begun.closer);
  if (wrong !== null) return wrong;
  if (judged.kind === "refused") return refuseClose(judged.refusal);
  const root = rootOfPacked(crypto, posted);
  const declared = headOf(crypto, own).locksRoot;
  if (root !== declared) return refuse("WrongLocks", declared, root);
  const phase: ClosingPhase = {
    kind: "closing",
    record: judged.record,
    deadline: now + (begun.humble ? params.recoveryPeriod : params.challengePeriod),
    remaining: { own: own.locks, theirs: begun.humble ? [] : terms.locksOf(theirs), answered: [] },
  };
  const extra = begun.replaces ? ["humble close replaced"] : [];
  return {
    kind: "done",
    what: [begun.humble ? "closed humbly" : "closed", ...extra],
    state: { ...state, phase },
  };
}

function begin(terms: TwinTerms, state: TwinState, call: CloseCall): Begun | Refused {
  const before = inPhase(state, call, "open");
  if (before.kind === "refused") return before;
  const closer = sideOfRole(call.by);
  if (closer === null) return notParticipant(terms, call.by);
  return { kind: "begun", closer, humble: false, deposits: before.deposits, replaces: false };
}

/** [CL-7] With an intent: whose close it is comes first. */
function beginFor(terms: TwinTerms, state: TwinState, call: CloseCall, now: number): Begun | Refused {
  const { intent } = call;
  if (intent === null) throw new Error("it has an intent");
  const closer = closerOf(terms, call, now);
  if (typeof closer !== "string") return closer;
  const { humble } = intent;
  const { phase } = state;
  const replaced = phase.kind === "closing" && state.life === call.life ? phase : null;
  if (replaced !== null) {
    const refused = refuseReplacing(terms, replaced, { record: intent.record, closer, humble }, now);
    if (refused !== null) return refused;
  }
  const before = replaced?.record ?? inPhase(state, call, "open");
  if ("kind" in before && before.kind === "refused") return before;
  if (humble && terms.params.recoveryPeriod === 0) return refuse("NoRecoveryPeriod");
  return { kind: "begun", closer, humble, deposits: before.deposits, replaces: replaced !== null };
}

function closerOf(terms: TwinTerms, call: CloseCall, now: number): Side | Refused {
  const { crypto, domain, params } = terms;
  const { intent, own, theirs, life } = call;
  const signature = intent?.signature ?? null;
  if (intent === null || signature === null) return sideOfRole(call.by) ?? notParticipant(terms, call.by);
  const { humble, validUntil } = intent;
  if (now > validUntil) return refuse("SignatureExpired", validUntil, now);
  const digest = closeIntentDigest(crypto, domain, {
    channel: channelOf(terms, life),
    ownSeq: own.seq,
    ownBody: bodyOf(crypto, headOf(crypto, own)),
    theirSeq: theirs.seq,
    theirBody: bodyOf(crypto, theirs),
    humble,
    validUntil,
  });
  const signer = crypto.recover(digest, signature) ?? ZERO_ADDRESS;
  return sideOf(params, signer) ?? refuse("NotParticipant", signer);
}

function refuseReplacing(
  { crypto }: TwinTerms,
  phase: ClosingPhase,
  { record, ...by }: { record: ClosingPhase["record"]; closer: Side; humble: boolean },
  now: number,
): Refused | null {
  const given = recordHash(crypto, record);
  if (given !== recordHash(crypto, phase.record)) return refuse("StaleRecord", given);
  const refusal = judgeReplacing(phase, by, now);
  switch (refusal?.code) {
    case undefined:
      return null;
    case "not_replaceable":
      return refuse("NotReplaceable");
    case "deadline_passed":
      return refuse("DeadlinePassed", refusal.deadline, refusal.now);
  }
}

function refusalOfTheirs(terms: TwinTerms, { theirs, life, signature }: CloseCall, closer: Side) {
  const { crypto, domain } = terms;
  const digest = laneDigest(crypto, domain, channelOf(terms, life), theirs.seq, bodyOf(crypto, theirs));
  return refusalOfSigner(terms, otherSide(closer), digest, signature);
}

function rootOfPacked(crypto: Crypto, posted: Uint8Array): Hex {
  const locks = unpackLocks(posted);
  if (!locks.ok) throw new Error(locks.problem);
  return locksRoot(
    crypto,
    locks.value.map((lock, id) => ({ id, lock })),
  );
}

function refuseClose(refusal: CloseRefusal): Refused {
  switch (refusal.code) {
    case "bad_initial_state":
      return refuse("BadInitialState");
    case "stale_theirs":
      return refuse("StaleTheirs", refusal.theirSeq, refusal.ownAck);
    case "stale_own":
      return refuse("StaleOwn", refusal.ownSeq, refusal.theirAck);
    case "too_many_locks":
      return refuse("TooManyLocks", refusal.weight, refusal.limit);
  }
}
