import { ZERO_WORD } from "../checked.ts";
import type { ChainFact, ClosingRecord, RecordedLane } from "../chain-facts.ts";
import type { Crypto } from "../crypto.ts";
import { ownStateAt } from "../lane-own.ts";
import { commitmentOf, locksRoot, unpackLocks } from "../locks.ts";
import type { RecordedList } from "../settlement.ts";
import type { LaneLock, Lock, LocksRoot } from "../types.ts";
import type { Channel, KnownLists } from "./state.ts";

const EMPTY_ROOT = ZERO_WORD as LocksRoot;

type Fact<K extends ChainFact["kind"]> = Extract<ChainFact, { kind: K }>;

/** The list if it is what the record commits to. */
function proven(
  crypto: Crypto,
  lane: RecordedLane,
  locks: readonly LaneLock[] | null,
): readonly LaneLock[] | null {
  if (lane.locksRoot === EMPTY_ROOT) return [];
  return locks !== null && locksRoot(crypto, locks) === lane.locksRoot ? locks : null;
}

/** Of a chain lock less may be left than is known of. */
function isSameLock(known: Lock, left: Lock): boolean {
  if (commitmentOf(known) !== commitmentOf(left) || known.expiry !== left.expiry) return false;
  if (known.kind === "hash" || left.kind === "hash") {
    return known.kind === left.kind && known.amount === left.amount;
  }
  return known.unit === left.unit && known.amount >= left.amount && known.start <= left.start;
}

/** Locks that stood on chain under the ids that we know them by; `known` holds them all, in the same order. */
function withIds(packed: Uint8Array, known: readonly LaneLock[]): readonly LaneLock[] | null {
  const read = unpackLocks(packed);
  if (!read.ok) return null;
  const locks: LaneLock[] = [];
  let at = 0;
  for (const lock of read.value) {
    while (at < known.length && !isSameLock(known[at]?.lock ?? lock, lock)) at++;
    locks.push({ id: known[at]?.id ?? -1 - locks.length, lock });
    at++;
  }
  return locks;
}

/** What we know of the lists of a close: our lane's from our own states, the peer's from what we hold or what it posted. */
export function listsOfClose(
  crypto: Crypto,
  channel: Channel,
  { record, ownLocks }: Fact<"closing">,
): KnownLists {
  const isOurs = record.closer === channel.side;
  const { newest } = channel.held;
  if (isOurs) {
    const own = ownStateAt(channel.own, record.own.seq)?.locks ?? null;
    return {
      own: proven(crypto, record.own, own),
      theirs: proven(crypto, record.theirs, newest.locks),
      answered: [],
    };
  }
  const theirs = ownStateAt(channel.own, record.theirs.seq)?.locks ?? null;
  return {
    own: proven(crypto, record.own, withIds(ownLocks, newest.locks)),
    theirs: proven(crypto, record.theirs, theirs),
    answered: [],
  };
}

/** The list of a state that the other side of the closer showed. */
export function listOfAnswer(
  crypto: Crypto,
  channel: Channel,
  record: ClosingRecord,
): readonly LaneLock[] | null {
  const isOurs = record.closer === channel.side;
  const state = isOurs ? ownStateAt(channel.own, record.answered.seq) : channel.held.newest;
  return proven(crypto, record.answered, state?.locks ?? null);
}

/** What a settle of anybody's has left of the lists. */
export function listsAfterSettle(
  crypto: Crypto,
  known: KnownLists,
  { record, remaining }: Fact<"settled">,
): KnownLists {
  const left = (list: RecordedList): readonly LaneLock[] | null => {
    const packed = remaining[list];
    const locks = packed === null ? known[list] : withIds(packed, known[list] ?? []);
    return proven(crypto, record[list], locks);
  };
  return { own: left("own"), theirs: left("theirs"), answered: left("answered") };
}
