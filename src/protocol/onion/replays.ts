import { Table } from "../table.ts";
import type { UnixSeconds } from "../types.ts";
import type { KeyTag } from "./route-keys.ts";

/** Route keys remembered in each of two generations. */
export const MAX_GENERATION = 16_384;

interface Generation {
  /** Highest number of a packet with these keys. */
  readonly numbers: Table<KeyTag, number>;
  /** Latest expiry of them: later they are worth nothing anyway. */
  readonly until: UnixSeconds;
}

/**
 * Which packets a peer has brought. A payer numbers the packets that it makes with one set of route keys, and lanes
 * keep their order, so that one number for each set of keys is enough. Of a peer that brings packets with more sets
 * than there is room for before they expire, the oldest are forgotten.
 */
export interface Seen {
  readonly newer: Generation;
  readonly older: Generation;
}

function emptyGeneration(): Generation {
  return { numbers: Table.empty(), until: 0 };
}

export function nothingSeen(): Seen {
  return { newer: emptyGeneration(), older: emptyGeneration() };
}

export interface SeenPacket {
  readonly tag: KeyTag;
  readonly number: number;
  readonly expiry: UnixSeconds;
}

/** With this packet; null if it came before, or after a later one of its payer. */
export function admit(seen: Seen, { tag, number, expiry }: SeenPacket): Seen | null {
  const last = seen.newer.numbers.get(tag) ?? seen.older.numbers.get(tag);
  if (last !== undefined && number <= last) return null;
  const isFull = seen.newer.numbers.size >= MAX_GENERATION && !seen.newer.numbers.has(tag);
  const { newer, older } = isFull ? { newer: emptyGeneration(), older: seen.newer } : seen;
  return {
    newer: { numbers: newer.numbers.with(tag, number), until: Math.max(newer.until, expiry) },
    older,
  };
}

/** Without what has expired; null if nothing is left. A packet counts until its expiry has passed. */
export function forgetExpired(seen: Seen, now: UnixSeconds): Seen | null {
  const left = (generation: Generation): Generation =>
    generation.numbers.size > 0 && generation.until < now ? emptyGeneration() : generation;
  const [newer, older] = [left(seen.newer), left(seen.older)];
  if (newer.numbers.size + older.numbers.size === 0) return null;
  return newer === seen.newer && older === seen.older ? seen : { newer, older };
}
