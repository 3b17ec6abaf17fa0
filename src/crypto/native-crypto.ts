import { hash } from "node:crypto";
import { createRequire } from "node:module";
import { createKeccak } from "hash-wasm";
import { fromHex, toHex } from "../protocol/bytes.ts";
import type { Crypto, Signer } from "../protocol/crypto.ts";
import { HashlaneError } from "../protocol/error.ts";
import { createPortableSigner, portableCrypto } from "../protocol/portable-crypto.ts";
import type { Address, Digest, Signature } from "../protocol/types.ts";
import { isLowS } from "./low-s.ts";

/** The native half of the package alone: unlike its main entry it throws when the binary is missing. */
interface Bindings {
  privateKeyVerify(key: Uint8Array): boolean;
  publicKeyCreate(key: Uint8Array, compressed: boolean): Uint8Array;
  ecdsaSign(digest: Uint8Array, key: Uint8Array): { readonly signature: Uint8Array; readonly recid: number };
  /** Throws if no key can have signed. */
  ecdsaRecover(
    signature: Uint8Array,
    recid: number,
    digest: Uint8Array,
    compressed: boolean,
    output?: Uint8Array,
  ): Uint8Array;
  /** These throw for what is no point or no scalar; `ecdh` gives the sha256 of the compressed product. */
  publicKeyTweakMul(point: Uint8Array, scalar: Uint8Array, compressed: boolean): Uint8Array;
  /** In place. */
  privateKeyTweakMul(key: Uint8Array, scalar: Uint8Array): Uint8Array;
  ecdh(point: Uint8Array, key: Uint8Array): Uint8Array;
}

/** Everything a node needs to sign and check. */
export interface CryptoSuite {
  readonly crypto: Crypto;
  /** `privateKey`: 32 bytes. */
  createSigner(privateKey: Uint8Array): Signer;
  readonly kind: "native" | "portable";
}

export interface CryptoOptions {
  /**
   * Take the portable code, 40 times slower at checking signatures, where no binary of the package fits the machine.
   * Default: only if the environment says HASHLANE_PORTABLE_CRYPTO=1.
   */
  readonly allowPortable?: boolean;
  /** Where the bindings come from. */
  readonly loadBindings?: () => Bindings;
}

const PARITY_BIT = 0x80;

/** Loads the native libraries; rejects where they are missing rather than being slow unnoticed. */
export async function loadCrypto(options: CryptoOptions = {}): Promise<CryptoSuite> {
  const allowPortable = options.allowPortable ?? process.env.HASHLANE_PORTABLE_CRYPTO === "1";
  let bindings: Bindings;
  try {
    bindings = (options.loadBindings ?? requireBindings)();
  } catch (cause) {
    if (allowPortable) return { crypto: portableCrypto, createSigner: createPortable, kind: "portable" };
    throw new HashlaneError(
      "native_crypto_missing",
      {
        failed: "the native binary of the package secp256k1 could not be loaded",
        given: { platform: process.platform, architecture: process.arch, node: process.version },
        next:
          "Build it (npm rebuild secp256k1, which needs a C++ compiler and Python), or accept the slower portable code " +
          "with HASHLANE_PORTABLE_CRYPTO=1.",
      },
      { cause },
    );
  }
  const crypto = await createNativeCrypto(bindings);
  return { crypto, createSigner: (key) => createNativeSigner(bindings, crypto, key), kind: "native" };
}

function requireBindings(): Bindings {
  return createRequire(import.meta.url)("secp256k1/bindings.js") as Bindings;
}

