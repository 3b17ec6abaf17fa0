import { expect } from "chai";
import { AbiCoder, concat, keccak256, solidityPacked, toBeHex, ZeroHash } from "ethers";
import fc from "fast-check";
import { toHex } from "../../src/protocol/bytes.ts";
import {
  bodyOf,
  headOf,
  locksRoot,
  packLocks,
  packShownLocks,
  type ShownWitness,
  stateBody,
  totalOf,
  unpackLocks,
  weightOf,
} from "../../src/protocol/locks.ts";
import { portableCrypto as crypto } from "../../src/protocol/portable-crypto.ts";
import { MAX_RECORDED, registryKey, registryPath } from "../../src/protocol/registry.ts";
import type { ChainCommitment, Hex, LaneLock, Lock, PaymentHash, Secret } from "../../src/protocol/types.ts";
import * as arbitrary from "./arbitraries.ts";

const ENTRY = ["uint8", "uint96", "uint40", "bytes32"];

function packedByEthers(locks: readonly LaneLock[]): string {
  return concat(locks.map(({ lock }) => entriesOf(lock)));
}

/** A hash lock is one entry, a chain lock two. */
function entriesOf(lock: Lock): string {
  if (lock.kind === "hash") return solidityPacked(ENTRY, [1, lock.amount, lock.expiry, lock.hash]);
  const { amount, expiry, commitment, unit, start } = lock;
  const first = solidityPacked(ENTRY, [2, amount, expiry, commitment]);
  return concat([first, solidityPacked(ENTRY, [3, unit, start, ZeroHash])]);
}

function entryCount(locks: readonly LaneLock[]): number {
  return locks.reduce((sum, { lock }) => sum + (lock.kind === "hash" ? 1 : 2), 0);
}

describe("lock lists (section 2.5)", () => {
  it("[LOCK-1] packs 50 bytes a hash lock, 100 a chain lock, and reads them back", () => {
    fc.assert(
      fc.property(arbitrary.laneLocks, (locks) => {
        const packed = packLocks(locks);
        expect(toHex(packed)).to.equal(packedByEthers(locks));
        expect(unpackLocks(packed)).to.deep.equal({ ok: true, value: locks.map(({ lock }) => lock) });
      }),
    );
  });

  it("has the root of the entries and their number, two for a chain lock, zero if there are none", () => {
    fc.assert(
      fc.property(arbitrary.laneLocks, (locks) => {
        fc.pre(locks.length > 0);
        const counted = concat([packedByEthers(locks), solidityPacked(["uint32"], [entryCount(locks)])]);
        expect(locksRoot(crypto, locks)).to.equal(keccak256(counted));
      }),
    );
    expect(locksRoot(crypto, [])).to.equal(ZeroHash);
  });

  it("has the body that section 2.3 defines", () => {
    const coder = AbiCoder.defaultAbiCoder();
    fc.assert(
      fc.property(arbitrary.uint128, arbitrary.safeUint, arbitrary.laneLocks, (sent, ack, locks) => {
        const state = { seq: 5, sent, ack, locks };
        const root = locksRoot(crypto, locks);
        const encoded = coder.encode(["uint128", "uint64", "bytes32"], [sent, ack, root]);
        expect(stateBody(crypto, state)).to.equal(keccak256(encoded));
        expect(headOf(crypto, state)).to.deep.equal({ seq: 5, sent, ack, locksRoot: root });
        expect(bodyOf(crypto, { sent, ack, locksRoot: root })).to.equal(keccak256(encoded));
      }),
    );
  });

  it("sums amounts beyond the width of one lock", () => {
    const hash = toHex<PaymentHash>(new Uint8Array(32), 32);
    const lock = { kind: "hash", amount: (1n << 96n) - 1n, expiry: 1, hash } as const;
    expect(totalOf([1, 2].map((id) => ({ id, lock })))).to.equal((1n << 97n) - 2n);
  });

  it("[LOCK-1] shows witnesses in place of commitments, flagged by how they are recorded", () => {
    fc.assert(
      fc.property(
        arbitrary.laneLocks,
        fc.array(fc.nat(2), { minLength: 20, maxLength: 20 }),
        (locks, choices) => {
          const secret = `0x${"5e".repeat(32)}` as Secret;
          const witnesses = new Map<number, ShownWitness>();
          const checkpoints = new Map<number, number>();
          const expected = locks.map(({ id, lock }) => {
            const choice = choices[id - 1];
            if (choice === 0) return entriesOf(lock);
            if (lock.kind === "chain") {
              const number = toBeHex(4096 - id, 32);
              checkpoints.set(id, 4096 - id);
              const first = entriesOf(lock).slice(0, 102);
              return concat([first, solidityPacked(ENTRY, [0x43, lock.unit, lock.start, number])]);
            }
            witnesses.set(id, { secret, recorded: choice === 1 ? "now" : "before" });
            return solidityPacked(ENTRY, [choice === 1 ? 0x81 : 0x41, lock.amount, lock.expiry, secret]);
          });
          expect(toHex(packShownLocks(locks, witnesses, checkpoints))).to.equal(concat(expected));
        },
      ),
    );
  });

  it("[LOCK-3] weighs a chain lock as four hash locks", () => {
    fc.assert(
      fc.property(arbitrary.lock, (lock) => {
        expect(weightOf(lock)).to.equal(lock.kind === "hash" ? 1 : 4);
      }),
    );
  });

  it("refuses bytes that are no whole list, and kinds that it does not know", () => {
    const one = packLocks([
      { id: 1, lock: { kind: "hash", amount: 1n, expiry: 2, hash: toHex(new Uint8Array(32)) } },
    ]);
    const problem = (bytes: Uint8Array): string => {
      const read = unpackLocks(bytes);
      return read.ok ? "none" : read.problem;
    };
    expect(problem(one.subarray(0, 49))).to.equal(
      "a packed lock list must be a multiple of 50 bytes; given: 49 bytes",
    );
    expect(problem(new Uint8Array([...one, 4, ...one.subarray(1)]))).to.equal(
      "unknown kind of lock 4 at byte 50 of a packed lock list",
    );
    expect(problem(new Uint8Array([0x81, ...one.subarray(1)]))).to.equal(
      "unknown kind of lock 129 at byte 0 of a packed lock list",
    );
  });

  it("refuses a chain lock whose second entry is missing, flagged, or holds more than was signed", () => {
    const commitment = toHex<ChainCommitment>(new Uint8Array(32).fill(7), 32);
    const lock = { kind: "chain", amount: 1n, expiry: 2, commitment, unit: 3n, start: 4 } as const;
    const whole = packLocks([{ id: 1, lock }]);
    const problem = (change: (bytes: Uint8Array) => Uint8Array | undefined): string => {
      const bytes = whole.slice();
      const read = unpackLocks(change(bytes) ?? bytes);
      return read.ok ? "none" : read.problem;
    };
    const lacks = "the chain lock at byte 0 of a packed lock list lacks its second entry";
    expect(problem(() => undefined)).to.equal("none");
    expect(problem((bytes) => bytes.subarray(0, 50))).to.equal(lacks);
    for (const kind of [0x01, 0x02, 0x43, 0x83]) {
      expect(problem((bytes) => bytes.fill(kind, 50, 51))).to.equal(lacks);
    }
    for (const kind of [0x42, 0x82]) {
      expect(problem((bytes) => bytes.fill(kind, 0, 1))).to.equal(
        `unknown kind of lock ${kind} at byte 0 of a packed lock list`,
      );
    }
    expect(problem((bytes) => bytes.subarray(50))).to.equal(
      "unknown kind of lock 3 at byte 0 of a packed lock list",
    );
    for (const at of [68, 99]) {
      expect(problem((bytes) => bytes.fill(1, at, at + 1))).to.equal(
        "the chain lock at byte 0 of a packed lock list must end in a zero word",
      );
    }
  });
});

