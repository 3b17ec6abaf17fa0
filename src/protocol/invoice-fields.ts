import { fromHex, readUint, toHex, writeUint } from "./bytes.ts";
import { isZeroWord, MAX_UINT40, MAX_UINT96 } from "./checked.ts";
import { readShownText, writeShownText } from "./shown-text.ts";
import type { Address, Amount, PaymentHash, Secret, UnixSeconds } from "./types.ts";
import { WireReader } from "./wire-reader.ts";
import { WireWriter } from "./wire-writer.ts";

/** What an invoice says, apart from its payee. */
export interface InvoiceFields {
  readonly chainId: bigint;
  readonly contract: Address;
  /** The zero address is ETH. */
  readonly token: Address;
  readonly amount: Amount;
  readonly hash: PaymentHash;
  /** Shown to the payee by the payer, so that nobody else on the route can ask for the payment. */
  readonly paymentSecret: Secret;
  readonly created: UnixSeconds;
  /** From this time on it must not be paid. */
  readonly expiry: UnixSeconds;
  /** Seconds that the payee wants for getting a record on chain [HOP-3]. */
  readonly claimTime: number;
  readonly description: string;
}

/** A request for one payment, signed by the payee. */
export interface Invoice extends InvoiceFields {
  readonly payee: Address;
}

export type InvoiceProblem =
  | "too_long"
  | "not_bech32m"
  | "wrong_prefix"
  | "unknown_version"
  | "truncated"
  | "fields_not_growing"
  | "unknown_field"
  | "missing_field"
  | "bad_field"
  | "bad_description"
  | "wrong_signature";

export type DecodedInvoice =
  | { readonly ok: true; readonly invoice: Invoice }
  | { readonly ok: false; readonly problem: InvoiceProblem; readonly message: string };

export function refuse(problem: InvoiceProblem, message: string): Extract<DecodedInvoice, { ok: false }> {
  return { ok: false, problem, message };
}

/** Longest description in bytes of UTF-8. */
export const MAX_DESCRIPTION_BYTES = 256;

const VERSION = 1;
/** Number and width of the fields. A reader refuses even numbers that it does not know and skips odd ones. */
const FIELDS = {
  chainId: [2, 8],
  contract: [4, 20],
  token: [6, 20],
  amount: [8, 16],
  hash: [10, 32],
  paymentSecret: [12, 32],
  payee: [14, 20],
  created: [16, 5],
  expiry: [18, 5],
  claimTime: [20, 4],
} as const;
const DESCRIPTION = 21;

type FieldName = keyof typeof FIELDS;
type Refused = Extract<DecodedInvoice, { ok: false }>;

const NAMES = Object.keys(FIELDS) as FieldName[];
const KNOWN: ReadonlySet<number> = new Set([...NAMES.map((name) => FIELDS[name][0]), DESCRIPTION]);
const MAX_CLAIM_TIME = 0xffffffff;
const MAX_CHAIN_ID = (1n << 64n) - 1n;

/** Version byte, then type, length, value in growing order of types. */
export function writeFields(invoice: Invoice): Uint8Array | Refused {
  const problem = checkValues(invoice);
  if (problem !== null) return problem;
  const description = readDescription(invoice.description);
  if (!(description instanceof Uint8Array)) return description;
  const to = new WireWriter();
  to.uint(1, VERSION);
  for (const name of NAMES) writeField(to, FIELDS[name][0], bytesOf(invoice[name], FIELDS[name][1]));
  if (description.length > 0) writeField(to, DESCRIPTION, description);
  return to.finish();
}

function bytesOf(value: Invoice[FieldName], width: number): Uint8Array {
  if (typeof value === "string") return fromHex(value);
  const bytes = new Uint8Array(width);
  writeUint(bytes, 0, width, value);
  return bytes;
}

function writeField(to: WireWriter, type: number, value: Uint8Array): void {
  to.uint(1, type);
  to.uint(2, value.length);
  to.bytes(value);
}

/** The unsigned part of an invoice, back to its fields. */
export function readFields(data: Uint8Array): DecodedInvoice {
  const records = readRecords(data);
  if ("ok" in records) return records;
  for (const name of NAMES) {
    const [type, width] = FIELDS[name];
    const value = records.get(type);
    if (value === undefined) return refuse("missing_field", `the invoice has no ${name} (field ${type})`);
    if (value.length !== width) {
      return refuse("bad_field", `${name} (field ${type}) must have ${width} bytes; given: ${value.length}`);
    }
  }
  const description = textOf(records.get(DESCRIPTION) ?? new Uint8Array(0));
  if (typeof description !== "string") return description;
  const invoice = { ...fixedFields(records), description };
  return checkValues(invoice) ?? { ok: true, invoice };
}

