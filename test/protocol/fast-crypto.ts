import { portableCrypto } from "../../src/protocol/portable-crypto.ts";
import type { Crypto, Signer } from "../../src/protocol/crypto.ts";
import type { Address, Digest, Signature } from "../../src/protocol/types.ts";

const PADDING = "000000000000000000000000";

/**
 * Real hashes, but a signature is the digest and the address in plain: for tests that sign thousands of states and
 * are not about signatures.
 */
export const fastCrypto: Crypto = {
  ...portableCrypto,
  recover: (digest, signature) =>
    signature.startsWith(digest) && signature.slice(66, 90) === PADDING
      ? (`0x${signature.slice(90)}` as Address)
      : null,
};

export function fastSigner(address: Address): Signer {
  return { address, sign: (digest: Digest) => `${digest}${PADDING}${address.slice(2)}` as Signature };
}
