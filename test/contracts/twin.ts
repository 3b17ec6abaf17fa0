import { ZERO_ADDRESS } from "../../src/protocol/checked.ts";
import type { Crypto } from "../../src/protocol/crypto.ts";
import { answerDigest, cooperativeCloseDigest, laneDigest } from "../../src/protocol/eip712.ts";
import { otherSide } from "../../src/protocol/identity.ts";
import {
  type AnswerJudgement,
  type CloseRefusal,
  judgeAnswer,
  judgeClose,
} from "../../src/protocol/judgement.ts";
import { bodyOf, headOf, locksRoot, unpackLocks } from "../../src/protocol/locks.ts";
import type { Hex } from "../../src/protocol/types.ts";
import { type ChannelCall, type Role, STRANGER } from "./channel-calls.ts";
import { judgeSettling } from "./twin-settle.ts";
import {
  channelOf,
  type ClosingPhase,
  ended,
  type Expected,
  inPhase,
  PHASES,
  recordHash,
  type Refused,
  refusalOfSigner,
  refuse,
  sideOfRole,
  type TwinState,
  type TwinTerms,
} from "./twin-state.ts";

/** A net deposit fits 96 bits with its sign. */
const MAX_DEPOSIT = (1n << 95n) - 1n;

/** What the core expects of a call in a block of this time. */
export function judgeCall(terms: TwinTerms, state: TwinState, call: ChannelCall, now: number): Expected {
  switch (call.kind) {
    case "open":
      return judgeOpen(state, call);
    case "close":
      return judgeClosing(terms, state, call, now);
    case "answer":
      return judgeAnswering(terms, state, call, now);
    case "cooperate":
      return judgeCooperating(terms, state, call, now);
    case "settle":
    case "record":
      return judgeSettling(terms, state, call, now);
  }
}

function judgeOpen(state: TwinState, call: Extract<ChannelCall, { kind: "open" }>): Expected {
  const { phase, balances } = state;
  const { amounts, life } = call;
  // On an open channel of this life it is a deposit.
  const isDeposit = phase.kind === "open" && life === state.life;
  if (phase.kind !== "ended" && !isDeposit) return refuse("WrongPhase", 0, PHASES[phase.kind]);
  if (!isDeposit && life !== state.life + 1) return refuse("WrongLife", state.life + 1, life);
  const was = phase.kind === "open" ? phase.deposits : { A: 0n, B: 0n };
  const deposits = { A: was.A + amounts.A, B: was.B + amounts.B };
  if (amounts.A + amounts.B === 0n || deposits.A > MAX_DEPOSIT || deposits.B > MAX_DEPOSIT) {
    return refuse("BadAmount", amounts.A, amounts.B);
  }
  const held = balances.held + amounts.A + amounts.B;
  const next: TwinState = {
    ...state,
    life,
    phase: { kind: "open", deposits },
    balances: { ...balances, held },
  };
  return { kind: "done", what: [isDeposit ? "deposited" : "opened"], state: next };
}

/** Of whoever is neither owner nor signer. */
function notParticipant({ params }: TwinTerms, by: Role): Refused {
  return refuse("NotParticipant", by === "stranger" ? STRANGER : params[by]);
}

