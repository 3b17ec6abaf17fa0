import { decodeInvoice } from "../invoice.ts";
import type { FailCode } from "../onion/failure.ts";
import type { PaymentHash } from "../types.ts";
import { type Blame, blameFor, routeTo, sendAttempt } from "./attempts.ts";
import type { Attempt } from "./state.ts";
import { notify, type Work } from "./work.ts";

/** Why a lock came to nothing: what a node said that had it after us, or what we know ourselves. */
export type Why = { readonly failure: Uint8Array | null } | FailCode | "expired";

const REASONS: Readonly<Record<Blame["code"], string>> = {
  unknown_payment: "the payee does not know this payment; ask it for a new invoice",
  wrong_amount: "the payee asked for another amount; ask it for a new invoice",
  expiry_too_soon: "too little time was left at one of the hops; pay again",
  fee_too_low:
    "a hop asks for a higher fee than its last policy said; pay again when the new one has arrived",
  no_capacity:
    "a hop has too little balance in the channel to the next; pay again later, or a smaller amount",
  peer_offline: "the next node after one of the hops is not connected; pay again later",
  unknown_channel: "a hop no longer has the channel to the next; pay again when its closing has been seen",
  bad_packet: "a hop does not know what it was told to do; update this node",
  policy: "a hop does not forward such an amount; pay again when its new policy has arrived",
  too_many_locks: "a hop has too many payments under way; pay again later",
  replayed: "a hop took the instructions for a copy of older ones, twice; pay again later",
  next_unreadable:
    "instructions did not reach a node as this one had written them; pay again when another route is known",
  garbled_failure: "the payment came back, but the reason did not arrive whole; pay again",
  expired: "no hop answered before the lock expired; the money is free again, pay again later",
};

/** Our lock for the payment is gone: it failed, unless only its route keys were refused. */
export function endAttempt(work: Work, hash: PaymentHash, why: Why): void {
  const attempt = work.state.attempts.get(hash);
  if (attempt === undefined) return;
  const blame = blameOf(work, attempt, why);
  if (blame.code === "replayed" && !attempt.isSecond && trySecond(work, hash, attempt)) return;
  failPayment(work, hash, blame);
}

function blameOf(work: Work, attempt: Attempt, why: Why): Blame {
  if (why === "expired") return { code: why, at: [] };
  if (typeof why === "string") return { code: why, at: [work.state.config.self] };
  return blameFor(work, attempt, why.failure);
}

/** A hop remembers a later packet than we do, as after a restart from an old copy: new keys are another beginning. */
function trySecond(work: Work, hash: PaymentHash, attempt: Attempt): boolean {
  const payment = work.state.payments.get(hash);
  const decoded = decodeInvoice(work.ctx.crypto, attempt.text);
  if (payment?.status !== "pending" || !decoded.ok) return false;
  const { invoice } = decoded;
  const found = routeTo(work, invoice, attempt.maxFee);
  if (found.kind !== "found" || work.state.head.time >= invoice.expiry) return false;
  const { fee, hops } = found.route;
  work.state = { ...work.state, payments: work.state.payments.with(hash, { ...payment, fee }) };
  sendAttempt(work, { ...attempt, isSecond: true }, invoice, found.route);
  const route = [work.state.config.self, ...hops.map(({ to }) => to)];
  notify(work, { kind: "paymentRetried", hash, route, locked: hops[0]?.amount ?? 0n });
  return true;
}

export function failPayment(work: Work, hash: PaymentHash, { code, at }: Blame): void {
  const payment = work.state.payments.get(hash);
  if (payment?.status !== "pending") return;
  const { payments, attempts } = work.state;
  work.state = {
    ...work.state,
    payments: payments.with(hash, { ...payment, status: "failed" }),
    attempts: attempts.without(hash),
  };
  const where = at.length === 0 ? "" : ` at ${at.join(" or ")}`;
  const message = `the payment of ${payment.amount} failed (${code})${where}: ${REASONS[code]}`;
  notify(work, { kind: "paymentFailed", hash, code, at, message });
}
