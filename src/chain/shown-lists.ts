import type { IHashlane } from "../../typechain-types/Hashlane.ts";
import { abiEncode } from "../protocol/abi.ts";
import { concatBytes, fromHex, readUint, toHex } from "../protocol/bytes.ts";
import { isZeroWord } from "../protocol/checked.ts";
import type { Crypto } from "../protocol/crypto.ts";
import {
  CHAIN_LOCK,
  CHAIN_TERMS,
  CONCEDED,
  ENTRY_BYTES,
  expiryAt,
  HASH_LOCK,
  PROVEN,
  readLock,
  WITNESS,
  WORD_AT,
  wordAt,
} from "../protocol/lock-entries.ts";
import { MAX_CHAIN_LINKS, MAX_RECORDED, registryKey } from "../protocol/registry.ts";
import type { ChainLock, Hex, Secret, UnixSeconds } from "../protocol/types.ts";
import type { RecordedLists } from "./closing.ts";

/** One lock of a list that a settle showed. */
export type ShownLock =
  | {
      readonly kind: "hash";
      /** As it was signed: the commitment in place of the witness, no flags. */
      readonly packed: Uint8Array;
      readonly expiry: UnixSeconds;
      /** Key of the record that was shown with it; null if none was. */
      readonly recordKey: Hex | null;
      /** Whether it was given up, if its payee sent the call. */
      readonly conceded: boolean;
    }
  | {
      readonly kind: "chain";
      readonly lock: ChainLock;
      /** Number of the checkpoint named with it, 0 for none; beyond MAX_CHAIN_LINKS there is none of any number. */
      readonly number: number;
    };

/** Reads the calldata of a settle. Null if it holds lists that the contract refuses, or that nobody can have declared. */
export function readShown(
  crypto: Crypto,
  shown: IHashlane.ShownStructOutput,
): RecordedLists<readonly ShownLock[]> | null {
  const [own, theirs, answered] = [split(shown.own), split(shown.theirs), split(shown.answered)];
  if (own === null || theirs === null || answered === null) return null;
  const all = [...own, ...theirs, ...answered].filter(isHashLock);
  const read = lockReader(crypto, recordKeys(crypto, all), provenKeys(crypto, all, shown.proofs));
  const lists = [own, theirs, answered].map((list) => list.map(read).filter((lock) => lock !== null));
  const [ownLocks = [], theirLocks = [], answeredLocks = []] = lists;
  const isWhole = own.length + theirs.length + answered.length === lists.flat().length;
  return isWhole ? { own: ownLocks, theirs: theirLocks, answered: answeredLocks } : null;
}

/** The entries of each lock: one, or two of a chain lock. */
function split(list: string): readonly Uint8Array[] | null {
  const packed = fromHex(list as Hex);
  if (packed.length % ENTRY_BYTES !== 0) return null;
  const locks: Uint8Array[] = [];
  for (let at = 0; at < packed.length;) {
    const size = packed[at] === CHAIN_LOCK ? 2 * ENTRY_BYTES : ENTRY_BYTES;
    const lock = packed.subarray(at, at + size);
    if (!isHashLock(lock) && !isChainLock(lock)) return null;
    locks.push(lock);
    at += size;
  }
  return locks;
}

function isHashLock([kind = 0]: Uint8Array): boolean {
  return (kind & ~(WITNESS | PROVEN)) === HASH_LOCK || kind === (HASH_LOCK | CONCEDED);
}

function isChainLock(lock: Uint8Array): boolean {
  return lock[0] === CHAIN_LOCK && ((lock[ENTRY_BYTES] ?? 0) & ~PROVEN) === CHAIN_TERMS;
}

function has(entry: Uint8Array, flag: number): boolean {
  return ((entry[0] ?? 0) & flag) !== 0;
}

function lockReader(
  crypto: Crypto,
  recorded: ReadonlyMap<Uint8Array, Hex>,
  proven: ReadonlyMap<Uint8Array, Hex>,
) {
  return (entry: Uint8Array): ShownLock | null => {
    if (isChainLock(entry)) return readChainLock(entry);
    const expiry = expiryAt(entry, 0);
    const conceded = has(entry, CONCEDED);
    const packed = entry.slice();
    packed[0] = HASH_LOCK;
    if (!has(entry, WITNESS | PROVEN)) return { kind: "hash", packed, expiry, recordKey: null, conceded };
    packed.set(crypto.sha256(wordAt(entry, 0)), WORD_AT);
    const key = recorded.get(entry) ?? proven.get(entry) ?? null;
    // The zero word pads the registry's trees, so the contract hears no record of it.
    return { kind: "hash", packed, expiry, recordKey: isZeroWord(wordAt(entry, 0)) ? null : key, conceded };
  };
}

function readChainLock(entries: Uint8Array): ShownLock | null {
  const signed = entries.slice();
  let number = 0n;
  if (entries[ENTRY_BYTES] !== CHAIN_TERMS) {
    number = readUint(entries, ENTRY_BYTES + WORD_AT, ENTRY_BYTES - WORD_AT);
    signed[ENTRY_BYTES] = CHAIN_TERMS;
    signed.fill(0, ENTRY_BYTES + WORD_AT);
  }
  const read = readLock(signed, 0);
  if (!read.ok || read.value.kind !== "chain") return null;
  const isKnown = number <= BigInt(MAX_CHAIN_LINKS);
  return { kind: "chain", lock: read.value, number: isKnown ? Number(number) : MAX_CHAIN_LINKS + 1 };
}

/** The records that the call itself makes, in lists as large as possible. */
function recordKeys(crypto: Crypto, entries: readonly Uint8Array[]): ReadonlyMap<Uint8Array, Hex> {
  const shown = entries.filter((entry) => has(entry, WITNESS));
  const keys = new Map<Uint8Array, Hex>();
  for (let from = 0; from < shown.length; from += MAX_RECORDED) {
    const list = shown.slice(from, from + MAX_RECORDED);
    const key = registryKey(
      crypto,
      list.map((entry) => toHex<Secret>(wordAt(entry, 0), 32)),
    );
    for (const entry of list) keys.set(entry, key);
  }
  return keys;
}

/** The older records that the proofs lead to, one proof after the other. */
function provenKeys(
  crypto: Crypto,
  entries: readonly Uint8Array[],
  proofs: readonly string[],
): ReadonlyMap<Uint8Array, Hex> {
  const keys = new Map<Uint8Array, Hex>();
  let next = 0;
  for (const entry of entries) {
    if (has(entry, WITNESS) || !has(entry, PROVEN)) continue;
    const head = BigInt(proofs[next] ?? 0);
    const depth = Number(head & 0xffn);
    const siblings = proofs.slice(next + 1, next + 1 + depth);
    next += 1 + depth;
    keys.set(entry, keyOfPath(crypto, wordAt(entry, 0), head >> 8n, siblings));
  }
  return keys;
}

function keyOfPath(crypto: Crypto, witness: Uint8Array, index: bigint, siblings: readonly string[]): Hex {
  let node = witness;
  siblings.forEach((word, level) => {
    const sibling = fromHex(word as Hex);
    const isRight = ((index >> BigInt(level)) & 1n) === 1n;
    node = crypto.keccak256(isRight ? concatBytes(sibling, node) : concatBytes(node, sibling));
  });
  return toHex(crypto.keccak256(abiEncode([node, siblings.length])), 32);
}
