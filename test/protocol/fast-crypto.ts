import { concatBytes, fromHex } from "../../src/protocol/bytes.ts";
import { portableCrypto } from "../../src/protocol/portable-crypto.ts";
import type { Crypto, Signer } from "../../src/protocol/crypto.ts";
import type { Address, Digest, Signature } from "../../src/protocol/types.ts";

const PADDING = "000000000000000000000000";
const PREFIX = Uint8Array.of(2);

/** The group of numbers under addition: a point is its scalar, so that it has the laws of a curve and no secret. */
const pointOf = (scalar: Uint8Array | null): Uint8Array | null =>
  scalar === null ? null : concatBytes(PREFIX, scalar);

function signerOf(digest: Digest, signature: Signature): Address | null {
  const isSigned = signature.startsWith(digest) && signature.slice(66, 90) === PADDING;
  return isSigned ? (`0x${signature.slice(90)}` as Address) : null;
}

function scalarOf(address: Address): Uint8Array {
  return concatBytes(new Uint8Array(12), fromHex(address));
}

function scalePoint(point: Uint8Array, scalar: Uint8Array): Uint8Array | null {
  if (point.length !== 33 || point[0] !== 2) return null;
  return pointOf(portableCrypto.scaleScalar(point.subarray(1), scalar));
}

/**
 * Real hashes, but a signature is the digest and the address in plain, and keys are their own secrets: for tests that
 * sign thousands of states and are not about signatures.
 */
export const fastCrypto: Crypto = {
  ...portableCrypto,
  recover: signerOf,
  recoverKey: (digest, signature) => {
    const address = signerOf(digest, signature);
    return address === null ? null : pointOf(scalarOf(address));
  },
  publicKey: (scalar) =>
    pointOf(portableCrypto.scaleScalar(scalar, scalarOf(`0x${"00".repeat(19)}01` as Address))),
  scalePoint,
};

export function fastSigner(address: Address): Signer {
  return {
    address,
    sign: (digest: Digest) => `${digest}${PADDING}${address.slice(2)}` as Signature,
    agree: (point) => {
      const shared = scalePoint(point, scalarOf(address));
      return shared === null ? null : portableCrypto.sha256(shared);
    },
  };
}
