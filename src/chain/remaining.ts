import { concatBytes, toHex, writeUint } from "../protocol/bytes.ts";
import type { ClosingRecord } from "../protocol/chain-facts.ts";
import { type CheckpointOf, judgeChainLock } from "../protocol/chain-locks.ts";
import { ZERO_WORD } from "../protocol/checked.ts";
import type { Crypto } from "../protocol/crypto.ts";
import { ENTRY_BYTES } from "../protocol/lock-entries.ts";
import { packLocks } from "../protocol/locks.ts";
import type { Hex, UnixSeconds } from "../protocol/types.ts";
import type { RecordedLists } from "./closing.ts";
import type { ShownLock } from "./shown-lists.ts";

/** What a settle was judged by. */
export interface SettledCall {
  readonly shown: RecordedLists<readonly ShownLock[]>;
  readonly challengePeriod: number;
  /** Timestamp of its block. */
  readonly now: UnixSeconds;
  /** When the registry's list with this key was recorded first; absent or 0 if never. */
  readonly times: ReadonlyMap<Hex, UnixSeconds>;
  /** As the registry has them by now. */
  readonly checkpointOf: CheckpointOf;
}

/** Packed list of what remains of each list; null if it was not shown. */
export type Remaining = RecordedLists<Uint8Array | null>;

/** What the calldata leaves open [LOCK-1]. */
interface Circumstances {
  /** Whether a challenge period had gone by since the deadline. */
  readonly waitOver: boolean;
  /** Whether the payee sent the call itself. */
  readonly byPayee: boolean;
  /** Whether checkpoints of the same block came before the call. */
  readonly sameBlock: boolean;
}

const BOTH = [false, true] as const;

const CIRCUMSTANCES: readonly Circumstances[] = BOTH.flatMap((waitOver) =>
  BOTH.flatMap((byPayee) => [true, false].map((sameBlock) => ({ waitOver, byPayee, sameBlock }))),
);

/**
 * What a settle left of the lists that it showed; the event names only the roots, so they confirm it.
 * Null if this call cannot have left `record`.
 */
export function remainingAfter(crypto: Crypto, record: ClosingRecord, call: SettledCall): Remaining | null {
  const own = remainingOf(crypto, record.own.locksRoot, call.shown.own, call);
  const theirs = remainingOf(crypto, record.theirs.locksRoot, call.shown.theirs, call);
  const answered = remainingOf(crypto, record.answered.locksRoot, call.shown.answered, call);
  if (own === undefined || theirs === undefined || answered === undefined) return null;
  return { own, theirs, answered };
}

function remainingOf(
  crypto: Crypto,
  root: Hex,
  list: readonly ShownLock[],
  call: SettledCall,
): Uint8Array | null | undefined {
  if (list.length === 0) return null;
  // Also of a list that was shown too late, whatever its locks say.
  if (root === ZERO_WORD) return new Uint8Array(0);
  return CIRCUMSTANCES.map((circumstances) =>
    concatBytes(...list.map((lock) => restOf(lock, call, circumstances))),
  ).find((packed) => rootOf(crypto, packed) === root);
}

const NOTHING = new Uint8Array(0);

/** What is undecided of a lock, packed. */
function restOf(shown: ShownLock, call: SettledCall, circumstances: Circumstances): Uint8Array {
  if (shown.kind === "hash") return isUndecided(shown, call, circumstances) ? shown.packed : NOTHING;
  const { now, checkpointOf } = call;
  const then: CheckpointOf = (commitment, number) => {
    const checkpoint = checkpointOf(commitment, number);
    const end = circumstances.sameBlock ? now : now - 1;
    return checkpoint !== null && checkpoint.time <= end ? checkpoint : null;
  };
  const { rest } = judgeChainLock(shown.lock, shown.number, then, now);
  return rest === null ? NOTHING : packLocks([{ id: 0, lock: rest }]);
}

function isUndecided(
  { expiry, recordKey, conceded }: Extract<ShownLock, { kind: "hash" }>,
  { now, challengePeriod, times }: SettledCall,
  { waitOver, byPayee }: Circumstances,
): boolean {
  if (waitOver && now >= expiry + challengePeriod) return false;
  const time = recordKey === null ? 0 : (times.get(recordKey) ?? 0);
  if (time !== 0 && time <= now && time < expiry) return false;
  return !(byPayee && conceded) || now < expiry;
}

function rootOf(crypto: Crypto, packed: Uint8Array): Hex {
  if (packed.length === 0) return ZERO_WORD;
  const count = new Uint8Array(4);
  writeUint(count, 0, 4, packed.length / ENTRY_BYTES);
  return toHex(crypto.keccak256(concatBytes(packed, count)), 32);
}
