import { failLock } from "../lane-held.ts";
import { enqueue } from "../lane-own.ts";
import type { FailCode } from "../messages.ts";
import type { PaymentHash, Secret } from "../types.ts";
import type { ChannelId } from "../types.ts";
import type { IncomingLock, OutgoingLock } from "./state.ts";
import { fateOf, isLive } from "./terms.ts";
import {
  incomingLock,
  notify,
  outgoingLock,
  putIncoming,
  refsOf,
  removeOutgoing,
  send,
  updateChannel,
  type Work,
} from "./work.ts";

/** A witness that came in time: asks every payer of such a lock for it at once, and pays what may be paid [NODE-3]. */
export function learnSecret(
  work: Work,
  hash: PaymentHash,
  secret: Secret,
  from: "peer" | "chain" | "own",
): void {
  if (!work.state.secrets.has(hash)) {
    work.state = { ...work.state, secrets: work.state.secrets.with(hash, { secret, list: null }) };
    if (from !== "own") notify(work, { kind: "secretLearned", hash, from });
  }
  claimAll(work, hash);
}

/** Does with a known witness all that is due now; asking again does no harm. */
export function claimAll(work: Work, hash: PaymentHash): void {
  for (const { channel, direction, id } of refsOf(work, hash)) {
    if (direction === "in") {
      const lock = incomingLock(work, channel, id);
      if (lock !== undefined) askForPayment(work, channel, lock);
    } else {
      const lock = outgoingLock(work, channel, id);
      if (lock !== undefined) payIfDue(work, channel, lock);
    }
  }
}

/** Shows the payer of a lock its witness. */
export function askForPayment(
  work: Work,
  id: ChannelId,
  { id: lock, lock: terms, fate }: IncomingLock,
): void {
  const channel = work.state.channels.get(id);
  const known = work.state.secrets.get(terms.hash);
  if (channel === undefined || known === undefined || fate.kind === "failed") return;
  if (!isLive(channel) || fateOf(work.state, terms) === "dead") return;
  send(work, channel.peer, { kind: "fulfil", channel: id, id: lock, secret: known.secret });
}

/** Pays a lock whose witness is known, if that is safe [HOP-2]. */
export function payIfDue(work: Work, id: ChannelId, out: OutgoingLock): void {
  const channel = work.state.channels.get(id);
  const known = work.state.secrets.get(out.lock.hash);
  if (channel === undefined || known === undefined) return;
  settlePayment(work, out, known.secret);
  if (!isLive(channel) || out.failed !== null || !mayPay(work, out)) return;
  updateChannel(work, id, (now) => ({ ...now, own: enqueue(now.own, { kind: "win", id: out.id }) }));
}

/** A payer owes from the moment that it knows the witness, and from a final record on even unasked [HOP-2]. */
function mayPay({ state }: Work, { lock, origin, asked }: OutgoingLock): boolean {
  const fate = fateOf(state, lock);
  if (fate === "recorded") return true;
  if (fate === "dead" || !asked) return false;
  if (origin.kind === "payment" || origin.paid) return true;
  return state.head.time + 2 * state.config.claimTime <= lock.expiry;
}

function settlePayment(work: Work, { lock, origin }: OutgoingLock, secret: Secret): void {
  const payment = work.state.payments.get(lock.hash);
  if (origin.kind !== "payment" || payment?.status !== "pending" || fateOf(work.state, lock) === "dead")
    return;
  const { amount, fee } = payment;
  const payments = work.state.payments.with(lock.hash, { ...payment, status: "succeeded" });
  work.state = { ...work.state, payments };
  notify(work, { kind: "paymentSucceeded", hash: lock.hash, secret, amount, fee });
}

/** Gives a lock back, unless it is known to be won [NODE-3]. */
function giveBack(work: Work, id: ChannelId, lock: IncomingLock, code: FailCode): void {
  const channel = work.state.channels.get(id);
  if (channel === undefined || !isLive(channel) || lock.fate.kind === "failed") return;
  if (lock.fate.kind !== "forwarded" || !isWon(work, lock)) {
    updateChannel(work, id, (now) => ({ ...now, held: failLock(now.held, lock.id) }));
    putIncoming(work, id, { ...lock, fate: { kind: "failed", code } });
    send(work, channel.peer, { kind: "fail", channel: id, id: lock.id, code });
  }
}

function isWon({ state }: Work, { lock }: IncomingLock): boolean {
  return state.secrets.has(lock.hash) && fateOf(state, lock) !== "dead";
}

const REASONS: Readonly<Record<FailCode | "expired", string>> = {
  unknown_payment: "the payee does not know this payment; ask it for a new invoice",
  wrong_amount: "the payee asked for another amount; ask it for a new invoice",
  expiry_too_soon: "too little time was left at one of the hops; pay again",
  fee_too_low:
    "a hop asks for a higher fee than its last policy said; pay again when the new one has arrived",
  no_capacity:
    "a hop has too little balance in the channel to the next; pay again later, or a smaller amount",
  peer_offline: "the next node after one of the hops is not connected; pay again later",
  unknown_channel: "a hop no longer has the channel to the next; pay again when its closing has been seen",
  bad_packet: "a hop could not read its instructions; update this node",
  policy: "a hop does not forward such an amount; pay again when its new policy has arrived",
  too_many_locks: "a hop has too many payments under way; pay again later",
  expired: "no hop answered before the lock expired; the money is free again, pay again later",
};

/** A lock of ours is gone for good without being won: the money is ours again, and so it is for who paid us for it. */
export function endUnpaid(work: Work, id: ChannelId, out: OutgoingLock, code: FailCode | "expired"): void {
  const { lock, origin } = out;
  removeOutgoing(work, id, out);
  const { hash, amount } = lock;
  notify(work, { kind: "lockLost", channel: id, direction: "out", hash, amount });
  if (origin.kind === "payment") {
    failPayment(work, hash, code);
    return;
  }
  const upstream = incomingLock(work, origin.channel, origin.id);
  if (upstream !== undefined)
    giveBack(work, origin.channel, upstream, code === "expired" ? "peer_offline" : code);
}

export function failPayment(work: Work, hash: PaymentHash, code: FailCode | "expired"): void {
  const payment = work.state.payments.get(hash);
  if (payment?.status !== "pending") return;
  work.state = { ...work.state, payments: work.state.payments.with(hash, { ...payment, status: "failed" }) };
  const message = `the payment of ${payment.amount} failed (${code}): ${REASONS[code]}`;
  notify(work, { kind: "paymentFailed", hash, code, message });
}
