import { checkAmount } from "../checked.ts";
import type { Command } from "../inputs.ts";
import { encodeInvoice, type InvoiceFields } from "../invoice.ts";
import type { Refusal } from "../outputs.ts";
import type { Amount, PaymentHash } from "../types.ts";
import { learnSecret } from "./claims.ts";
import { canSettle, refuseAll } from "./gather.ts";
import { hashOf } from "./hash-of.ts";
import type { OwnInvoice } from "./state.ts";
import { notify, refuse, short, type Work } from "./work.ts";

type Named<K extends Command["kind"]> = Extract<Command, { kind: K }>;
type Kept = Pick<OwnInvoice, "secret" | "isHold">;

export function createInvoice(work: Work, index: number, command: Named<"createInvoice">): void {
  const hash = hashOf(work.ctx.crypto, command.secret);
  const { claimTime } = work.state.config;
  create(work, index, { ...command, hash, claimTime }, { secret: command.secret, isHold: false });
}

/** The claimTime that it asks for leaves the payer's locks so long that they can be held [PART-6]. */
export function createHoldInvoice(work: Work, index: number, command: Named<"createHoldInvoice">): void {
  const { claimTime } = work.state.config;
  const { hash, secret, holdSeconds } = command;
  if (secret !== null && hashOf(work.ctx.crypto, secret) !== hash) {
    const message = `no invoice was made: the secret does not hash to ${short(hash)}; give the one that does`;
    return refuse(work, index, { code: "wrong_secret", message });
  }
  const asked = Math.max(claimTime, Math.ceil((holdSeconds + 2 * claimTime) / 3));
  create(work, index, { ...command, claimTime: asked }, { secret, isHold: true });
}

interface Order extends Omit<InvoiceFields, "chainId" | "contract" | "created" | "expiry"> {
  readonly validSeconds: number;
}

function create(work: Work, index: number, order: Order, kept: Kept): void {
  const { crypto, signer, domain } = work.ctx;
  const { hash, paymentSecret, amount, token, validSeconds, description, claimTime } = order;
  const refused = whyNotInvoice(work, hash, amount);
  if (refused !== null) return refuse(work, index, refused);
  const created = work.state.head.time;
  const expiry = created + validSeconds;
  const fields = { ...domain, token, amount, hash, paymentSecret, created, expiry, claimTime, description };
  const encoded = encodeInvoice(crypto, signer, fields);
  if (!encoded.ok)
    return refuse(work, index, {
      code: "invoice_malformed",
      message: `no invoice was made: ${encoded.message}`,
    });
  const terms = { paymentSecret, amount, token, expiry };
  put(work, hash, { ...kept, ...terms, status: "open", received: 0n, text: null });
  notify(work, { kind: "invoiceCreated", index, hash, text: encoded.text });
}

function put(work: Work, hash: PaymentHash, invoice: OwnInvoice): void {
  work.state = { ...work.state, invoices: work.state.invoices.with(hash, invoice) };
}

function whyNotInvoice({ state }: Work, hash: PaymentHash, amount: Amount): Refusal | null {
  const checked = checkAmount(amount);
  if (!checked.ok) return { code: "bad_amount", message: `no invoice was made: ${checked.problem}` };
  if (!state.invoices.has(hash) && !state.recorded.has(hash) && !state.locks.has(hash)) return null;
  const message = `no invoice was made: the secret of ${short(hash)} was used before; choose a new random one`;
  return { code: "invoice_duplicate", message };
}

/** Releases the witness of what is held, all parts at once. */
export function settleInvoice(work: Work, index: number, command: Named<"settleInvoice">): void {
  const { hash } = command;
  const invoice = work.state.invoices.get(hash);
  const secret = command.secret ?? invoice?.secret ?? null;
  const not = (code: Refusal["code"], why: string): void =>
    refuse(work, index, { code, message: `nothing was settled: ${why}` });
  if (invoice === undefined)
    return not("unknown_invoice", `this node has no invoice ${short(hash)}; list the invoices`);
  if (invoice.status !== "held")
    return not("invoice_not_held", `invoice ${short(hash)} is ${invoice.status}; wait for invoice_held`);
  if (secret === null || hashOf(work.ctx.crypto, secret) !== hash)
    return not("wrong_secret", `the secret does not hash to ${short(hash)}; give the one that does`);
  if (!canSettle(work, hash, invoice.amount))
    return not(
      "invoice_ended",
      `what was held for ${short(hash)} goes back, its time is over; ask for it anew`,
    );
  learnSecret(work, hash, secret, "own");
}

/** Gives back what is held; nothing is taken any more. */
export function cancelInvoice(work: Work, index: number, { hash }: Named<"cancelInvoice">): void {
  const invoice = work.state.invoices.get(hash);
  const not = (code: Refusal["code"], why: string): void =>
    refuse(work, index, { code, message: `nothing was cancelled: ${why}` });
  if (invoice === undefined)
    return not("unknown_invoice", `this node has no invoice ${short(hash)}; list the invoices`);
  if (invoice.status !== "open" && invoice.status !== "held")
    return not("invoice_ended", `invoice ${short(hash)} is ${invoice.status} already`);
  put(work, hash, { ...invoice, status: "cancelled" });
  refuseAll(work, hash, "cancelled");
  notify(work, { kind: "invoiceCancelled", hash, by: "owner" });
}
