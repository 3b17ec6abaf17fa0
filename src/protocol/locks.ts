import { abiEncode } from "./abi.ts";
import { readUint, toHex, writeHex, writeUint } from "./bytes.ts";
import type { Checked } from "./checked.ts";
import type { Crypto } from "./crypto.ts";
import type {
  Amount,
  Body,
  LaneHead,
  LaneLock,
  LaneState,
  Lock,
  LockId,
  LocksRoot,
  Secret,
} from "./types.ts";

/** Packed size of a hash lock: kind (1), amount (12), expiry (5), hash (32), big endian. */
export const LOCK_BYTES = 50;
const AMOUNT_AT = 1;
const EXPIRY_AT = 13;
const HASH_AT = 18;

const HASH_LOCK = 0x01;
/** The last 32 bytes are the witness, and the call that shows the list records it. */
const WITNESS = 0x80;
/** The last 32 bytes are the witness, and the path to its record is among the proofs. */
const PROVEN = 0x40;

const EMPTY_ROOT = toHex<LocksRoot>(new Uint8Array(32));

const WEIGHTS: Readonly<Record<Lock["kind"], number>> = { hash: 1 };

/** How much of the limit of a lane a lock takes [LOCK-3]. */
export function weightOf(lock: Lock): number {
  return WEIGHTS[lock.kind];
}

export function totalOf(locks: readonly LaneLock[]): Amount {
  return locks.reduce((sum, { lock }) => sum + lock.amount, 0n);
}

function packInto(into: Uint8Array, at: number, lock: Lock): void {
  into[at] = HASH_LOCK;
  writeUint(into, at + AMOUNT_AT, EXPIRY_AT - AMOUNT_AT, lock.amount);
  writeUint(into, at + EXPIRY_AT, HASH_AT - EXPIRY_AT, lock.expiry);
  writeHex(into, at + HASH_AT, lock.hash);
}

/** The list as `close` posts it and as its root commits to it. */
export function packLocks(locks: readonly LaneLock[]): Uint8Array {
  const packed = new Uint8Array(locks.length * LOCK_BYTES);
  locks.forEach(({ lock }, index) => packInto(packed, index * LOCK_BYTES, lock));
  return packed;
}

/** A witness that a settle shows, and whether it is recorded by that call itself or was before. */
export interface ShownWitness {
  readonly secret: Secret;
  readonly recorded: "now" | "before";
}

/** The list as `settle` shows it, with the witnesses of some locks in place of their commitments. */
export function packShownLocks(
  locks: readonly LaneLock[],
  witnesses: ReadonlyMap<LockId, ShownWitness>,
): Uint8Array {
  const packed = packLocks(locks);
  locks.forEach(({ id }, index) => {
    const shown = witnesses.get(id);
    if (shown === undefined) return;
    const at = index * LOCK_BYTES;
    packed[at] = HASH_LOCK | (shown.recorded === "now" ? WITNESS : PROVEN);
    writeHex(packed, at + HASH_AT, shown.secret);
  });
  return packed;
}

/** Reads a list that stood on chain; flags are refused, because what is emitted carries none. */
export function unpackLocks(packed: Uint8Array): Checked<readonly Lock[]> {
  if (packed.length % LOCK_BYTES !== 0) {
    const problem = `a packed lock list must be a multiple of ${LOCK_BYTES} bytes; given: ${packed.length} bytes`;
    return { ok: false, problem };
  }
  const locks: Lock[] = [];
  for (let at = 0; at < packed.length; at += LOCK_BYTES) {
    if (packed[at] !== HASH_LOCK) {
      return { ok: false, problem: `unknown kind of lock ${packed[at]} at byte ${at} of a packed lock list` };
    }
    locks.push({
      kind: "hash",
      amount: readUint(packed, at + AMOUNT_AT, EXPIRY_AT - AMOUNT_AT),
      expiry: Number(readUint(packed, at + EXPIRY_AT, HASH_AT - EXPIRY_AT)),
      hash: toHex(packed.subarray(at + HASH_AT, at + LOCK_BYTES), 32),
    });
  }
  return { ok: true, value: locks };
}

/** `keccak256(entries || uint32 count)`, zero if empty: flat, because settlement reveals the whole list. */
export function locksRoot(crypto: Crypto, locks: readonly LaneLock[]): LocksRoot {
  if (locks.length === 0) return EMPTY_ROOT;
  const counted = new Uint8Array(locks.length * LOCK_BYTES + 4);
  locks.forEach(({ lock }, index) => packInto(counted, index * LOCK_BYTES, lock));
  writeUint(counted, locks.length * LOCK_BYTES, 4, locks.length);
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
