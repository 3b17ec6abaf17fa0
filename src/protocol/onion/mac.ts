import type { Crypto } from "../crypto.ts";

const BLOCK = 64;
const HASH = 32;
const INNER = 0x36;
const OUTER = 0x5c;

/** Room that is used again for every call: the hash is taken before anything else can be written there. */
let inner = new Uint8Array(BLOCK + 2048);
const outer = new Uint8Array(BLOCK + HASH);

/** HMAC-SHA256 (RFC 2104) with keys of at most 64 bytes. */
export function hmac(crypto: Crypto, key: Uint8Array, ...data: readonly Uint8Array[]): Uint8Array {
  if (key.length > BLOCK) throw new RangeError(`a key has at most ${BLOCK} bytes, not ${key.length}`);
  const length = data.reduce((sum, part) => sum + part.length, BLOCK);
  if (length > inner.length) inner = new Uint8Array(2 * length);
  let at = BLOCK;
  for (const part of data) {
    inner.set(part, at);
    at += part.length;
  }
  for (let i = 0; i < BLOCK; i++) {
    const byte = key[i] ?? 0;
    inner[i] = byte ^ INNER;
    outer[i] = byte ^ OUTER;
  }
  outer.set(crypto.sha256(inner.subarray(0, length)), BLOCK);
  return crypto.sha256(outer);
}

/** Takes the same time wherever they differ. */
export function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  let difference = a.length ^ b.length;
  for (let i = 0; i < a.length; i++) difference |= (a[i] ?? 0) ^ (b[i] ?? 0);
  return difference === 0;
}

/** Adds the stream to the bytes, in place. */
export function mask(bytes: Uint8Array, stream: Uint8Array): void {
  const length = Math.min(bytes.length, stream.length);
  const words = ((bytes.byteOffset | stream.byteOffset) & 3) === 0 ? length >> 2 : 0;
  if (words > 0) {
    const into = new Uint32Array(bytes.buffer, bytes.byteOffset, words);
    const from = new Uint32Array(stream.buffer, stream.byteOffset, words);
    for (let i = 0; i < words; i++) into[i] = (into[i] ?? 0) ^ (from[i] ?? 0);
  }
  for (let i = 4 * words; i < length; i++) bytes[i] = (bytes[i] ?? 0) ^ (stream[i] ?? 0);
}
