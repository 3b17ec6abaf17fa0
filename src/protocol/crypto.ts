import type { Address, Digest, Signature } from "./types.ts";

/**
 * The primitives that the core needs, all deterministic. The core ships a portable implementation;
 * a faster one may be passed in if it agrees bit for bit.
 *
 * Points are the 33 bytes of a compressed point of secp256k1, scalars 32 bytes from 1 to its order less 1; what takes
 * one gives null for anything else.
 */
export interface Crypto {
  /** 32 bytes, a fresh array. */
  keccak256(data: Uint8Array): Uint8Array;
  /** 32 bytes, a fresh array. */
  sha256(data: Uint8Array): Uint8Array;
  /** The first `length` bytes of the stream of ChaCha20 (RFC 8439) from counter 0; its nonce is zero: one key, one use. */
  chacha20(key: Uint8Array, length: number): Uint8Array;
  /** The address whose key signed the digest, or null if the signature is no valid low-s `r || vs`. */
  recover(digest: Digest, signature: Signature): Address | null;
  /** The point whose key signed the digest, or null where {@link recover} gives null. */
  recoverKey(digest: Digest, signature: Signature): Uint8Array | null;
  /** The generator times the scalar. */
  publicKey(scalar: Uint8Array): Uint8Array | null;
  /** The point times the scalar. */
  scalePoint(point: Uint8Array, scalar: Uint8Array): Uint8Array | null;
  /** The product of two scalars modulo the order. */
  scaleScalar(a: Uint8Array, b: Uint8Array): Uint8Array | null;
}

/** One secp256k1 key; signatures are deterministic (RFC 6979), so that a replay signs the same bytes. */
export interface Signer {
  readonly address: Address;
  sign(digest: Digest): Signature;
  /** `sha256` of the point times the key: what this key and that of the point have in common; null for no point. */
  agree(point: Uint8Array): Uint8Array | null;
}
