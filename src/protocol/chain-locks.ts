import type { Checkpoint } from "./chain-facts.ts";
import type { Amount, ChainCommitment, ChainLock, UnixSeconds } from "./types.ts";

/** A hash chain's checkpoint of this number, from 1; null if there is none yet. */
export type CheckpointOf = (commitment: ChainCommitment, number: number) => Checkpoint | null;

export interface ChainOutcome {
  readonly won: Amount;
  /** What is not decided yet; null if all is. */
  readonly rest: ChainLock | null;
}

/**
 * [LOCK-1] for a chain lock that is shown with the number of a checkpoint, 0 for none. What that checkpoint gives is won
 * at once; the rest is lost at expiry, unless the next checkpoint is in time too and thus has to be named. A checkpoint
 * that is late or missing decides nothing.
 */
export function judgeChainLock(
  lock: ChainLock,
  number: number,
  checkpointOf: CheckpointOf,
  now: UnixSeconds,
): ChainOutcome {
  const { commitment, expiry } = lock;
  const named = number === 0 ? null : checkpointOf(commitment, number);
  if (number !== 0 && !isInTime(named, expiry)) return { won: 0n, rest: restOf(lock, 0n, lock.start) };
  const index = Math.max(lock.start, named?.index ?? 0);
  const earned = BigInt(index - lock.start) * lock.unit;
  const won = earned < lock.amount ? earned : lock.amount;
  const isOver = now >= expiry && !isInTime(checkpointOf(commitment, number + 1), expiry);
  return { won, rest: isOver ? null : restOf(lock, won, index) };
}

function isInTime(checkpoint: Checkpoint | null, expiry: UnixSeconds): boolean {
  return checkpoint !== null && checkpoint.time < expiry;
}

function restOf(lock: ChainLock, won: Amount, start: number): ChainLock | null {
  return lock.amount === won ? null : { ...lock, amount: lock.amount - won, start };
}
