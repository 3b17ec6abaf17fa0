import { expect } from "chai";
import fc from "fast-check";
import { loadCrypto, type CryptoSuite } from "../../src/crypto/native-crypto.ts";
import { fromHex, readUint, toHex, writeUint } from "../../src/protocol/bytes.ts";
import { HashlaneError } from "../../src/protocol/error.ts";
import { createPortableSigner, portableCrypto } from "../../src/protocol/portable-crypto.ts";
import type { Digest, Signature } from "../../src/protocol/types.ts";

const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
const PARITY = 1n << 255n;

const digests = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => toHex<Digest>(bytes, 32));
const keys = fc.bigInt({ min: 1n, max: ORDER - 1n }).map((key) => word(key));

function word(value: bigint): Uint8Array {
  const bytes = new Uint8Array(32);
  writeUint(bytes, 0, 32, value);
  return bytes;
}

function signatureOf(r: bigint, vs: bigint): Signature {
  return toHex<Signature>(Uint8Array.of(...word(r), ...word(vs)), 64);
}

function wordsOf(signature: Signature): { r: bigint; vs: bigint } {
  const bytes = fromHex(signature);
  return { r: readUint(bytes, 0, 32), vs: readUint(bytes, 32, 32) };
}

describe("native cryptography", () => {
  let suite: CryptoSuite;
  before(async () => {
    suite = await loadCrypto({ allowPortable: false });
  });

  it("runs on the native binary", () => {
    expect(suite.kind).to.equal("native");
  });

  it("hashes as the portable code does, also inside larger buffers, into fresh arrays", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 700 }), fc.nat(40), (bytes, skip) => {
        const data = bytes.subarray(Math.min(skip, bytes.length));
        expect(suite.crypto.keccak256(data)).to.deep.equal(portableCrypto.keccak256(data));
        expect(suite.crypto.sha256(data)).to.deep.equal(portableCrypto.sha256(data));
      }),
    );
    for (const kind of ["keccak256", "sha256"] as const) {
      const first = suite.crypto[kind](Uint8Array.of(1));
      const copy = first.slice();
      suite.crypto[kind](Uint8Array.of(2));
      expect(first).to.deep.equal(copy);
    }
  });

  it("[ID-2] signs the same bytes as the portable code, and both recover the signer", () => {
    fc.assert(
      fc.property(keys, digests, (key, digest) => {
        const native = suite.createSigner(key);
        const portable = createPortableSigner(key);
        expect(native.address).to.equal(portable.address);
        const signature = native.sign(digest);
        expect(signature).to.equal(portable.sign(digest));
        expect(suite.crypto.recover(digest, signature)).to.equal(native.address);
        expect(portableCrypto.recover(digest, signature)).to.equal(native.address);
      }),
      { numRuns: 50 },
    );
  });

  it("[ID-2] a flipped parity recovers somebody else or nobody, the same in both", () => {
    fc.assert(
      fc.property(keys, digests, (key, digest) => {
        const signer = suite.createSigner(key);
        const { r, vs } = wordsOf(signer.sign(digest));
        const flipped = signatureOf(r, vs ^ PARITY);
        const recovered = suite.crypto.recover(digest, flipped);
        expect(recovered).to.not.equal(signer.address);
        expect(recovered).to.equal(portableCrypto.recover(digest, flipped));
      }),
      { numRuns: 50 },
    );
  });

  it("[ID-2] agrees with the portable code at every limit of r and s", () => {
    const digest = toHex<Digest>(new Uint8Array(32).fill(0x5a), 32);
    const half = ORDER >> 1n;
    const values = [0n, 1n, 2n, half - 1n, half, half + 1n, ORDER - 1n, ORDER, ORDER + 1n, (1n << 256n) - 1n];
    const real = wordsOf(createPortableSigner(word(7n)).sign(digest)).r;
    let recovered = 0;
    for (const r of [real, ...values]) {
      for (const s of values.filter((value) => value < PARITY)) {
        for (const parity of [0n, PARITY]) {
          const signature = signatureOf(r, s | parity);
          const address = suite.crypto.recover(digest, signature);
          expect(address).to.equal(portableCrypto.recover(digest, signature));
          if (address !== null) recovered++;
          if (s > half || s === 0n || r === 0n || r >= ORDER) expect(address).to.equal(null);
        }
      }
    }
    expect(recovered).to.be.greaterThan(0);
  });

  it("[ID-2] random and mis-sized signatures give the same answer in both, never a throw", () => {
    const bytes = fc.oneof(
      fc.uint8Array({ minLength: 64, maxLength: 64 }),
      fc.uint8Array({ maxLength: 130 }),
    );
    fc.assert(
      fc.property(digests, bytes, (digest, raw) => {
        const signature = toHex<Signature>(raw);
        expect(suite.crypto.recover(digest, signature)).to.equal(portableCrypto.recover(digest, signature));
      }),
    );
  });

  it("has the same stream, in fresh arrays, as the portable code", () => {
    const sized = fc.uint8Array({ minLength: 32, maxLength: 32 });
    fc.assert(
      fc.property(sized, fc.nat(2000), (key, length) => {
        expect(suite.crypto.chacha20(key, length)).to.deep.equal(portableCrypto.chacha20(key, length));
      }),
    );
  });

  it("recovers the key that signed, and agrees with any point, as the portable code does", () => {
    fc.assert(
      fc.property(keys, keys, digests, (key, other, digest) => {
        const [native, portable] = [suite.createSigner(key), createPortableSigner(key)];
        const point = suite.crypto.publicKey(key);
        expect(point).to.deep.equal(portableCrypto.publicKey(key));
        expect(suite.crypto.recoverKey(digest, native.sign(digest))).to.deep.equal(point);
        expect(portableCrypto.recoverKey(digest, native.sign(digest))).to.deep.equal(point);
        // Asked for again after the address, which a key of other signatures must not answer.
        suite.crypto.recover(digest, native.sign(digest));
        expect(suite.crypto.recoverKey(digest, native.sign(digest))).to.deep.equal(point);
        const otherSigner = suite.createSigner(other);
        expect(suite.crypto.recoverKey(digest, otherSigner.sign(digest))).to.deep.equal(
          suite.crypto.publicKey(other),
        );
        const theirs = suite.crypto.publicKey(other) ?? new Uint8Array();
        const shared = native.agree(theirs);
        expect(shared).to.deep.equal(portable.agree(theirs));
        expect(shared).to.deep.equal(suite.createSigner(other).agree(point ?? new Uint8Array()));
        const product = suite.crypto.scaleScalar(key, other);
        expect(product).to.deep.equal(portableCrypto.scaleScalar(key, other));
        const scaled = suite.crypto.scalePoint(theirs, key);
        expect(scaled).to.deep.equal(portableCrypto.scalePoint(theirs, key));
        expect(scaled).to.deep.equal(suite.crypto.publicKey(product ?? new Uint8Array()));
      }),
      { numRuns: 30 },
    );
  });

  it("changes none of what it is given", () => {
    const [key, other] = [word(7n), word(9n)];
    const point = suite.crypto.publicKey(other) ?? new Uint8Array();
    const before = [key, other, point].map((bytes) => bytes.slice());
    suite.crypto.scaleScalar(key, other);
    suite.crypto.scalePoint(point, key);
    suite.createSigner(key).agree(point);
    expect([key, other, point]).to.deep.equal(before);
  });

  it("takes the same points and scalars as the portable code, at the limits, random and mis-sized", () => {
    const point = portableCrypto.publicKey(word(7n)) ?? new Uint8Array();
    const limits = [0n, 1n, 2n, ORDER - 1n, ORDER, ORDER + 1n, (1n << 256n) - 1n].map(word);
    const scalars = fc.oneof(
      fc.constantFrom(...limits, new Uint8Array(31).fill(1), new Uint8Array(33).fill(1), new Uint8Array()),
      fc.uint8Array({ minLength: 32, maxLength: 32 }),
    );
    const FIELD = 2n ** 256n - 2n ** 32n - 977n;
    const withX = (prefix: number, x: bigint): Uint8Array => Uint8Array.of(prefix, ...word(x));
    const points = fc.oneof(
      fc.constantFrom(
        point,
        point.with(0, 5 - (point[0] ?? 0)),
        ...[0, 4, 6, 7].map((prefix) => point.with(0, prefix)),
        ...[0n, 5n, FIELD - 1n, FIELD, FIELD + 1n].flatMap((x) => [withX(2, x), withX(3, x)]),
        point.subarray(1),
        new Uint8Array(65).fill(4),
        new Uint8Array(1),
      ),
      fc
        .uint8Array({ minLength: 33, maxLength: 33 })
        .map((bytes) => bytes.with(0, 2 + ((bytes[0] ?? 0) & 1))),
    );
    const signers = [suite.createSigner(word(7n)), createPortableSigner(word(7n))] as const;
    let [taken, refused] = [0, 0];
    fc.assert(
      fc.property(points, scalars, scalars, (at, a, b) => {
        const scaled = suite.crypto.scalePoint(at, a);
        expect(scaled).to.deep.equal(portableCrypto.scalePoint(at, a));
        expect(suite.crypto.publicKey(a)).to.deep.equal(portableCrypto.publicKey(a));
        expect(suite.crypto.scaleScalar(a, b)).to.deep.equal(portableCrypto.scaleScalar(a, b));
        expect(signers[0].agree(at)).to.deep.equal(signers[1].agree(at));
        if (scaled === null) refused++;
        else taken++;
      }),
      { numRuns: 300 },
    );
    expect(Math.min(taken, refused)).to.be.greaterThan(20);
  });

  it("refuses keys outside the curve's order", () => {
    for (const key of [
      new Uint8Array(32),
      word(ORDER),
      new Uint8Array(31).fill(1),
      new Uint8Array(33).fill(1),
    ]) {
      expect(() => suite.createSigner(key))
        .to.throw(HashlaneError)
        .with.property("code", "bad_private_key");
    }
    expect(suite.createSigner(word(ORDER - 1n)).address).to.match(/^0x[0-9a-f]{40}$/);
  });

  it("does not fall back in silence when the binary is missing", async () => {
    const loadBindings = () => {
      throw new Error("no native build was found");
    };
    const failure: unknown = await loadCrypto({ allowPortable: false, loadBindings }).catch(
      (error: unknown) => error,
    );
    expect(failure).to.be.instanceOf(HashlaneError);
    expect(failure).to.have.property("code", "native_crypto_missing");
    expect(failure)
      .to.have.property("message")
      .that.includes(process.arch)
      .and.includes("HASHLANE_PORTABLE_CRYPTO=1");
    const portable = await loadCrypto({ allowPortable: true, loadBindings });
    expect(portable.kind).to.equal("portable");
    expect(portable.createSigner(word(7n)).address).to.equal(suite.createSigner(word(7n)).address);
    expect(() => portable.createSigner(word(0n)))
      .to.throw(HashlaneError)
      .with.property("code", "bad_private_key");
  });
});
