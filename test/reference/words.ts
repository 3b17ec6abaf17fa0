import { loadCrypto } from "../../src/crypto/native-crypto.ts";
import type { Signer } from "../../src/protocol/crypto.ts";
import type { Digest, Hex, Signature } from "../../src/protocol/types.ts";

const suite = await loadCrypto({ allowPortable: false });

export const ZERO_WORD: Hex = `0x${"00".repeat(32)}`;
export const ZERO_ADDRESS: Hex = `0x${"00".repeat(20)}`;

export function bytesOf(hex: Hex): Uint8Array {
  return Buffer.from(hex.slice(2), "hex");
}

export function hexOf(bytes: Uint8Array): Hex {
  return `0x${Buffer.from(bytes).toString("hex")}`;
}

/** Big endian, in so many bytes. */
export function hexOfNumber(value: bigint, bytes: number): Hex {
  return `0x${value.toString(16).padStart(bytes * 2, "0")}`;
}

export function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(parts);
}

export function keccak(data: Uint8Array): Hex {
  return hexOf(suite.crypto.keccak256(data));
}

export function sha256(word: Hex): Hex {
  return hexOf(suite.crypto.sha256(bytesOf(word)));
}

export function signerOfKey(key: Uint8Array): Signer {
  return suite.createSigner(key);
}

/** Who signed the digest; the zero address if the signature is malformed or has a high s. */
export function recover(digest: Hex, signature: Hex): Hex {
  return suite.crypto.recover(digest as Digest, signature as Signature) ?? ZERO_ADDRESS;
}
