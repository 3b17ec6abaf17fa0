import { readUint, toHex, writeHex, writeUint } from "./bytes.ts";
import { type Checked, isZeroWord } from "./checked.ts";
import type { ChainCommitment, Lock, PaymentHash } from "./types.ts";

/**
 * Packed size of an entry, big endian. A hash lock is one: kind (1), amount (12), expiry (5), hash (32). A chain lock is
 * two: kind, amount, expiry, commitment; then kind, unit (12), start (5), a zero word.
 */
export const ENTRY_BYTES = 50;
const AMOUNT_AT = 1;
const EXPIRY_AT = 13;
/** Of the word that ends an entry: a commitment, a witness, or a checkpoint's number. */
export const WORD_AT = 18;

export const HASH_LOCK = 0x01;
export const CHAIN_LOCK = 0x02;
/** Kind of the second entry of a chain lock. */
export const CHAIN_TERMS = 0x03;
/** The word is the witness of a hash lock, and the call that shows the list records it. */
export const WITNESS = 0x80;
/** The word is the witness of a hash lock whose record is among the proofs, or the number of a chain lock's checkpoint. */
export const PROVEN = 0x40;
/** On a hash lock: its payee gives it up. */
export const CONCEDED = 0x20;

const ENTRIES: Readonly<Record<Lock["kind"], number>> = { hash: 1, chain: 2 };

/** Bytes that a lock takes in a packed list. */
export function packedSize({ kind }: Lock): number {
  return ENTRIES[kind] * ENTRY_BYTES;
}

/** Returns the position after the lock. */
export function packLock(into: Uint8Array, at: number, lock: Lock): number {
  if (lock.kind === "hash") {
    packEntry(into, at, HASH_LOCK, lock.amount, lock.expiry);
    return writeHex(into, at + WORD_AT, lock.hash);
  }
  packEntry(into, at, CHAIN_LOCK, lock.amount, lock.expiry);
  const terms = writeHex(into, at + WORD_AT, lock.commitment);
  packEntry(into, terms, CHAIN_TERMS, lock.unit, lock.start);
  return terms + ENTRY_BYTES;
}

function packEntry(into: Uint8Array, at: number, kind: number, amount: bigint, expiry: number): void {
  into[at] = kind;
  writeUint(into, at + AMOUNT_AT, EXPIRY_AT - AMOUNT_AT, amount);
  writeUint(into, at + EXPIRY_AT, WORD_AT - EXPIRY_AT, expiry);
}

/** The amount of an entry, or the unit of a second one. */
function amountAt(packed: Uint8Array, at: number): bigint {
  return readUint(packed, at + AMOUNT_AT, EXPIRY_AT - AMOUNT_AT);
}

/** The expiry of an entry, or the start of a second one. */
export function expiryAt(packed: Uint8Array, at: number): number {
  return Number(readUint(packed, at + EXPIRY_AT, WORD_AT - EXPIRY_AT));
}

/** A copy. */
export function wordAt(packed: Uint8Array, at: number): Uint8Array {
  return packed.slice(at + WORD_AT, at + ENTRY_BYTES);
}

/** The lock that begins at this byte of whole entries, without flags. */
export function readLock(packed: Uint8Array, at: number): Checked<Lock> {
  const kind = packed[at];
  const [amount, expiry] = [amountAt(packed, at), expiryAt(packed, at)];
  const word = wordAt(packed, at);
  if (kind === HASH_LOCK) {
    return { ok: true, value: { kind: "hash", amount, expiry, hash: toHex<PaymentHash>(word, 32) } };
  }
  if (kind !== CHAIN_LOCK) {
    return { ok: false, problem: `unknown kind of lock ${kind} at byte ${at} of a packed lock list` };
  }
  const terms = at + ENTRY_BYTES;
  if (packed[terms] !== CHAIN_TERMS) {
    return {
      ok: false,
      problem: `the chain lock at byte ${at} of a packed lock list lacks its second entry`,
    };
  }
  if (!isZeroWord(wordAt(packed, terms))) {
    const problem = `the chain lock at byte ${at} of a packed lock list must end in a zero word`;
    return { ok: false, problem };
  }
  const commitment = toHex<ChainCommitment>(word, 32);
  const [unit, start] = [amountAt(packed, terms), expiryAt(packed, terms)];
  return { ok: true, value: { kind: "chain", amount, expiry, commitment, unit, start } };
}
