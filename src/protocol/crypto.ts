import type { Address, Digest, Signature } from "./types.ts";

/**
 * The primitives that the core needs, all deterministic. The core ships a portable implementation;
 * a faster one may be passed in if it agrees bit for bit.
 */
export interface Crypto {
  /** 32 bytes, a fresh array. */
  keccak256(data: Uint8Array): Uint8Array;
  /** 32 bytes, a fresh array. */
  sha256(data: Uint8Array): Uint8Array;
  /** The address whose key signed the digest, or null if the signature is no valid low-s `r || vs`. */
  recover(digest: Digest, signature: Signature): Address | null;
}

/** One secp256k1 key; signatures are deterministic (RFC 6979), so that a replay signs the same bytes. */
export interface Signer {
  readonly address: Address;
  sign(digest: Digest): Signature;
}
