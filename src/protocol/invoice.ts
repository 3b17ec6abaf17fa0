import { bech32m } from "@scure/base";
import { asciiBytes, concatBytes, fromHex, toHex } from "./bytes.ts";
import type { Crypto, Signer } from "./crypto.ts";
import {
  type DecodedInvoice,
  type Invoice,
  type InvoiceFields,
  readFields,
  refuse,
  writeFields,
} from "./invoice-fields.ts";
import type { Digest, Signature } from "./types.ts";

export type { DecodedInvoice, Invoice, InvoiceFields } from "./invoice-fields.ts";

/** Text of an invoice begins with this and the separator `1`. */
const INVOICE_PREFIX = "hl";
/** Longer texts are refused before they are looked at. */
export const MAX_INVOICE_TEXT = 4096;

const SIGNATURE_BYTES = 64;
/** So that what is signed here can be nothing else that this key signs: EIP-712 digests begin with 0x19. */
const CONTEXT = asciiBytes("Hashlane invoice\n");

function invoiceDigest(crypto: Crypto, data: Uint8Array): Digest {
  return toHex<Digest>(crypto.keccak256(concatBytes(CONTEXT, data)), 32);
}

/** Signs the fields as the payee. The same checks as in decoding: an invoice that nobody could read is not made. */
export function encodeInvoice(
  crypto: Crypto,
  signer: Signer,
  fields: InvoiceFields,
): { readonly ok: true; readonly text: string } | Extract<DecodedInvoice, { ok: false }> {
  const data = writeFields({ ...fields, payee: signer.address });
  if (!(data instanceof Uint8Array)) return data;
  const signature = fromHex(signer.sign(invoiceDigest(crypto, data)));
  const words = bech32m.toWords(concatBytes(data, signature));
  return { ok: true, text: bech32m.encode(INVOICE_PREFIX, words, false) };
}

/** An invoice with the public key of its payee. */
export type OpenedInvoice =
  | { readonly ok: true; readonly invoice: Invoice; readonly payeeKey: Uint8Array }
  | Extract<DecodedInvoice, { ok: false }>;

/** Reads and verifies a text that anybody may have written. Never throws. */
export function decodeInvoice(crypto: Crypto, text: string): DecodedInvoice {
  const opened = openInvoice(crypto, text);
  return opened.ok ? { ok: true, invoice: opened.invoice } : opened;
}

/** As {@link decodeInvoice}, for who pays it. */
export function openInvoice(crypto: Crypto, text: string): OpenedInvoice {
  const bytes = readText(text);
  if (!(bytes instanceof Uint8Array)) return bytes;
  if (bytes.length < SIGNATURE_BYTES + 1) {
    return refuse(
      "truncated",
      `an invoice has at least ${SIGNATURE_BYTES + 1} bytes; this one has ${bytes.length}`,
    );
  }
  const data = bytes.subarray(0, -SIGNATURE_BYTES);
  const read = readFields(data);
  if (!read.ok) return read;
  const signature = toHex<Signature>(bytes.subarray(-SIGNATURE_BYTES), SIGNATURE_BYTES);
  const digest = invoiceDigest(crypto, data);
  const signer = crypto.recover(digest, signature);
  const payeeKey = crypto.recoverKey(digest, signature);
  if (signer === read.invoice.payee && payeeKey !== null) return { ...read, payeeKey };
  const found = signer === null ? "the signature is malformed" : `it was signed by ${signer}`;
  return refuse("wrong_signature", `the invoice names ${read.invoice.payee} as its payee, but ${found}`);
}

function readText(text: string): Uint8Array | Extract<DecodedInvoice, { ok: false }> {
  const trimmed = text.trim();
  if (trimmed.length > MAX_INVOICE_TEXT) {
    return refuse(
      "too_long",
      `an invoice has at most ${MAX_INVOICE_TEXT} characters; this one has ${trimmed.length}`,
    );
  }
  try {
    const { prefix, words } = bech32m.decode(trimmed as `${string}1${string}`, false);
    if (prefix === INVOICE_PREFIX) return bech32m.fromWords(words);
    return refuse(
      "wrong_prefix",
      `an invoice begins with ${INVOICE_PREFIX}1; this text begins with ${prefix}1`,
    );
  } catch {
    const why = "it has a wrong character, mixes upper and lower case, or its checksum does not fit";
    return refuse("not_bech32m", `this is no complete invoice: ${why}; copy the whole text again`);
  }
}
