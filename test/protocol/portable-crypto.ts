import { expect } from "chai";
import { computeAddress, keccak256, sha256, Signature as EthersSignature, SigningKey } from "ethers";
import fc from "fast-check";
import { createCipheriv } from "node:crypto";
import { fromHex, toHex } from "../../src/protocol/bytes.ts";
import { createPortableSigner, portableCrypto as crypto } from "../../src/protocol/portable-crypto.ts";
import type { Digest, Hex, Signature } from "../../src/protocol/types.ts";
import * as arbitrary from "./arbitraries.ts";

const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
const digests = arbitrary.hexOf<Digest>(32);
const keys = fc
  .bigInt({ min: 1n, max: ORDER - 1n })
  .map((key) => `0x${key.toString(16).padStart(64, "0")}` as const);

function word(value: bigint): string {
  return value.toString(16).padStart(64, "0");
}

function signatureOf(r: bigint, vs: bigint): Signature {
  return `0x${word(r)}${word(vs)}` as Signature;
}

describe("portable cryptography", () => {
  it("hashes as ethers does", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), (data) => {
        expect(toHex(crypto.keccak256(data))).to.equal(keccak256(data));
        expect(toHex(crypto.sha256(data))).to.equal(sha256(data));
      }),
    );
  });

  it("[ID-2] signs as ethers does, in the two words of EIP-2098, and recovers the signer", () => {
    fc.assert(
      fc.property(keys, digests, (key, digest) => {
        const signer = createPortableSigner(fromHex(key));
        expect(signer.address).to.equal(computeAddress(key).toLowerCase());
        const signature = signer.sign(digest);
        expect(signature).to.equal(new SigningKey(key).sign(digest).compactSerialized);
        expect(crypto.recover(digest, signature)).to.equal(signer.address);
      }),
      { numRuns: 40 },
    );
  });

  it("[ID-2] recovers for random words what ethers recovers, or nothing", () => {
    fc.assert(
      fc.property(arbitrary.hexOf<Signature>(64), digests, (signature, digest) => {
        expect(crypto.recover(digest, signature)).to.equal(byEthers(signature, digest));
      }),
      { numRuns: 60 },
    );
  });

  it("[ID-2] has one encoding of a signature: high s and words out of range are none", () => {
    const digest = toHex<Digest>(new Uint8Array(32).fill(4), 32);
    const signer = createPortableSigner(new Uint8Array(32).fill(1));
    const good = fromHex(signer.sign(digest));
    const r = BigInt(toHex(good.subarray(0, 32)));
    const vs = BigInt(toHex(good.subarray(32)));
    const parity = 1n << 255n;
    expect(crypto.recover(digest, signatureOf(r, vs))).to.equal(signer.address);
    expect(crypto.recover(digest, signatureOf(r, vs ^ parity))).not.to.equal(signer.address);
    expect(crypto.recover(digest, signatureOf(0n, vs))).to.equal(null);
    expect(crypto.recover(digest, signatureOf(ORDER, vs))).to.equal(null);
    expect(crypto.recover(digest, signatureOf(r, 0n))).to.equal(null);
    expect(crypto.recover(digest, signatureOf(r, parity))).to.equal(null);
    expect(crypto.recover(digest, signatureOf(r, (ORDER >> 1n) + 1n))).to.equal(null);
    expect(crypto.recover(digest, signatureOf(r, ORDER >> 1n))).not.to.equal(null);
    expect(crypto.recover(digest, signatureOf(5n, vs)), "5 is the r of no point").to.equal(null);
    expect(crypto.recover(digest, "0x00" as Signature)).to.equal(null);
  });

  it("has the stream of ChaCha20 that OpenSSL has", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), fc.nat(1500), (key, length) => {
        const cipher = createCipheriv("chacha20", key, new Uint8Array(16));
        expect(toHex(crypto.chacha20(key, length))).to.equal(toHex(cipher.update(new Uint8Array(length))));
      }),
    );
  });

  it("has the keys, the recovered keys and the common secrets of ethers", () => {
    fc.assert(
      fc.property(keys, keys, digests, (key, other, digest) => {
        const [ours, theirs] = [new SigningKey(key), new SigningKey(other)];
        expect(toHex(crypto.publicKey(fromHex(key)) ?? new Uint8Array())).to.equal(ours.compressedPublicKey);
        const recovered = crypto.recoverKey(digest, ours.sign(digest).compactSerialized as Signature);
        expect(toHex(recovered ?? new Uint8Array())).to.equal(ours.compressedPublicKey);
        const shared = SigningKey.computePublicKey(ours.computeSharedSecret(theirs.publicKey), true);
        const point = fromHex(theirs.compressedPublicKey as Hex);
        expect(toHex(crypto.scalePoint(point, fromHex(key)) ?? new Uint8Array())).to.equal(shared);
        const agreed = createPortableSigner(fromHex(key)).agree(point);
        expect(toHex(agreed ?? new Uint8Array())).to.equal(sha256(shared));
      }),
      { numRuns: 20 },
    );
  });

  it("takes private keys from 1 to the order less 1", () => {
    const key = (value: bigint): Uint8Array => fromHex(`0x${word(value)}`);
    expect(() => createPortableSigner(key(0n))).to.throw(TypeError, "above zero");
    expect(() => createPortableSigner(key(ORDER))).to.throw(TypeError, "above zero");
    expect(() => createPortableSigner(new Uint8Array(31).fill(1))).to.throw(TypeError, "32 bytes");
    expect(createPortableSigner(key(ORDER - 1n)).address).to.equal(
      computeAddress(`0x${word(ORDER - 1n)}`).toLowerCase(),
    );
  });

  it("keeps its own copy of the key", () => {
    const digest = toHex<Digest>(new Uint8Array(32).fill(4), 32);
    const key = new Uint8Array(32).fill(1);
    const signer = createPortableSigner(key);
    const before = signer.sign(digest);
    key.fill(2);
    expect(signer.sign(digest)).to.equal(before);
  });
});

function byEthers(signature: Signature, digest: Digest): string | null {
  try {
    const parsed = EthersSignature.from(signature);
    if (BigInt(parsed.s) > ORDER >> 1n) return null;
    return computeAddress(SigningKey.recoverPublicKey(digest, parsed)).toLowerCase();
  } catch {
    return null;
  }
}
