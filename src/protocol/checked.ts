import { readUint, toHex } from "./bytes.ts";
import type { Address, ChannelId, Hex, PaymentHash, PaymentTag, Secret, Signature } from "./types.ts";

/** A value that was checked, or one sentence: what was wrong and what was given. */
export type Checked<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problem: string };

export const MAX_UINT128 = (1n << 128n) - 1n;
export const MAX_UINT96 = (1n << 96n) - 1n;
export const MAX_UINT144 = (1n << 144n) - 1n;
export const MAX_UINT40 = 2 ** 40 - 1;

/** Half the order of secp256k1: signatures have `s` at most this [ID-2]. */
const HALF_ORDER = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0n;

const wrong = (problem: string): { readonly ok: false; readonly problem: string } => ({ ok: false, problem });

function shown(text: string): string {
  const start = Array.from(text.slice(0, 80), (char) => (char >= " " && char <= "~" ? char : "?")).join("");
  return text.length > 80 ? `"${start}..." (${text.length} characters)` : `"${start}"`;
}

function hexOf<T extends Hex>(what: string, length: number) {
  const digits = length * 2;
  return (text: string): Checked<T> => {
    if (!text.startsWith("0x")) return wrong(`${what} must start with 0x; given: ${shown(text)}`);
    if (text.length !== digits + 2) {
      return wrong(
        `${what} must have ${digits} hex digits after 0x, not ${text.length - 2}; given: ${shown(text)}`,
      );
    }
    if (!/^[0-9a-fA-F]*$/.test(text.slice(2))) {
      return wrong(`${what} must consist of hex digits; given: ${shown(text)}`);
    }
    return { ok: true, value: text.toLowerCase() as T };
  };
}

/** Any case of letters is taken; mixed-case checksums (EIP-55) are the business of whoever reads them from people. */
export const parseAddress = hexOf<Address>("an address", 20);
export const parseChannelId = hexOf<ChannelId>("a channel id", 32);
export const parseSecret = hexOf<Secret>("a secret", 32);
export const parsePaymentHash = hexOf<PaymentHash>("a payment hash", 32);
export const parseWord = hexOf<Hex>("a word", 32);
export const parsePaymentTag = hexOf<PaymentTag>("a payment tag", 32);

const parseSignatureHex = hexOf<Signature>("a signature", 64);

/** `r || vs` with both parts in range and `s` in the lower half [ID-2]. */
export function parseSignature(text: string): Checked<Signature> {
  const hex = parseSignatureHex(text);
  if (!hex.ok) return hex;
  const s = BigInt(`0x${hex.value.slice(66)}`) & ((1n << 255n) - 1n);
  if (s > HALF_ORDER) return wrong(`a signature must have its s in the lower half; given: ${text}`);
  if (s === 0n || BigInt(hex.value.slice(0, 66)) === 0n) {
    return wrong(`the parts of a signature must not be zero; given: ${text}`);
  }
  return hex;
}

/** Decimal base units from 1 to 2^96 - 1: what one lock can carry. */
export function parseAmount(text: string): Checked<bigint> {
  if (!/^[0-9]{1,40}$/.test(text)) {
    return wrong(`an amount must be a whole number of base units; given: ${shown(text)}`);
  }
  return checkAmount(BigInt(text));
}

export function checkAmount(amount: bigint): Checked<bigint> {
  if (amount < 1n) return wrong(`an amount must be at least 1; given: ${amount}`);
  if (amount > MAX_UINT96)
    return wrong(`an amount must be at most ${MAX_UINT96} (2^96 - 1); given: ${amount}`);
  return { ok: true, value: amount };
}

/** For values written down by a programmer, where a mistake is a bug. */
export function must<T>(checked: Checked<T>): T {
  if (!checked.ok) throw new TypeError(checked.problem);
  return checked.value;
}

export const ZERO_ADDRESS: Address = toHex(new Uint8Array(20));
export const ZERO_WORD = toHex(new Uint8Array(32));

/** Whether a 32-byte value is all zero: never a valid witness, because trees of records are padded with it. */
export function isZeroWord(word: Uint8Array): boolean {
  return readUint(word, 0, 32) === 0n;
}
