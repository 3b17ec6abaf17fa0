import { failLock } from "../lane-held.ts";
import { enqueue } from "../lane-own.ts";
import { makeFailure, relayFailure } from "../onion/failure.ts";
import type { PaymentHash, Secret } from "../types.ts";
import type { ChannelId } from "../types.ts";
import { rentPaid } from "./attempts.ts";
import { learnFromSuccess, type Why } from "./blame.ts";
import { endPart } from "./endings.ts";
import type { Gathering, IncomingLock, OutgoingLock, OwnInvoice } from "./state.ts";
import { fateOf, isLive, knownSecret } from "./terms.ts";
import {
  heldParts,
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
  takeHeld(work, hash, secret);
  claimAll(work, hash);
}

/** What was held is ours: nobody can be kept from the witness any more. */
function takeHeld(work: Work, hash: PaymentHash, secret: Secret): void {
  const gathering = work.state.gatherings.get(hash);
  if (gathering === undefined) return;
  const parts = heldParts(work, hash);
  for (const { channel, lock } of parts) putIncoming(work, channel, { ...lock, fate: { kind: "delivered" } });
  const { gatherings, invoices } = work.state;
  const invoice = invoices.get(hash) ?? withoutInvoice(work, gathering, secret);
  if (!invoices.has(hash)) {
    const amount = parts.reduce((sum, { lock }) => sum + lock.lock.amount, 0n);
    const { token, text } = gathering;
    notify(work, { kind: "spontaneousReceived", hash, token, amount, text: text ?? "" });
  }
  work.state = {
    ...work.state,
    gatherings: gatherings.without(hash),
    invoices: invoices.with(hash, { ...invoice, secret, status: "claimed" }),
  };
}

/** What keeps the books of a payment that nobody asked for. */
function withoutInvoice({ state }: Work, { total, token, text }: Gathering, secret: Secret): OwnInvoice {
  const expiry = state.head.time;
  return {
    secret,
    paymentSecret: secret,
    amount: total,
    token,
    expiry,
    isHold: false,
    status: "claimed",
    received: 0n,
    text,
  };
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
  const known = knownSecret(work.state, terms);
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
  const { amount } = payment;
  const attempt = work.state.attempts.get(lock.hash) ?? { parts: [], rent: payment.rent };
  for (const { hops } of attempt.parts) learnFromSuccess(work, hops);
  const fee = attempt.parts.reduce((sum, part) => sum + part.fee, 0n);
  const rent = rentPaid(attempt);
  work.state = {
    ...work.state,
    payments: work.state.payments.with(lock.hash, { ...payment, fee, rent, status: "succeeded" }),
    attempts: work.state.attempts.without(lock.hash),
  };
  notify(work, { kind: "paymentSucceeded", hash: lock.hash, secret, amount, fee, rent });
}

/** Gives a lock back, unless it is known to be won [NODE-3]. */
export function giveBack(work: Work, id: ChannelId, lock: IncomingLock, why: Why): void {
  const channel = work.state.channels.get(id);
  if (channel === undefined || !isLive(channel) || lock.fate.kind === "failed") return;
  if (lock.fate.kind !== "forwarded" || !isWon(work, lock)) {
    const failure = failureFor(work, lock, why);
    updateChannel(work, id, (now) => ({ ...now, held: failLock(now.held, lock.id) }));
    putIncoming(work, id, { ...lock, fate: { kind: "failed", failure } });
    send(work, channel.peer, { kind: "fail", channel: id, id: lock.id, failure });
  }
}

function failureFor({ ctx: { crypto } }: Work, { key }: IncomingLock, why: Why): Uint8Array | null {
  if (key === null) return null;
  if (why === "expired") return makeFailure(crypto, key, "peer_offline");
  if (typeof why === "string") return makeFailure(crypto, key, why);
  if (why.failure === null) return makeFailure(crypto, key, "next_unreadable");
  return relayFailure(crypto, key, why.failure);
}

function isWon({ state }: Work, { lock }: IncomingLock): boolean {
  return knownSecret(state, lock) !== undefined && fateOf(state, lock) !== "dead";
}

/** A lock of ours is gone for good without being won: the money is ours again, and so it is for who paid us for it. */
export function endUnpaid(work: Work, id: ChannelId, out: OutgoingLock, why: Why): void {
  const { lock, origin } = out;
  removeOutgoing(work, id, out);
  const { hash, amount } = lock;
  notify(work, { kind: "lockLost", channel: id, direction: "out", hash, amount });
  if (origin.kind === "payment") {
    endPart(work, hash, origin.part, why);
    return;
  }
  const upstream = incomingLock(work, origin.channel, origin.id);
  if (upstream !== undefined) giveBack(work, origin.channel, upstream, why);
}
