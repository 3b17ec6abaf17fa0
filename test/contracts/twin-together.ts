import { cooperativeCloseDigest, resizeDigest } from "../../src/protocol/eip712.ts";
import { otherSide } from "../../src/protocol/identity.ts";
import type { Deposits, Digest } from "../../src/protocol/types.ts";
import type { ChannelCall } from "./channel-calls.ts";
import {
  channelOf,
  ended,
  type Expected,
  inPhase,
  notParticipant,
  pay,
  recordHash,
  type Refused,
  refusalOfSigner,
  refuse,
  sideOfRole,
  type TwinState,
  type TwinTerms,
} from "./twin-state.ts";

type Together = Extract<ChannelCall, { kind: "cooperate" | "resize" }>;

/** A net deposit and a change of it fit 96 bits with their sign. */
const MOST = (1n << 95n) - 1n;

function fits(amount: bigint): boolean {
  return amount <= MOST && amount >= -MOST - 1n;
}

export function judgeResizing(
  terms: TwinTerms,
  state: TwinState,
  call: Extract<ChannelCall, { kind: "resize" }>,
  now: number,
): Expected {
  const { crypto, domain } = terms;
  const phase = inPhase(state, call, "open");
  if (phase.kind === "refused") return phase;
  const { changeA, changeB, validUntil } = call;
  if (call.how === "alone" && sideOfRole(call.by) === null) return notParticipant(terms, call.by);
  if (now > validUntil) return refuse("SignatureExpired", validUntil, now);
  const message = {
    channel: channelOf(terms, call.life),
    count: phase.resizes,
    changeA,
    changeB,
    validUntil,
  };
  const wrong = refusalOfSigners(terms, call, resizeDigest(crypto, domain, message));
  if (wrong !== null) return wrong;
  const { A, B } = phase.deposits;
  const deposits = { A: A + changeA, B: B + changeB };
  const isSound =
    [changeA, changeB, deposits.A, deposits.B].every(fits) &&
    changeA + changeB <= 0n &&
    deposits.A + deposits.B >= 0n;
  if (!isSound) return refuse("BadResize", A, B, changeA, changeB);
  const out = { A: takenOut(changeA, changeB), B: takenOut(changeB, changeA), tower: 0n };
  const resized = { ...pay(state, out), phase: { ...phase, deposits, resizes: phase.resizes + 1 } };
  return { kind: "done", what: ["resized"], state: resized };
}

/** A side's fall first covers the other's rise; the rest is paid to its owner. */
function takenOut(change: bigint, otherChange: bigint): bigint {
  const covered = otherChange > 0n ? otherChange : 0n;
  return change < 0n ? -change - covered : 0n;
}

function refusalOfSigners(terms: TwinTerms, call: Together, digest: Digest): Refused | null {
  const side = sideOfRole(call.by);
  const signing = side === null || isByBoth(call) ? (["A", "B"] as const) : [otherSide(side)];
  for (const by of signing) {
    const wrong = refusalOfSigner(terms, by, digest, call.signatures[by]);
    if (wrong !== null) return wrong;
  }
  return null;
}

type CooperateCall = Extract<ChannelCall, { kind: "cooperate" }>;

export function judgeCooperating(
  terms: TwinTerms,
  state: TwinState,
  call: CooperateCall,
  now: number,
): Expected {
  const isClosing = call.how === "closing" || call.how === "closingFor";
  const deposits = isClosing
    ? (refusalOfMessage(terms, call, now) ?? depositsOfClosing(terms, state, call))
    : depositsOfOpen(terms, state, call, now);
  if ("kind" in deposits) return deposits;
  const { A, B } = deposits;
  const { transfer } = call;
  if (A < transfer || B + transfer < 0n) return refuse("BadTransfer", A - transfer, B + transfer);
  const what = [isClosing ? "closed together while closing" : "closed together"];
  if (call.how === "closingFor") what.push("closed together while closing, by anybody");
  return { kind: "done", what, state: ended(state, { A: A - transfer, B: B + transfer, tower: 0n }) };
}

function depositsOfOpen(
  terms: TwinTerms,
  state: TwinState,
  call: CooperateCall,
  now: number,
): Deposits | Refused {
  const phase = inPhase(state, call, "open");
  if (phase.kind === "refused") return phase;
  if (call.how === "alone" && sideOfRole(call.by) === null) return notParticipant(terms, call.by);
  return refusalOfMessage(terms, call, now) ?? phase.deposits;
}

function depositsOfClosing(terms: TwinTerms, state: TwinState, call: CooperateCall): Deposits | Refused {
  const phase = inPhase(state, call, "closing");
  if (phase.kind === "refused") return phase;
  const given = recordHash(terms.crypto, call.record);
  if (given !== recordHash(terms.crypto, phase.record)) return refuse("StaleRecord", given);
  const { A, B } = phase.record.paid;
  return A + B > 0n ? refuse("AlreadyPaying", A, B) : phase.record.deposits;
}

function refusalOfMessage(terms: TwinTerms, call: CooperateCall, now: number): Refused | null {
  const { crypto, domain } = terms;
  const { transfer, validUntil, life, by } = call;
  if (now > validUntil) return refuse("SignatureExpired", validUntil, now);
  if (!isByBoth(call) && sideOfRole(by) === null) return notParticipant(terms, by);
  const message = { channel: channelOf(terms, life), transfer, validUntil };
  return refusalOfSigners(terms, call, cooperativeCloseDigest(crypto, domain, message));
}

function isByBoth({ how }: Together): boolean {
  return how === "for" || how === "closingFor";
}