function judgeClosing(
  terms: TwinTerms,
  state: TwinState,
  call: Extract<ChannelCall, { kind: "close" }>,
  now: number,
): Expected {
  const { crypto, domain, params } = terms;
  const before = inPhase(state, call, "open");
  if (before.kind === "refused") return before;
  const closer = sideOfRole(call.by);
  if (closer === null) return notParticipant(terms, call.by);
  const { own, theirs, posted } = call;
  const judged = judgeClose(crypto, { closer, humble: false, deposits: before.deposits, own, theirs });
  // The contract looks at the length of the list last.
  const isLong = judged.kind === "refused" && judged.refusal.code === "too_many_locks";
  if (judged.kind === "refused" && !isLong) return refuseClose(judged.refusal);
  if (theirs.seq !== 0) {
    const digest = laneDigest(
      crypto,
      domain,
      channelOf(terms, call.life),
      theirs.seq,
      bodyOf(crypto, theirs),
    );
    const wrong = refusalOfSigner(terms, otherSide(closer), digest, call.signature);
    if (wrong !== null) return wrong;
  }
  if (judged.kind === "refused") return refuseClose(judged.refusal);
  const root = rootOfPacked(crypto, posted);
  const declared = headOf(crypto, own).locksRoot;
  if (root !== declared) return refuse("WrongLocks", declared, root);
  const phase: ClosingPhase = {
    kind: "closing",
    record: judged.record,
    deadline: now + params.challengePeriod,
    remaining: { own: own.locks, theirs: terms.locksOf(theirs), answered: [] },
  };
  return { kind: "done", what: ["closed"], state: { ...state, phase } };
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

function judgeAnswering(
  terms: TwinTerms,
  state: TwinState,
  call: Extract<ChannelCall, { kind: "answer" }>,
  now: number,
): Expected {
  const { crypto, domain } = terms;
  const channel = channelOf(terms, call.life);
  const body = bodyOf(crypto, call.state);
  const named = call.record.closer;
  if (call.tower === null) {
    const side = sideOfRole(call.by);
    if (side === null || side === named) return notParticipant(terms, call.by);
  } else {
    const { address: tower, reward, consent } = call.tower;
    const digest = answerDigest(crypto, domain, { channel, seq: call.state.seq, body, tower, reward });
    const wrong = refusalOfSigner(terms, otherSide(named), digest, consent);
    if (wrong !== null) return wrong;
  }
  const phase = inPhase(state, call, "closing");
  if (phase.kind === "refused") return phase;
  const given = recordHash(crypto, call.record);
  if (given !== recordHash(crypto, phase.record)) return refuse("StaleRecord", given);
  if (now >= phase.deadline) return refuse("DeadlinePassed", phase.deadline, now);
  const judged = judgeAnswer(crypto, phase.record, call.state);
  if (call.state.seq === 0) {
    // Unsigned, so the contract says so before it looks at a signature.
    return judged.kind === "refused"
      ? refuse("UselessAnswer", judged.seq, judged.lowest)
      : refuse("the core takes a seq of 0");
  }
  const wrong = refusalOfSigner(
    terms,
    named,
    laneDigest(crypto, domain, channel, call.state.seq, body),
    call.signature,
  );
  return wrong ?? afterAnswer(terms, state, phase, call, judged);
}

function afterAnswer(
  terms: TwinTerms,
  state: TwinState,
  phase: ClosingPhase,
  call: Extract<ChannelCall, { kind: "answer" }>,
  judged: AnswerJudgement,
): Expected {
  switch (judged.kind) {
    case "refused":
      return refuse("UselessAnswer", judged.seq, judged.lowest);
    case "counts": {
      const remaining = { ...phase.remaining, answered: terms.locksOf(call.state) };
      const what = [phase.record.answered.seq > 0 ? "answered again" : "answered"];
      return {
        kind: "done",
        what,
        state: { ...state, phase: { ...phase, record: judged.record, remaining } },
      };
    }
    case "convicted": {
      const { closer, deposits } = phase.record;
      const total = deposits.A + deposits.B;
      const asked = call.tower === null || call.tower.address === ZERO_ADDRESS ? 0n : call.tower.reward;
      // [CL-6]: at most 1 % of the total.
      const reward = asked > total / 100n ? total / 100n : asked;
      const spoils = total - reward;
      const paid = closer === "A" ? { A: 0n, B: spoils } : { A: spoils, B: 0n };
      const what = [reward === 0n ? "convicted" : "convicted with a reward"];
      return { kind: "done", what, state: ended(state, { ...paid, tower: reward }) };
    }
  }
}

function judgeCooperating(
  terms: TwinTerms,
  state: TwinState,
  call: Extract<ChannelCall, { kind: "cooperate" }>,
  now: number,
): Expected {
  const { crypto, domain } = terms;
  const { transfer, validUntil } = call;
  const isClosing = call.how === "closing";
  const phase = inPhase<"open" | "closing">(state, call, isClosing ? "closing" : "open");
  if (phase.kind === "refused") return phase;
  if (phase.kind === "closing") {
    const given = recordHash(crypto, call.record);
    if (given !== recordHash(crypto, phase.record)) return refuse("StaleRecord", given);
    const { A, B } = phase.record.paid;
    if (A + B > 0n) return refuse("AlreadyPaying", A, B);
  }
  const side = sideOfRole(call.by);
  if (call.how !== "for" && side === null) return notParticipant(terms, call.by);
  if (now > validUntil) return refuse("SignatureExpired", validUntil, now);
  const digest = cooperativeCloseDigest(crypto, domain, {
    channel: channelOf(terms, call.life),
    transfer,
    validUntil,
  });
  const signing = side === null || call.how === "for" ? (["A", "B"] as const) : [otherSide(side)];
  for (const by of signing) {
    const wrong = refusalOfSigner(terms, by, digest, call.signatures[by]);
    if (wrong !== null) return wrong;
  }
  const { A, B } = phase.kind === "open" ? phase.deposits : phase.record.deposits;
  if (A < transfer || B + transfer < 0n) return refuse("BadTransfer", A - transfer, B + transfer);
  const what = [isClosing ? "closed together while closing" : "closed together"];
  return { kind: "done", what, state: ended(state, { A: A - transfer, B: B + transfer, tower: 0n }) };
}
