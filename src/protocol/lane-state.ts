import { MAX_UINT128 } from "./checked.ts";
import type { Effect, ForgedWhy } from "./lane.ts";
import { weightOf } from "./locks.ts";
import type { Change } from "./messages.ts";
import type { Amount, LaneLock, LaneState, LockId, Seq } from "./types.ts";

/** Kept beside a state, so that nobody has to walk its list for them. */
export interface Totals {
  /** Sum of the amounts of the locks. */
  readonly locked: Amount;
  /** Sum of the weights of the locks [LOCK-3]. */
  readonly weight: number;
  /** Highest id that was ever used. */
  readonly lastLockId: LockId;
}

/** A state with the facts that its changes imply. */
export interface Applied extends Totals {
  readonly state: LaneState;
  readonly effects: readonly Effect[];
  readonly changesLocks: boolean;
}

/** Position of a lock in a list that is in order of id; -1 if it is not there. */
export function indexOfLock(locks: readonly { readonly id: LockId }[], id: LockId): number {
  let low = 0;
  let high = locks.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const found = locks[middle]?.id ?? Infinity;
    if (found === id) return middle;
    if (found < id) low = middle + 1;
    else high = middle - 1;
  }
  return -1;
}

/**
 * Applies changes to a base [LANE-3]. One pass over the list for all of them, because a state may remove hundreds.
 * Refuses what no body can be made of: it cannot have been signed.
 */
export function applyChanges(
  base: Totals & { readonly sent: Amount; readonly locks: readonly LaneLock[] },
  next: { readonly seq: Seq; readonly ack: Seq; readonly changes: readonly Change[] },
): Applied | ForgedWhy {
  let { sent, locked, weight, lastLockId } = base;
  const removed = new Set<LockId>();
  const added: LaneLock[] = [];
  const effects: Effect[] = [];
  for (const change of next.changes) {
    if (change.kind === "pay") {
      sent += change.amount;
      effects.push(change);
    } else if (change.kind === "add") {
      if (change.id <= lastLockId) return "lock_id_not_growing";
      lastLockId = change.id;
      locked += change.lock.amount;
      sent += change.rent ?? 0n;
      weight += weightOf(change.lock);
      added.push({ id: change.id, lock: change.lock });
      effects.push(change);
    } else {
      const found = base.locks[indexOfLock(base.locks, change.id)];
      if (found === undefined || removed.has(change.id)) return "unknown_lock";
      removed.add(change.id);
      locked -= found.lock.amount;
      weight -= weightOf(found.lock);
      if (change.kind === "win") sent += found.lock.amount;
      effects.push({ kind: change.kind, id: change.id, lock: found.lock });
    }
  }
  if (sent > MAX_UINT128) return "sent_overflow";
  const kept = removed.size === 0 ? base.locks : base.locks.filter(({ id }) => !removed.has(id));
  const locks = added.length === 0 ? kept : [...kept, ...added];
  const state = { seq: next.seq, sent, ack: next.ack, locks };
  return { state, effects, locked, weight, lastLockId, changesLocks: locks !== base.locks };
}
