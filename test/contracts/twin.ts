import { ZERO_ADDRESS } from "../../src/protocol/checked.ts";
import { answerDigest, laneDigest } from "../../src/protocol/eip712.ts";
import { otherSide } from "../../src/protocol/identity.ts";
import { type AnswerJudgement, judgeAnswer } from "../../src/protocol/judgement.ts";
import { bodyOf } from "../../src/protocol/locks.ts";
import type { ChannelCall } from "./channel-calls.ts";
import { judgeRecordingChain } from "./twin-chain.ts";
import { judgeClosing } from "./twin-close.ts";
import { judgeSettling } from "./twin-settle.ts";
import {
  channelOf,
  type ClosingPhase,
  ended,
  type Expected,
  inPhase,
  notParticipant,
  PHASES,
  recordHash,
  refusalOfSigner,
  refuse,
  sideOfRole,
  type TwinState,
  type TwinTerms,
} from "./twin-state.ts";
import { judgeCooperating, judgeResizing } from "./twin-together.ts";

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
    case "resize":
      return judgeResizing(terms, state, call, now);
    case "settle":
    case "record":
      return judgeSettling(terms, state, call, now);
    case "recordChain":
      return judgeRecordingChain(terms, state, call, now);
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
    phase: { kind: "open", deposits, resizes: phase.kind === "open" ? phase.resizes : 0 },
    balances: { ...balances, held },
  };
  return { kind: "done", what: [isDeposit ? "deposited" : "opened"], state: next };
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