function readRecords(data: Uint8Array): ReadonlyMap<number, Uint8Array> | Refused {
  const from = new WireReader(data);
  const version = from.number(1, "version");
  if (version !== VERSION) {
    return refuse("unknown_version", `version of an invoice must be ${VERSION}; given: ${version}`);
  }
  const records = new Map<number, Uint8Array>();
  let last = -1;
  while (from.left > 0) {
    const type = from.number(1, "type of a field");
    const value = from.variable(2, data.length, `field ${type}`);
    if (from.error !== null) return refuse("truncated", from.error.message);
    if (type <= last) return refuse("fields_not_growing", `field ${type} follows field ${last}`);
    if (type % 2 === 0 && !KNOWN.has(type)) {
      return refuse("unknown_field", `the invoice asks for something newer than this program: field ${type}`);
    }
    records.set(type, value);
    last = type;
  }
  return records;
}

function fixedFields(records: ReadonlyMap<number, Uint8Array>): Omit<Invoice, "description"> {
  const bytes = (name: FieldName): Uint8Array => records.get(FIELDS[name][0]) ?? new Uint8Array(0);
  const uint = (name: FieldName): bigint => readUint(bytes(name), 0, FIELDS[name][1]);
  return {
    chainId: uint("chainId"),
    contract: toHex<Address>(bytes("contract"), 20),
    token: toHex<Address>(bytes("token"), 20),
    amount: uint("amount"),
    hash: toHex<PaymentHash>(bytes("hash"), 32),
    paymentSecret: toHex<Secret>(bytes("paymentSecret"), 32),
    payee: toHex<Address>(bytes("payee"), 20),
    created: Number(uint("created")),
    expiry: Number(uint("expiry")),
    claimTime: Number(uint("claimTime")),
  };
}

function checkValues({
  chainId,
  amount,
  created,
  expiry,
  claimTime,
  contract,
}: Omit<Invoice, "description">): Refused | null {
  if (chainId < 1n || chainId > MAX_CHAIN_ID) {
    return refuse("bad_field", `chainId must be from 1 to ${MAX_CHAIN_ID}; given: ${chainId}`);
  }
  if (amount < 1n || amount > MAX_UINT96) {
    return refuse("bad_field", `amount must be from 1 to ${MAX_UINT96} (2^96 - 1); given: ${amount}`);
  }
  if (isZeroAddress(contract)) return refuse("bad_field", "contract must not be the zero address");
  if (!isTime(created) || !isTime(expiry) || expiry <= created) {
    return refuse(
      "bad_field",
      `expiry must be later than created; given: created ${created}, expiry ${expiry}`,
    );
  }
  if (!Number.isSafeInteger(claimTime) || claimTime < 1 || claimTime > MAX_CLAIM_TIME) {
    return refuse("bad_field", `claimTime must be from 1 to ${MAX_CLAIM_TIME} seconds; given: ${claimTime}`);
  }
  return null;
}

function isTime(time: number): boolean {
  return Number.isSafeInteger(time) && time >= 0 && time <= MAX_UINT40;
}

function isZeroAddress(address: Address): boolean {
  const word = new Uint8Array(32);
  word.set(fromHex(address), 12);
  return isZeroWord(word);
}

function readDescription(text: string): Uint8Array | Refused {
  const bytes = writeShownText(text);
  if (!bytes.ok) return refuse("bad_description", `the description ${bytes.problem}`);
  const { length } = bytes.value;
  return length > MAX_DESCRIPTION_BYTES ? tooLong(length) : bytes.value;
}

function textOf(bytes: Uint8Array): string | Refused {
  if (bytes.length > MAX_DESCRIPTION_BYTES) return tooLong(bytes.length);
  const text = readShownText(bytes);
  return text.ok ? text.value : refuse("bad_description", `the description ${text.problem}`);
}

function tooLong(length: number): Refused {
  const message = `a description has at most ${MAX_DESCRIPTION_BYTES} bytes; given: ${length}`;
  return refuse("bad_description", message);
}
