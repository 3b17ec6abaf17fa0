import { secp256k1 } from "@noble/curves/secp256k1.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { keccak_256 } from "@noble/hashes/sha3.js";
import { fromHex, readUint, toHex, writeUint } from "./bytes.ts";
import type { Crypto, Signer } from "./crypto.ts";
import type { Address, Digest, Signature } from "./types.ts";

const ORDER = secp256k1.Point.Fn.ORDER;
const PARITY = 1n << 255n;

/** Last 20 bytes of the keccak of the uncompressed point without its prefix. */
function addressOf(point: InstanceType<typeof secp256k1.Point>): Address {
  return toHex<Address>(keccak_256(point.toBytes(false).subarray(1)).subarray(12), 20);
}

function recover(digest: Digest, signature: Signature): Address | null {
  const bytes = fromHex(signature);
  if (bytes.length !== 64) return null;
  const r = readUint(bytes, 0, 32);
  const vs = readUint(bytes, 32, 32);
  const s = vs & (PARITY - 1n);
  if (s > ORDER >> 1n) return null;
  try {
    const signed = new secp256k1.Signature(r, s).addRecoveryBit(vs >= PARITY ? 1 : 0);
    return addressOf(signed.recoverPublicKey(fromHex(digest)));
  } catch {
    // A part is zero or out of range, no point of the curve has this r, or the point at infinity signed.
    return null;
  }
}

/** Runs everywhere, at the speed of JavaScript. */
export const portableCrypto: Crypto = {
  keccak256: (data) => keccak_256(data),
  sha256: (data) => sha256(data),
  recover,
};

/** `privateKey`: 32 bytes, from 1 to the order of the curve less 1. */
export function createPortableSigner(privateKey: Uint8Array): Signer {
  if (!secp256k1.utils.isValidSecretKey(privateKey)) {
    throw new TypeError("a private key must be 32 bytes, above zero and below the order of secp256k1");
  }
  const key = privateKey.slice();
  const address = addressOf(secp256k1.Point.fromBytes(secp256k1.getPublicKey(key)));
  return {
    address,
    sign: (digest) => {
      const signed = secp256k1.sign(fromHex(digest), key, { prehash: false, format: "recovered" });
      const { r, s, recovery } = secp256k1.Signature.fromBytes(signed, "recovered");
      const compact = new Uint8Array(64);
      writeUint(compact, 0, 32, r);
      writeUint(compact, 32, 32, recovery === 1 ? s | PARITY : s);
      return toHex<Signature>(compact, 64);
    },
  };
}
