import type { PaymentHash } from "../types.ts";
import { nodesOf, planParts, sendParts } from "./attempts.ts";
import { avoidAfter, type Blame, blameOf, learnFromFailure, type Why } from "./blame.ts";
import { termsOf } from "./goals.ts";
import type { Attempt, Part, Reason } from "./state.ts";
import { notify, type Work } from "./work.ts";

/** Parts of one payment that may come back; then nothing more is tried. */
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
  rent_too_low:
    "a hop asks for more rent than its last policy said, or the one before it passed on less; pay again when a new " +
    "policy has arrived",
  share_full: "the neighbour before a hop has as much under way there as one may; pay again later",
  garbled_failure: "the payment came back, but the reason did not arrive whole; pay again",
  parts_missing: "other parts did not reach the payee in time; pay again later, or a smaller amount",
  no_spontaneous: "the payee takes no payments without an invoice; ask it for one",
  cancelled: "the payee gave the payment back; ask it why, or for a new invoice",
  expired: "no hop answered before the lock expired; the money is free again, pay again later",
};

/** A part of a payment of ours is gone for good: other ways are tried, without what refused it, or nothing more is. */
export function endPart(work: Work, hash: PaymentHash, number: number, why: Why): void {
  const attempt = work.state.attempts.get(hash);
  const part = attempt?.parts.find((one) => one.number === number);
  if (attempt === undefined || part === undefined) return;
  const blame = blameOf(work, part, why);
  learnFromFailure(work, part.hops, blame);
  const rest: Attempt = {
    ...attempt,
    failures: attempt.failures + 1,
    rent: attempt.rent + part.rent,
    parts: attempt.parts.filter((one) => one !== part),
  };
  put(work, hash, rest);
  if (rest.givenUp === null && (blame.isFinal || !tryAgain(work, hash, rest, part, blame)))
    put(work, hash, { ...rest, givenUp: reasonOf(blame) });
  failIfOver(work, hash);
}

function reasonOf({ code, at, asked }: Blame): Reason {
  return { code, at, ...(asked === undefined ? {} : { asked }) };
}

function put(work: Work, hash: PaymentHash, attempt: Attempt): void {
  work.state = { ...work.state, attempts: work.state.attempts.with(hash, attempt) };
}

/** A hop that took new instructions for old ones may remember more than we do: it is asked again with new keys, once. */
function tryAgain(work: Work, hash: PaymentHash, attempt: Attempt, part: Part, blame: Blame): boolean {
  const payment = work.state.payments.get(hash);
  if (payment?.status !== "pending" || attempt.failures >= MAX_ATTEMPTS) return false;
  const terms = termsOf(work, attempt.goal, payment.amount);
  if (
    terms === null ||
    work.state.isViewStale ||
    (terms.expiry !== null && work.state.head.time >= terms.expiry)
  )
    return false;
  const asksForKeys = blame.code === "replayed" && !attempt.hasNewKeys;
  const avoid = asksForKeys ? attempt.avoid : avoidAfter(work, attempt.avoid, part.hops, blame);
  const next: Attempt = { ...attempt, hasNewKeys: attempt.hasNewKeys || asksForKeys, avoid };
  const found = planParts(work, terms, next);
  if (found.kind !== "found") return false;
  for (const added of sendParts(work, terms, next, found.parts)) {
    const locked = added.hops[0]?.amount ?? 0n;
    notify(work, { kind: "paymentRetried", hash, route: nodesOf(work, added), locked });
  }
  return true;
}

/** A payment that nothing more is tried for has failed when nobody can win a part of it any more. */
function failIfOver(work: Work, hash: PaymentHash): void {
  const attempt = work.state.attempts.get(hash);
  const payment = work.state.payments.get(hash);
  if (attempt === undefined || attempt.givenUp === null || attempt.parts.length > 0) return;
  if (payment?.status !== "pending") return;
  const { payments, attempts } = work.state;
  work.state = {
    ...work.state,
    payments: payments.with(hash, { ...payment, rent: attempt.rent, status: "failed" }),
    attempts: attempts.without(hash),
  };
  const { code, at, asked } = attempt.givenUp;
  const { rent } = attempt;
  const where = at.length === 0 ? "" : ` at ${at.join(" or ")}`;
  const price = asked === undefined ? "" : ` (${asked.slotFee} and ${asked.rentPpm} millionths a day asked)`;
  const lost = rent === 0n ? "" : `; ${rent} was paid to hops for holding it, and is not given back`;
  const message = `the payment of ${payment.amount} failed (${code})${where}: ${REASONS[code]}${price}${lost}`;
  notify(work, { kind: "paymentFailed", hash, code, at, rent, message });
}
