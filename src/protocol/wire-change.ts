import type { Change } from "./messages.ts";
import type { Amount, ChainCommitment, Lock } from "./types.ts";
import type { WireReader } from "./wire-reader.ts";
import type { WireWriter } from "./wire-writer.ts";

/** Longest packet that a lock may carry; no signature covers it, so its size is only a matter of the wire. */
export const MAX_PACKET_BYTES = 2048;
/** Most changes that one update can carry: what its count has room for. */
export const MAX_CHANGES = 0xffff;

const KIND = 1;
const LOCK_ID = 8;
const PAY_AMOUNT = 16;
const LOCK_AMOUNT = 12;
const RENT = 12;
const LOCK_EXPIRY = 5;
const WORD = 32;
const PACKET_LENGTH = 2;
/** Of the lock's second half as well: kind, unit, start. */
const LOCK_SIZES = {
  hash: KIND + LOCK_AMOUNT + LOCK_EXPIRY + WORD,
  chain: KIND + LOCK_AMOUNT + LOCK_EXPIRY + WORD + LOCK_AMOUNT + LOCK_EXPIRY,
} as const satisfies Record<Lock["kind"], number>;

const PAY_KIND = 1;
const ADD_KIND = 2;
const REMOVALS = { win: 3, drop: 4, expire: 5 } as const;
/** As {@link ADD_KIND}, with the rent at the end. */
const RENT_ADD_KIND = 6;
const HASH_LOCK = 1;
const CHAIN_LOCK = 2;

/** Encoded size in bytes of a change. */
export function changeSize(change: Change): number {
  switch (change.kind) {
    case "pay":
      return KIND + PAY_AMOUNT + WORD;
    case "add":
      return (
        KIND +
        LOCK_ID +
        LOCK_SIZES[change.lock.kind] +
        PACKET_LENGTH +
        change.packet.length +
        (change.rent === undefined ? 0 : RENT)
      );
    case "win":
    case "drop":
    case "expire":
      return KIND + LOCK_ID;
  }
}

export function sizeOfChanges(changes: readonly Change[]): number {
  return changes.reduce((sum, change) => sum + changeSize(change), 0);
}

export function writeChange(to: WireWriter, change: Change): void {
  switch (change.kind) {
    case "pay":
      to.uint(KIND, PAY_KIND);
      to.uint(PAY_AMOUNT, change.amount);
      to.hex(change.tag);
      return;
    case "add":
      writeAdd(to, change);
      return;
    case "win":
    case "drop":
    case "expire":
      to.uint(KIND, REMOVALS[change.kind]);
      to.uint(LOCK_ID, change.id);
      return;
  }
}

function writeAdd(to: WireWriter, { id, lock, packet, rent }: Extract<Change, { kind: "add" }>): void {
  if (packet.length > MAX_PACKET_BYTES) {
    throw new RangeError(`a packet has at most ${MAX_PACKET_BYTES} bytes, not ${packet.length}`);
  }
  to.uint(KIND, rent === undefined ? ADD_KIND : RENT_ADD_KIND);
  to.uint(LOCK_ID, id);
  writeLock(to, lock);
  to.uint(PACKET_LENGTH, packet.length);
  to.bytes(packet);
  if (rent !== undefined) to.uint(RENT, rent);
}

export function writeLock(to: WireWriter, lock: Lock): void {
  to.uint(KIND, lock.kind === "hash" ? HASH_LOCK : CHAIN_LOCK);
  to.uint(LOCK_AMOUNT, lock.amount);
  to.uint(LOCK_EXPIRY, lock.expiry);
  if (lock.kind === "hash") {
    to.hex(lock.hash);
    return;
  }
  to.hex(lock.commitment);
  to.uint(LOCK_AMOUNT, lock.unit);
  to.uint(LOCK_EXPIRY, lock.start);
}

/** Anything after a mistake: the reader remembers it and nobody looks at this. */
const NOTHING: Change = { kind: "win", id: 0 };

export function readChange(from: WireReader): Change {
  const at = from.at;
  const kind = from.number(KIND, "kind of change");
  switch (kind) {
    case PAY_KIND:
      return { kind: "pay", amount: from.uint(PAY_AMOUNT, "amount"), tag: from.hex(WORD, "tag") };
    case ADD_KIND:
      return readAdd(from);
    case RENT_ADD_KIND:
      return { ...readAdd(from), rent: readRent(from) };
    case REMOVALS.win:
      return { kind: "win", id: from.number(LOCK_ID, "lock id") };
    case REMOVALS.drop:
      return { kind: "drop", id: from.number(LOCK_ID, "lock id") };
    case REMOVALS.expire:
      return { kind: "expire", id: from.number(LOCK_ID, "lock id") };
    default:
      from.fail("unknown_kind", `unknown kind of change: ${kind}`, at);
      return NOTHING;
  }
}

/** Of a lock without rent there is one form only. */
function readRent(from: WireReader): Amount {
  const at = from.at;
  const rent = from.uint(RENT, "rent");
  if (rent === 0n) from.fail("out_of_range", "rent must be above 0 where there is one; given: 0", at);
  return rent;
}

function readAdd(from: WireReader): Extract<Change, { kind: "add" }> {
  const id = from.number(LOCK_ID, "lock id");
  const lock = readLock(from);
  return { kind: "add", id, lock, packet: from.variable(PACKET_LENGTH, MAX_PACKET_BYTES, "packet") };
}

export function readLock(from: WireReader): Lock {
  const at = from.at;
  const kind = from.number(KIND, "kind of lock");
  const isChain = kind === CHAIN_LOCK;
  if (kind !== HASH_LOCK && !isChain) from.fail("unknown_kind", `unknown kind of lock: ${kind}`, at);
  const amount = from.uint(LOCK_AMOUNT, "amount");
  const expiry = from.number(LOCK_EXPIRY, "expiry");
  if (!isChain) return { kind: "hash", amount, expiry, hash: from.hex(WORD, "hash") };
  const commitment = from.hex<ChainCommitment>(WORD, "commitment");
  const unit = from.uint(LOCK_AMOUNT, "unit");
  return { kind: "chain", amount, expiry, commitment, unit, start: from.number(LOCK_EXPIRY, "start") };
}
