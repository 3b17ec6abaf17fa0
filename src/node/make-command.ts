import { createHash, randomBytes } from "node:crypto";
import { fromHex, toHex } from "../protocol/bytes.ts";
import { ZERO_ADDRESS } from "../protocol/checked.ts";
import type { Command } from "../protocol/inputs.ts";
import type { Address, Amount, Hex, NodeId, PaymentHash, Secret, Seed } from "../protocol/types.ts";

const INVOICE_SECONDS = 3600;

export interface InvoiceRequest {
  readonly amount: Amount;
  /** ETH if left out. */
  readonly token?: Address;
  readonly description?: string;
  /** An hour if left out. */
  readonly validSeconds?: number;
  /** Its payment waits for `settleInvoice`; `hash`: of a secret that is known elsewhere. */
  readonly hold?: { readonly seconds: number; readonly hash?: PaymentHash };
}

export interface SpontaneousRequest {
  readonly payee: NodeId;
  readonly amount: Amount;
  /** ETH if left out. */
  readonly token?: Address;
  /** For the payee. */
  readonly text?: string;
  /** For all hops and parts together. */
  readonly maxFee: Amount;
  /** Random; by its hash the payment is known. Made here if left out. */
  readonly witness?: Secret;
}

/** Commands bring their own randomness: the core has none. */
export function invoiceCommand(request: InvoiceRequest): Command {
  const { amount, token = ZERO_ADDRESS, description = "", validSeconds = INVOICE_SECONDS, hold } = request;
  const paymentSecret = randomWord<Secret>();
  const terms = { paymentSecret, amount, token, description, validSeconds };
  const secret = randomWord<Secret>();
  if (hold === undefined) return { kind: "createInvoice", ...terms, secret };
  const known =
    hold.hash === undefined ? { secret, hash: hashOf(secret) } : { secret: null, hash: hold.hash };
  return { kind: "createHoldInvoice", ...terms, ...known, holdSeconds: hold.seconds };
}

export function spontaneousCommand(request: SpontaneousRequest): Command {
  const { payee, amount, token = ZERO_ADDRESS, text = "", maxFee } = request;
  const { witness = randomWord<Secret>() } = request;
  return { kind: "paySpontaneously", payee, amount, token, text, maxFee, witness, seed: randomWord<Seed>() };
}

function hashOf(secret: Secret): PaymentHash {
  return toHex<PaymentHash>(createHash("sha256").update(fromHex(secret)).digest(), 32);
}

// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- names the brand
export function randomWord<T extends Hex>(): T {
  return toHex<T>(randomBytes(32), 32);
}
