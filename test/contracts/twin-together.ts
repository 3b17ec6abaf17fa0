import { cooperativeCloseDigest, resizeDigest } from "../../src/protocol/eip712.ts";
import { otherSide } from "../../src/protocol/identity.ts";
import type { Digest } from "../../src/protocol/types.ts";
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
  const signing = side === null || call.how === "for" ? (["A", "B"] as const) : [otherSide(side)];
  for (const by of signing) {
    const wrong = refusalOfSigner(terms, by, digest, call.signatures[by]);
    if (wrong !== null) return wrong;
  }
  return null;
}

export function judgeCooperating(
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
  if (call.how !== "for" && sideOfRole(call.by) === null) return notParticipant(terms, call.by);
  if (now > validUntil) return refuse("SignatureExpired", validUntil, now);
  const digest = cooperativeCloseDigest(crypto, domain, {
    channel: channelOf(terms, call.life),
    transfer,
    validUntil,
  });
  const wrong = refusalOfSigners(terms, call, digest);
  if (wrong !== null) return wrong;
  const { A, B } = phase.kind === "open" ? phase.deposits : phase.record.deposits;
  if (A < transfer || B + transfer < 0n) return refuse("BadTransfer", A - transfer, B + transfer);
  const what = [isClosing ? "closed together while closing" : "closed together"];
  return { kind: "done", what, state: ended(state, { A: A - transfer, B: B + transfer, tower: 0n }) };
}
