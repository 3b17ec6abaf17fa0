import { chacha20 } from "@noble/ciphers/chacha.js";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { keccak_256 } from "@noble/hashes/sha3.js";
import { fromHex, readUint, toHex, writeUint } from "./bytes.ts";
import type { Crypto, Signer } from "./crypto.ts";
import type { Address, Digest, Signature } from "./types.ts";

const ORDER = secp256k1.Point.Fn.ORDER;
const PARITY = 1n << 255n;
const NONCE = new Uint8Array(12);
const POINT_BYTES = 33;
const SCALAR_BYTES = 32;

type Point = InstanceType<typeof secp256k1.Point>;

/** Last 20 bytes of the keccak of the uncompressed point without its prefix. */
function addressOf(point: Point): Address {
  return toHex<Address>(keccak_256(point.toBytes(false).subarray(1)).subarray(12), 20);
}

function signerOf(digest: Digest, signature: Signature): Point | null {
  const bytes = fromHex(signature);
  if (bytes.length !== 64) return null;
  const r = readUint(bytes, 0, 32);
  const vs = readUint(bytes, 32, 32);
  const s = vs & (PARITY - 1n);
  if (s > ORDER >> 1n) return null;
  try {
    const signed = new secp256k1.Signature(r, s).addRecoveryBit(vs >= PARITY ? 1 : 0);
    return signed.recoverPublicKey(fromHex(digest));
  } catch {
    // A part is zero or out of range, no point of the curve has this r, or the point at infinity signed.
    return null;
  }
}

function readScalar(bytes: Uint8Array): bigint | null {
  if (bytes.length !== SCALAR_BYTES) return null;
  const scalar = readUint(bytes, 0, SCALAR_BYTES);
  return scalar === 0n || scalar >= ORDER ? null : scalar;
}

function readPoint(bytes: Uint8Array): Point | null {
  if (bytes.length !== POINT_BYTES) return null;
  try {
    return secp256k1.Point.fromBytes(bytes);
  } catch {
    // Not on the curve, or not in the compressed encoding.
    return null;
  }
}

/** Never the point at infinity: the order is prime. */
function multiply(point: Point | null, scalar: bigint | null): Uint8Array | null {
  return point === null || scalar === null ? null : point.multiply(scalar).toBytes(true);
}

function scaleScalar(a: Uint8Array, b: Uint8Array): Uint8Array | null {
  const first = readScalar(a);
  const second = readScalar(b);
  if (first === null || second === null) return null;
  const product = new Uint8Array(SCALAR_BYTES);
  writeUint(product, 0, SCALAR_BYTES, (first * second) % ORDER);
  return product;
}

/** Runs everywhere, at the speed of JavaScript. */
export const portableCrypto: Crypto = {
  keccak256: (data) => keccak_256(data),
  sha256: (data) => sha256(data),
  chacha20: (key, length) => chacha20(key, NONCE, new Uint8Array(length)),
  recover: (digest, signature) => {
    const point = signerOf(digest, signature);
    return point === null ? null : addressOf(point);
  },
  recoverKey: (digest, signature) => signerOf(digest, signature)?.toBytes(true) ?? null,
  publicKey: (scalar) => multiply(secp256k1.Point.BASE, readScalar(scalar)),
  scalePoint: (point, scalar) => multiply(readPoint(point), readScalar(scalar)),
  scaleScalar,
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
    agree: (point) => {
      const shared = portableCrypto.scalePoint(point, key);
      return shared === null ? null : sha256(shared);
    },
  };
}
