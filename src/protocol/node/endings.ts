import { decodeInvoice } from "../invoice.ts";
import type { PaymentHash } from "../types.ts";
import { routeTo, sendAttempt } from "./attempts.ts";
import { avoidAfter, type Blame, blameOf, learnFromFailure, type Why } from "./blame.ts";
import type { Attempt } from "./state.ts";
import { notify, type Work } from "./work.ts";

/** Routes that one payment tries. */
export const MAX_ATTEMPTS = 10;

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
  stale_view: "a hop cannot see whether the chain goes on; pay again later",
  garbled_failure: "the payment came back, but the reason did not arrive whole; pay again",
  expired: "no hop answered before the lock expired; the money is free again, pay again later",
};

/** Our lock for the payment is gone: another route is tried, without what refused it, or the payment failed. */
export function endAttempt(work: Work, hash: PaymentHash, why: Why): void {
  const attempt = work.state.attempts.get(hash);
  if (attempt === undefined) return;
  const blame = blameOf(work, attempt, why);
  learnFromFailure(work, attempt.hops, blame);
  work.state = { ...work.state, attempts: work.state.attempts.without(hash) };
  if (blame.isFinal || !tryAgain(work, hash, attempt, blame)) failPayment(work, hash, blame);
}

/** A hop that took new instructions for old ones may remember more than we do: it is asked again with new keys, once. */
function tryAgain(work: Work, hash: PaymentHash, attempt: Attempt, blame: Blame): boolean {
  const payment = work.state.payments.get(hash);
  const decoded = decodeInvoice(work.ctx.crypto, attempt.text);
  if (payment?.status !== "pending" || !decoded.ok || attempt.number >= MAX_ATTEMPTS) return false;
  const { invoice } = decoded;
  if (work.state.head.time >= invoice.expiry || work.state.isViewStale) return false;
  const asksForKeys = blame.code === "replayed" && !attempt.hasNewKeys;
  const avoid = asksForKeys ? attempt.avoid : avoidAfter(attempt.avoid, attempt.hops, blame);
  const found = routeTo(work, invoice, attempt.maxFee, avoid);
  if (found.kind !== "found") return false;
  const { fee, hops } = found.route;
  work.state = { ...work.state, payments: work.state.payments.with(hash, { ...payment, fee }) };
  const { text, maxFee, seed, number } = attempt;
  const hasNewKeys = attempt.hasNewKeys || asksForKeys;
  sendAttempt(work, { text, maxFee, seed, number: number + 1, hasNewKeys, avoid }, invoice, found.route);
  const route = [work.state.config.self, ...hops.map(({ to }) => to)];
  notify(work, { kind: "paymentRetried", hash, route, locked: hops[0]?.amount ?? 0n });
  return true;
}

export function failPayment(work: Work, hash: PaymentHash, { code, at }: Pick<Blame, "code" | "at">): void {
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
