import { concatBytes } from "../bytes.ts";
import type { Crypto } from "../crypto.ts";

const BLOCK = 64;
const INNER = 0x36;
const OUTER = 0x5c;

/** HMAC-SHA256 (RFC 2104) with keys of at most 64 bytes. */
export function hmac(crypto: Crypto, key: Uint8Array, ...data: readonly Uint8Array[]): Uint8Array {
  const inner = crypto.sha256(concatBytes(padded(key, INNER), ...data));
  return crypto.sha256(concatBytes(padded(key, OUTER), inner));
}

function padded(key: Uint8Array, mask: number): Uint8Array {
  if (key.length > BLOCK) throw new RangeError(`a key has at most ${BLOCK} bytes, not ${key.length}`);
  const block = new Uint8Array(BLOCK).fill(mask);
  for (let at = 0; at < key.length; at++) block[at] = (key[at] ?? 0) ^ mask;
  return block;
}

/** Takes the same time wherever they differ. */
export function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  let difference = a.length ^ b.length;
  for (let i = 0; i < a.length; i++) difference |= (a[i] ?? 0) ^ (b[i] ?? 0);
  return difference === 0;
}

/** Adds the stream to the bytes, in place. */
export function mask(bytes: Uint8Array, stream: Uint8Array): void {
  for (let i = 0; i < bytes.length; i++) bytes[i] = (bytes[i] ?? 0) ^ (stream[i] ?? 0);
}
