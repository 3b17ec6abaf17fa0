import type { Hex } from "../../src/protocol/types.ts";
import { Refusal } from "./refusal.ts";
import { bytesOf, hexOf, hexOfNumber, joined, keccak, sha256, ZERO_WORD } from "./words.ts";

/** Lock lists as objects and as bytes [2.5, formats]. */

export interface HashLock {
  readonly kind: "hash";
  readonly amount: bigint;
  readonly expiry: bigint;
  readonly commitment: Hex;
}

export interface ChainLock {
  readonly kind: "chain";
  readonly amount: bigint;
  readonly expiry: bigint;
  readonly commitment: Hex;
  readonly unit: bigint;
  readonly start: bigint;
}

export type Lock = HashLock | ChainLock;

/** What comes with a lock in a settlement. */
export type Evidence =
  | { readonly kind: "none" }
  | { readonly kind: "now"; readonly witness: Hex }
  | { readonly kind: "proof"; readonly witness: Hex }
  | { readonly kind: "checkpoint"; readonly number: bigint }
  | { readonly kind: "conceded" };

export interface ShownLock {
  readonly lock: Lock;
  readonly evidence: Evidence;
}

export const NO_EVIDENCE: Evidence = { kind: "none" };

const ENTRY_BYTES = 50;
const NOW_FLAG = 0x80;
const PROOF_FLAG = 0x40;
const CONCEDED_FLAG = 0x20;
const MOST_WEIGHT = 512;

export function packLocks(locks: readonly Lock[]): Uint8Array {
  return packShown(locks.map((lock) => ({ lock, evidence: NO_EVIDENCE })));
}

export function packShown(locks: readonly ShownLock[]): Uint8Array {
  return joined(...locks.flatMap(({ lock, evidence }) => entriesOf(lock, evidence)));
}

function entriesOf(lock: Lock, evidence: Evidence): readonly Uint8Array[] {
  const { amount, expiry, commitment } = lock;
  if (lock.kind === "chain") {
    const first = entry(2, amount, expiry, commitment);
    if (evidence.kind !== "checkpoint") return [first, entry(3, lock.unit, lock.start, ZERO_WORD)];
    return [first, entry(3 | PROOF_FLAG, lock.unit, lock.start, hexOfNumber(evidence.number, 32))];
  }
  if (evidence.kind === "now") return [entry(1 | NOW_FLAG, amount, expiry, evidence.witness)];
  if (evidence.kind === "proof") return [entry(1 | PROOF_FLAG, amount, expiry, evidence.witness)];
  return [entry(evidence.kind === "conceded" ? 1 | CONCEDED_FLAG : 1, amount, expiry, commitment)];
}

function entry(kind: number, amount: bigint, time: bigint, last: Hex): Uint8Array {
  const front = `${kind.toString(16).padStart(2, "0")}${hexOfNumber(amount, 12).slice(2)}`;
  return bytesOf(`0x${front}${hexOfNumber(time, 5).slice(2)}${last.slice(2)}`);
}

export function rootOf(locks: readonly Lock[]): Hex {
  return rootOfBytes(packLocks(locks));
}

export function rootOfBytes(list: Uint8Array): Hex {
  if (list.length === 0) return ZERO_WORD;
  return keccak(joined(list, bytesOf(hexOfNumber(BigInt(list.length / ENTRY_BYTES), 4))));
}

/** The 50-byte entries of a list, whatever they mean. */
function entriesIn(list: Uint8Array): readonly Uint8Array[] {
  if (list.length % ENTRY_BYTES !== 0) throw new Refusal("MalformedLocks", BigInt(list.length));
  return Array.from({ length: list.length / ENTRY_BYTES }, (_, index) =>
    list.subarray(index * ENTRY_BYTES, (index + 1) * ENTRY_BYTES),
  );
}

/** What a list says is recorded by the call that shows it. */
export function witnessesIn(list: Uint8Array): readonly Hex[] {
  return entriesIn(list)
    .filter((bytes) => (kindOf(bytes) & NOW_FLAG) !== 0)
    .map(lastOf);
}

