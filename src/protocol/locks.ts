import { abiEncode } from "./abi.ts";
import { toHex, writeHex, writeUint } from "./bytes.ts";
import type { Checked } from "./checked.ts";
import type { Crypto } from "./crypto.ts";
import {
  CHAIN_TERMS,
  ENTRY_BYTES,
  HASH_LOCK,
  packedSize,
  packLock,
  CONCEDED,
  PROVEN,
  readLock,
  WITNESS,
  WORD_AT,
} from "./lock-entries.ts";
import type {
  Amount,
  Body,
  Commitment,
  LaneHead,
  LaneLock,
  LaneState,
  Lock,
  LockId,
  LocksRoot,
  Secret,
} from "./types.ts";

const COUNT_BYTES = 4;

const EMPTY_ROOT = toHex<LocksRoot>(new Uint8Array(32));

const WEIGHTS: Readonly<Record<Lock["kind"], number>> = { hash: 1, chain: 4 };

/** How much of the limit of a lane a lock takes [LOCK-3]. */
export function weightOf(lock: Lock): number {
  return WEIGHTS[lock.kind];
}

export function totalOf(locks: readonly LaneLock[]): Amount {
  return locks.reduce((sum, { lock }) => sum + lock.amount, 0n);
}

export function commitmentOf(lock: Lock): Commitment {
  return lock.kind === "hash" ? lock.hash : lock.commitment;
}

function sizeOf(locks: readonly LaneLock[]): number {
  return locks.reduce((sum, { lock }) => sum + packedSize(lock), 0);
}

function packAll(into: Uint8Array, locks: readonly LaneLock[]): void {
  let at = 0;
  for (const { lock } of locks) at = packLock(into, at, lock);
}

/** The list as `close` posts it and as its root commits to it. */
export function packLocks(locks: readonly LaneLock[]): Uint8Array {
  const packed = new Uint8Array(sizeOf(locks));
  packAll(packed, locks);
  return packed;
}

/** A witness that a settle shows, and whether it is recorded by that call itself or was before. */
export interface ShownWitness {
  readonly secret: Secret;
  readonly recorded: "now" | "before";
}

const NONE: ReadonlySet<LockId> = new Set();

/**
 * The list as `settle` shows it: with the witnesses of some hash locks in place of their commitments, and the numbers of
 * the checkpoints by which chain locks are judged. `conceded`: hash locks that their payee gives up, if it sends the call.
 */
export function packShownLocks(
  locks: readonly LaneLock[],
  witnesses: ReadonlyMap<LockId, ShownWitness>,
  checkpoints: ReadonlyMap<LockId, number> = new Map(),
  conceded: ReadonlySet<LockId> = NONE,
): Uint8Array {
  const packed = packLocks(locks);
  let at = 0;
  for (const { id, lock } of locks) {
    if (lock.kind === "hash") showWitness(packed, at, witnesses.get(id), conceded.has(id));
    else nameCheckpoint(packed, at + ENTRY_BYTES, checkpoints.get(id));
    at += packedSize(lock);
  }
  return packed;
}

function showWitness(
  packed: Uint8Array,
  at: number,
  shown: ShownWitness | undefined,
  isConceded: boolean,
): void {
  if (shown === undefined) {
    if (isConceded) packed[at] = HASH_LOCK | CONCEDED;
    return;
  }
  packed[at] = HASH_LOCK | (shown.recorded === "now" ? WITNESS : PROVEN);
  writeHex(packed, at + WORD_AT, shown.secret);
}

function nameCheckpoint(packed: Uint8Array, at: number, number: number | undefined): void {
  if (number === undefined) return;
  packed[at] = CHAIN_TERMS | PROVEN;
  writeUint(packed, at + WORD_AT, ENTRY_BYTES - WORD_AT, number);
}

/** Reads a list that stood on chain; flags are refused, because what is emitted carries none. */
export function unpackLocks(packed: Uint8Array): Checked<readonly Lock[]> {
  if (packed.length % ENTRY_BYTES !== 0) {
    const problem = `a packed lock list must be a multiple of ${ENTRY_BYTES} bytes; given: ${packed.length} bytes`;
    return { ok: false, problem };
  }
  const locks: Lock[] = [];
  for (let at = 0; at < packed.length;) {
    const read = readLock(packed, at);
    if (!read.ok) return read;
    locks.push(read.value);
    at += packedSize(read.value);
  }
  return { ok: true, value: locks };
}

/** `keccak256(entries || uint32 count of entries)`, zero if empty: flat, because settlement reveals the whole list. */
export function locksRoot(crypto: Crypto, locks: readonly LaneLock[]): LocksRoot {
  if (locks.length === 0) return EMPTY_ROOT;
  const size = sizeOf(locks);
  const counted = new Uint8Array(size + COUNT_BYTES);
  packAll(counted, locks);
  writeUint(counted, size, COUNT_BYTES, size / ENTRY_BYTES);
  return toHex<LocksRoot>(crypto.keccak256(counted), 32);
}

export function headOf(crypto: Crypto, state: LaneState): LaneHead {
  const { seq, sent, ack, locks } = state;
  return { seq, sent, ack, locksRoot: locksRoot(crypto, locks) };
}

/** `keccak256(abi.encode(sent, ack, locksRoot))`; also of seq 0, where the contract asks for no signature. */
export function bodyOf(crypto: Crypto, head: Omit<LaneHead, "seq">): Body {
  return toHex<Body>(crypto.keccak256(abiEncode([head.sent, head.ack, head.locksRoot])), 32);
}

export function stateBody(crypto: Crypto, state: LaneState): Body {
  return bodyOf(crypto, headOf(crypto, state));
}