const ZERO = ZeroHash as Hex;

function pairHash(left: string, right: string): string {
  return keccak256(concat([left, right]));
}

/** The tree said the other way round: a root is made of the roots of its halves. */
function rootOf(leaves: readonly string[], depth: number): string {
  if (depth === 0) return leaves[0] ?? ZERO;
  const half = 2 ** (depth - 1);
  const right = leaves.length > half ? rootOf(leaves.slice(half), depth - 1) : ZERO;
  return pairHash(rootOf(leaves.slice(0, half), depth - 1), right);
}

function depthOf(count: number): number {
  return Math.ceil(Math.log2(count));
}

function keyFromPath(witness: string, [first = ZERO, ...siblings]: readonly string[]): string {
  const depth = Number(BigInt(first) & 0xffn);
  const index = Number(BigInt(first) >> 8n);
  expect(siblings).to.have.length(depth);
  const root = siblings.reduce(
    (node, sibling, level) => ((index >> level) & 1 ? pairHash(sibling, node) : pairHash(node, sibling)),
    witness,
  );
  return keccak256(AbiCoder.defaultAbiCoder().encode(["bytes32", "uint256"], [root, depth]));
}

describe("registry (section 2.6)", () => {
  const secrets = fc.array(arbitrary.hexOf<Secret>(32), {
    minLength: 1,
    maxLength: MAX_RECORDED,
    size: "medium",
  });

  it("has the key of the padded tree and its depth", () => {
    fc.assert(
      fc.property(secrets, (list) => {
        const depth = depthOf(list.length);
        const encoded = AbiCoder.defaultAbiCoder().encode(
          ["bytes32", "uint256"],
          [rootOf(list, depth), depth],
        );
        expect(registryKey(crypto, list)).to.equal(keccak256(encoded));
      }),
      { numRuns: 50 },
    );
  });

  it("proves every witness of a list, in at most 8 siblings", () => {
    fc.assert(
      fc.property(secrets, fc.nat(), (list, where) => {
        const index = where % list.length;
        const path = registryPath(crypto, list, index);
        expect(path.length)
          .to.equal(1 + depthOf(list.length))
          .and.to.be.at.most(9);
        expect(keyFromPath(list[index] ?? ZERO, path)).to.equal(registryKey(crypto, list));
      }),
      { numRuns: 50 },
    );
  });

  it("takes 1 to 256 witnesses and positions within them", () => {
    const list = (count: number): Secret[] =>
      Array.from({ length: count }, () => `0x${"11".repeat(32)}` as Secret);
    expect(() => registryKey(crypto, [])).to.throw(RangeError, "1 to 256 witnesses, not 0");
    expect(registryKey(crypto, list(256))).to.have.length(66);
    expect(() => registryKey(crypto, list(257))).to.throw(RangeError, "1 to 256 witnesses, not 257");
    expect(() => registryPath(crypto, list(2), 2)).to.throw(RangeError, "no witness 2 in a list of 2");
    expect(() => registryPath(crypto, list(2), -1)).to.throw(RangeError, "no witness -1 in a list of 2");
  });
});
