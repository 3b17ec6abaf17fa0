import type { Hex } from "./types.ts";

const DIGITS = "0123456789abcdef";
const HEX_OF_BYTE: readonly string[] = Array.from(
  { length: 256 },
  (_, byte) => `${DIGITS.charAt(byte >> 4)}${DIGITS.charAt(byte & 15)}`,
);

/** Brands are lengths with a meaning: the caller names the meaning, the length is checked here. */
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- names the brand
export function toHex<T extends Hex = Hex>(bytes: Uint8Array, length: number = bytes.length): T {
  if (bytes.length !== length) throw new RangeError(`expected ${length} bytes, got ${bytes.length}`);
  let digits = "0x";
  for (const byte of bytes) digits += HEX_OF_BYTE[byte] ?? "";
  return digits as T;
}

function digitAt(text: string, at: number): number {
  const code = text.charCodeAt(at);
  if (code >= 48 && code <= 57) return code - 48;
  if (code >= 97 && code <= 102) return code - 87;
  throw new RangeError(`not a lower-case hex digit at ${at} of ${text.slice(0, 80)}`);
}

/** Throws on what is no lower-case hex: a branded value always is. */
export function fromHex(hex: Hex): Uint8Array {
  const bytes = new Uint8Array((hex.length - 2) >> 1);
  writeHex(bytes, 0, hex);
  return bytes;
}

/** Writes the bytes of `hex` at `at`; returns the position after them. */
export function writeHex(into: Uint8Array, at: number, hex: Hex): number {
  for (let from = 2; from + 1 < hex.length; from += 2) {
    into[at++] = (digitAt(hex, from) << 4) | digitAt(hex, from + 1);
  }
  return at;
}

/** Writes `value` big endian in `width` bytes; returns the position after them. Throws if it does not fit. */
export function writeUint(into: Uint8Array, at: number, width: number, value: number | bigint): number {
  if (typeof value === "bigint" && value > BigInt(Number.MAX_SAFE_INTEGER)) {
    return writeBig(into, at, width, value);
  }
  let rest = Number(value);
  if (!Number.isSafeInteger(rest) || rest < 0) throw new RangeError(`${value} is no unsigned integer`);
  for (let i = at + width - 1; i >= at; i--) {
    into[i] = rest % 256;
    rest = Math.floor(rest / 256);
  }
  if (rest !== 0) throw new RangeError(`${value} does not fit into ${width} bytes`);
  return at + width;
}

function writeBig(into: Uint8Array, at: number, width: number, value: bigint): number {
  let rest = value;
  for (let i = at + width - 1; i >= at; i--) {
    into[i] = Number(rest & 0xffn);
    rest >>= 8n;
  }
  if (rest !== 0n) throw new RangeError(`${value} does not fit into ${width} bytes`);
  return at + width;
}

/** Big-endian unsigned integer of any width. */
export function readUint(bytes: Uint8Array, at: number, width: number): bigint {
  let value = 0n;
  let part = 0;
  let pending = 0;
  for (let i = at; i < at + width; i++) {
    part = part * 256 + (bytes[i] ?? 0);
    pending += 8;
    if (pending === 48) {
      value = (value << 48n) | BigInt(part);
      part = 0;
      pending = 0;
    }
  }
  return (value << BigInt(pending)) | BigInt(part);
}

export function concatBytes(...parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** ASCII only: for names of types and domains. */
export function asciiBytes(text: string): Uint8Array {
  return Uint8Array.from(text, (char) => char.charCodeAt(0));
}
