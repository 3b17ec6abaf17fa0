import type { IHashlane } from "../../typechain-types/Hashlane.ts";
import { abiEncode } from "../protocol/abi.ts";
import { concatBytes, fromHex, readUint, toHex } from "../protocol/bytes.ts";
import { isZeroWord } from "../protocol/checked.ts";
import type { Crypto } from "../protocol/crypto.ts";
import { LOCK_BYTES } from "../protocol/locks.ts";
import { MAX_RECORDED, registryKey } from "../protocol/registry.ts";
import type { Hex, Secret, UnixSeconds } from "../protocol/types.ts";
import type { RecordedLists } from "./closing.ts";

const EXPIRY_AT = 13;
const WITNESS_AT = 18;
const EXPIRY_BYTES = WITNESS_AT - EXPIRY_AT;
const WITNESS = 0x80;
const PROVEN = 0x40;

/** One lock of a list that a settle showed. */
export interface ShownEntry {
  /** As it was signed: the commitment in place of the witness, no flags. */
  readonly packed: Uint8Array;
  readonly expiry: UnixSeconds;
  /** Key of the record that was shown with it; null if none was. */
  readonly recordKey: Hex | null;
}

/** Reads the calldata of a settle. Null if it holds lists that the contract refuses. */
export function readShown(
  crypto: Crypto,
  shown: IHashlane.ShownStructOutput,
): RecordedLists<readonly ShownEntry[]> | null {
  const [own, theirs, answered] = [split(shown.own), split(shown.theirs), split(shown.answered)];
  if (own === null || theirs === null || answered === null) return null;
  const all = [...own, ...theirs, ...answered];
  const read = entryReader(crypto, recordKeys(crypto, all), provenKeys(crypto, all, shown.proofs));
  return { own: own.map(read), theirs: theirs.map(read), answered: answered.map(read) };
}

function split(list: string): readonly Uint8Array[] | null {
  const packed = fromHex(list as Hex);
  if (packed.length % LOCK_BYTES !== 0) return null;
  return Array.from({ length: packed.length / LOCK_BYTES }, (_, index) =>
    packed.subarray(index * LOCK_BYTES, (index + 1) * LOCK_BYTES),
  );
}

function has(entry: Uint8Array, flag: number): boolean {
  return ((entry[0] ?? 0) & flag) !== 0;
}

function entryReader(
  crypto: Crypto,
  recorded: ReadonlyMap<Uint8Array, Hex>,
  proven: ReadonlyMap<Uint8Array, Hex>,
) {
  return (entry: Uint8Array): ShownEntry => {
    const expiry = Number(readUint(entry, EXPIRY_AT, EXPIRY_BYTES));
    if (!has(entry, WITNESS | PROVEN)) return { packed: entry, expiry, recordKey: null };
    const packed = entry.slice();
    packed[0] = (packed[0] ?? 0) & ~(WITNESS | PROVEN);
    packed.set(crypto.sha256(witnessOf(entry)), WITNESS_AT);
    const key = recorded.get(entry) ?? proven.get(entry) ?? null;
    // The zero word pads the registry's trees, so the contract hears no record of it.
    return { packed, expiry, recordKey: isZeroWord(witnessOf(entry)) ? null : key };
  };
}

function witnessOf(entry: Uint8Array): Uint8Array {
  return entry.slice(WITNESS_AT);
}

/** The records that the call itself makes, in lists as large as possible. */
function recordKeys(crypto: Crypto, entries: readonly Uint8Array[]): ReadonlyMap<Uint8Array, Hex> {
  const shown = entries.filter((entry) => has(entry, WITNESS));
  const keys = new Map<Uint8Array, Hex>();
  for (let from = 0; from < shown.length; from += MAX_RECORDED) {
    const list = shown.slice(from, from + MAX_RECORDED);
    const key = registryKey(
      crypto,
      list.map((entry) => toHex<Secret>(witnessOf(entry), 32)),
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
    keys.set(entry, keyOfPath(crypto, witnessOf(entry), head >> 8n, siblings));
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