async function createNativeCrypto(bindings: Bindings): Promise<Crypto> {
  const hasher = await createKeccak(256);
  const point = new Uint8Array(65);
  // Who checks a signature may ask for its key next.
  let last: { readonly digest: Digest; readonly signature: Signature } | null = null;
  const crypto: Crypto = {
    keccak256: (data) => hasher.init().update(data).digest("binary"),
    sha256: (data) => {
      const { buffer, byteOffset, length } = hash("sha256", data, "buffer");
      return new Uint8Array(buffer, byteOffset, length);
    },
    // OpenSSL takes longer to make a cipher than this to make the stream of a packet.
    chacha20: (key, length) => portableCrypto.chacha20(key, length),
    recover: (digest, signature) => {
      const signed = recoverInto(bindings, digest, signature, point);
      last = signed === null ? null : { digest, signature };
      return signed === null ? null : addressOf(crypto, signed);
    },
    recoverKey: (digest, signature) =>
      last?.digest === digest && last.signature === signature
        ? compressed(point)
        : recoverInto(bindings, digest, signature, null),
    ...createCurve(bindings),
  };
  return crypto;
}

function compressed(point: Uint8Array): Uint8Array {
  const short = point.slice(0, 33);
  short[0] = 2 + ((point[64] ?? 0) & 1);
  return short;
}

/** The whole point, written `into` an array of 65 bytes, or the compressed one in a fresh array. */
function recoverInto(
  bindings: Bindings,
  digest: Digest,
  signature: Signature,
  into: Uint8Array | null,
): Uint8Array | null {
  const bytes = fromHex(signature);
  const recid = (bytes[32] ?? 0) >> 7;
  bytes[32] = (bytes[32] ?? 0) & ~PARITY_BIT;
  if (!isLowS(bytes)) return null;
  return orNull(() =>
    into === null
      ? bindings.ecdsaRecover(bytes, recid, fromHex(digest), true)
      : bindings.ecdsaRecover(bytes, recid, fromHex(digest), false, into),
  );
}

function createCurve(bindings: Bindings): Pick<Crypto, "publicKey" | "scalePoint" | "scaleScalar"> {
  return {
    publicKey: (scalar) => orNull(() => bindings.publicKeyCreate(scalar, true)),
    scalePoint: (point, scalar) =>
      isCompressed(point) ? orNull(() => bindings.publicKeyTweakMul(point, scalar, true)) : null,
    scaleScalar: (a, b) =>
      orNull(() => (bindings.privateKeyVerify(a) ? bindings.privateKeyTweakMul(a.slice(), b) : null)),
  };
}

/** The library reads the longer encodings too. */
function isCompressed(point: Uint8Array): boolean {
  return point.length === 33;
}

/** The library throws for values that are no point, no scalar or no signature. */
function orNull(compute: () => Uint8Array | null): Uint8Array | null {
  try {
    return compute();
  } catch {
    return null;
  }
}

function createNativeSigner(bindings: Bindings, crypto: Crypto, privateKey: Uint8Array): Signer {
  if (privateKey.length !== 32 || !bindings.privateKeyVerify(privateKey)) throw badPrivateKey();
  const key = privateKey.slice();
  const address = addressOf(crypto, bindings.publicKeyCreate(key, false));
  return {
    address,
    sign: (digest) => {
      const { signature, recid } = bindings.ecdsaSign(fromHex(digest), key);
      if ((recid & 1) === 1) signature[32] = (signature[32] ?? 0) | PARITY_BIT;
      return toHex<Signature>(signature, 64);
    },
    agree: (point) => (isCompressed(point) ? orNull(() => bindings.ecdh(point, key)) : null),
  };
}

function createPortable(privateKey: Uint8Array): Signer {
  try {
    return createPortableSigner(privateKey);
  } catch (cause) {
    throw badPrivateKey(cause);
  }
}

function badPrivateKey(cause?: unknown): HashlaneError {
  return new HashlaneError(
    "bad_private_key",
    {
      failed: "this is no private key of secp256k1",
      next: "Give 32 bytes, not all zero and below the order of the curve; 32 random bytes practically always are.",
    },
    cause === undefined ? {} : { cause },
  );
}

function addressOf(crypto: Pick<Crypto, "keccak256">, point: Uint8Array): Address {
  return toHex<Address>(crypto.keccak256(point.subarray(1)).subarray(12), 20);
}
