import type { FailCode } from "../onion/failure.ts";
import type { Opened } from "../onion/packet.ts";
import type { Amount, HashLock, LockId, PaymentHash, UnixSeconds } from "../types.ts";
import { giveBack, learnSecret } from "./claims.ts";
import { xorOf } from "./goals.ts";
import { hashOf } from "./hash-of.ts";
import type { Channel, Gathering } from "./state.ts";
import { isLive } from "./terms.ts";
import { addIncoming, heldParts, type HeldPart, notify, putIncoming, type Work } from "./work.ts";

/** How long parts wait for the others, from the first on; less if the claimTime is less [PART-3]. */
export const PART_WAIT_SECONDS = 60;
/** Parts of one payment that are held. */
export const MAX_HELD_PARTS = 32;
/** Payments without an invoice that wait for parts: anybody can begin one [PART-5]. */
export const MAX_UNASKED = 8;

interface NewPart {
  readonly id: LockId;
  readonly lock: HashLock;
}
type Delivery = Extract<Opened, { kind: "deliver" | "spontaneous" }>;

/** We are the payee: holds a part, and takes the payment if it is the last [PART-2]. What is refused is told, else null. */
export function holdPart(
  work: Work,
  channel: Channel,
  { id, lock }: NewPart,
  told: Delivery,
): FailCode | null {
  if (work.state.isViewStale) return "stale_view";
  const refused =
    told.kind === "deliver"
      ? whyNotInvoiced(work, channel, lock, told)
      : whyNotUnasked(work, channel, lock, told);
  if (refused !== null) return refused;
  const { hash } = lock;
  if (heldParts(work, hash).length >= MAX_HELD_PARTS) return "too_many_locks";
  const share = told.kind === "spontaneous" ? told.share : null;
  const gathering: Gathering = work.state.gatherings.get(hash) ?? {
    total: told.total,
    token: channel.params.token,
    since: work.state.head.time,
    text: told.kind === "spontaneous" ? told.text : null,
  };
  work.state = { ...work.state, gatherings: work.state.gatherings.with(hash, gathering) };
  addIncoming(work, channel.channel, { id, lock, key: told.key, fate: { kind: "held", share } });
  takeIfWhole(work, hash, gathering);
  return null;
}

function whyNotInvoiced(
  work: Work,
  { params }: Channel,
  { hash, expiry }: HashLock,
  { paymentSecret, total }: Extract<Delivery, { kind: "deliver" }>,
): FailCode | null {
  const { head, config, invoices } = work.state;
  const invoice = invoices.get(hash);
  if (invoice?.status !== "open" || invoice.paymentSecret !== paymentSecret) return "unknown_payment";
  if (params.token !== invoice.token || head.time >= invoice.expiry) return "unknown_payment";
  if (total !== invoice.amount) {
    refuseAll(work, hash, "wrong_amount");
    return "wrong_amount";
  }
  return expiry < head.time + (invoice.isHold ? 2 : 1) * config.claimTime ? "expiry_too_soon" : null;
}

function whyNotUnasked(
  work: Work,
  { params }: Channel,
  { hash, expiry }: HashLock,
  { total }: Extract<Delivery, { kind: "spontaneous" }>,
): FailCode | null {
  const { head, config, invoices, gatherings } = work.state;
  if (config.takesSpontaneous !== true) return "no_spontaneous";
  if (invoices.has(hash)) return "unknown_payment";
  const known = gatherings.get(hash);
  if (total < 1n) return "wrong_amount";
  // Others who saw the hash on their way could send this: it must not end what is held.
  if (known !== undefined && (known.total !== total || known.token !== params.token)) return "wrong_amount";
  if (expiry < head.time + config.claimTime) return "expiry_too_soon";
  const unasked = [...gatherings.values()].filter(({ text }) => text !== null).length;
  return known === undefined && unasked >= MAX_UNASKED ? "parts_missing" : null;
}

function takeIfWhole(work: Work, hash: PaymentHash, { total, text }: Gathering): void {
  const parts = heldParts(work, hash).filter((part) => isInLive(work, part));
  const sum = parts.reduce((all, { lock }) => all + lock.lock.amount, 0n);
  if (sum < total) return;
  const invoice = work.state.invoices.get(hash);
  if (text !== null) {
    const witness = xorOf(parts.map(({ share }) => share).filter((share) => share !== null));
    if (hashOf(work.ctx.crypto, witness) === hash) learnSecret(work, hash, witness, "own");
  } else if (invoice?.isHold === true) {
    const { invoices } = work.state;
    work.state = { ...work.state, invoices: invoices.with(hash, { ...invoice, status: "held" }) };
    notify(work, { kind: "invoiceHeld", hash, amount: sum, until: soonestEnd(work, hash) ?? 0 });
  } else {
    const secret = invoice?.secret ?? null;
    if (secret !== null) learnSecret(work, hash, secret, "own");
  }
}

function isInLive({ state }: Work, { channel }: HeldPart): boolean {
  const owner = state.channels.get(channel);
  return owner !== undefined && isLive(owner);
}

/** When what is held for the owner has to go back, so that nobody needs the chain; null if nothing is held. */
function soonestEnd(work: Work, hash: PaymentHash): UnixSeconds | null {
  const expiries = heldParts(work, hash).map(({ lock }) => lock.lock.expiry);
  return expiries.length === 0 ? null : Math.min(...expiries) - 2 * work.state.config.claimTime;
}

/** Whether the whole amount is still held, and for a while yet. */
export function canSettle(work: Work, hash: PaymentHash, amount: Amount): boolean {
  const end = soonestEnd(work, hash);
  const sum = heldParts(work, hash).reduce((all, { lock }) => all + lock.lock.amount, 0n);
  return end !== null && work.state.head.time < end && sum >= amount;
}

/** At each final block: what was held too long goes back [PART-3] [PART-6]. */
export function endGatherings(work: Work): void {
  for (const [hash, gathering] of [...work.state.gatherings.entries()]) {
    const invoice = work.state.invoices.get(hash);
    if (invoice?.status === "held") endHold(work, hash);
    else if (isLate(work, hash, gathering)) refuseAll(work, hash, "parts_missing");
  }
}

function endHold(work: Work, hash: PaymentHash): void {
  const invoice = work.state.invoices.get(hash);
  if (invoice === undefined || canSettle(work, hash, invoice.amount)) return;
  const { invoices } = work.state;
  work.state = { ...work.state, invoices: invoices.with(hash, { ...invoice, status: "cancelled" }) };
  refuseAll(work, hash, "cancelled");
  notify(work, { kind: "invoiceCancelled", hash, by: "time" });
}

/** Nobody waits longer, and every part that is released leaves us a claimTime. */
function isLate(work: Work, hash: PaymentHash, { since }: Gathering): boolean {
  const { head, config } = work.state;
  const parts = heldParts(work, hash);
  if (parts.length === 0 || head.time >= since + Math.min(PART_WAIT_SECONDS, config.claimTime)) return true;
  return parts.some(({ lock }) => lock.lock.expiry < head.time + config.claimTime);
}

/** Gives back every part that is held. */
export function refuseAll(work: Work, hash: PaymentHash, code: FailCode): void {
  const parts = heldParts(work, hash);
  work.state = { ...work.state, gatherings: work.state.gatherings.without(hash) };
  for (const part of parts) {
    const { channel, lock } = part;
    if (isInLive(work, part)) giveBack(work, channel, lock, code);
    else putIncoming(work, channel, { ...lock, fate: { kind: "failed", failure: null } });
  }
}