/** A list that is shown to a settlement. */
export function readShown(list: Uint8Array): readonly ShownLock[] {
  const { locks, flaw } = read(list, true);
  if (flaw !== null) throw new Refusal("MalformedLocks", flaw);
  return locks;
}

/** The root of a list that a closer posts [CL-2] [LOCK-3]. */
export function postedRoot(list: Uint8Array): Hex {
  const { locks, flaw } = read(list, false);
  const surplus = locks.filter(({ lock }) => lock.kind === "chain").length * 2;
  const weight = entriesIn(list).length + surplus;
  if (weight > MOST_WEIGHT) throw new Refusal("TooManyLocks", BigInt(weight), BigInt(MOST_WEIGHT));
  if (flaw !== null) throw new Refusal("MalformedLocks", flaw);
  return rootOfBytes(list);
}

/** The locks before the first flaw, and where that lies. */
function read(
  list: Uint8Array,
  shown: boolean,
): { readonly locks: readonly ShownLock[]; readonly flaw: bigint | null } {
  const entries = entriesIn(list);
  const locks: ShownLock[] = [];
  for (let index = 0; index < entries.length; index++) {
    const first = entries[index] ?? new Uint8Array();
    const hashLock = readHashLock(first, shown);
    const chainLock = readChainLock(first, entries[index + 1], shown);
    const lock = hashLock ?? chainLock;
    if (lock === null) return { locks, flaw: BigInt(index * ENTRY_BYTES) };
    locks.push(lock);
    if (lock === chainLock) index++;
  }
  return { locks, flaw: null };
}

function readHashLock(bytes: Uint8Array, shown: boolean): ShownLock | null {
  if (shown && kindOf(bytes) === (1 | CONCEDED_FLAG)) {
    const lock = {
      kind: "hash",
      amount: amountOf(bytes),
      expiry: timeOf(bytes),
      commitment: lastOf(bytes),
    } as const;
    return { lock, evidence: { kind: "conceded" } };
  }
  const flags = kindOf(bytes) & (NOW_FLAG | PROOF_FLAG);
  if ((kindOf(bytes) ^ flags) !== 1 || (flags !== 0 && !shown)) return null;
  const numbers = { kind: "hash", amount: amountOf(bytes), expiry: timeOf(bytes) } as const;
  const last = lastOf(bytes);
  if (flags === 0) return { lock: { ...numbers, commitment: last }, evidence: NO_EVIDENCE };
  // With both flags the first one counts.
  const kind = (flags & NOW_FLAG) !== 0 ? "now" : "proof";
  return { lock: { ...numbers, commitment: sha256(last) }, evidence: { kind, witness: last } };
}

function readChainLock(bytes: Uint8Array, terms: Uint8Array | undefined, shown: boolean): ShownLock | null {
  if (kindOf(bytes) !== 2 || terms === undefined) return null;
  const lock: ChainLock = {
    kind: "chain",
    amount: amountOf(bytes),
    expiry: timeOf(bytes),
    commitment: lastOf(bytes),
    unit: amountOf(terms),
    start: timeOf(terms),
  };
  const last = lastOf(terms);
  if (kindOf(terms) === 3) return last === ZERO_WORD ? { lock, evidence: NO_EVIDENCE } : null;
  if (kindOf(terms) !== (3 | PROOF_FLAG) || !shown) return null;
  return { lock, evidence: { kind: "checkpoint", number: BigInt(last) } };
}

function kindOf(bytes: Uint8Array): number {
  return bytes[0] ?? 0;
}

function amountOf(bytes: Uint8Array): bigint {
  return BigInt(hexOf(bytes.subarray(1, 13)));
}

function timeOf(bytes: Uint8Array): bigint {
  return BigInt(hexOf(bytes.subarray(13, 18)));
}

function lastOf(bytes: Uint8Array): Hex {
  return hexOf(bytes.subarray(18, 50));
}
