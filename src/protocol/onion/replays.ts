import { Table } from "../table.ts";
import type { UnixSeconds } from "../types.ts";
import type { KeyTag } from "./route-keys.ts";

/** Route keys remembered in each of two generations. */
export const MAX_GENERATION = 16_384;

/** Ranges of numbers below the highest that have not come, of one set of route keys; the newest are remembered. */
export const MAX_GAPS = 64;

/**
 * Which numbers came with one set of route keys: the highest, if all below it came or count as if they had, else the
 * highest, and the first and last of each range that is missing, in order.
 */
type Numbers = number | readonly number[];

interface Generation {
  readonly numbers: Table<KeyTag, Numbers>;
  /** Latest expiry of them: later they are worth nothing anyway. */
  readonly until: UnixSeconds;
}

/**
 * Which packets a peer has brought. A payer numbers the packets that it makes with one set of route keys, and lanes
 * keep their order, so that little more than one number for each set of keys is enough: packets pass each other only on
 * channels side by side. Of a peer that brings packets with more sets
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

/** Null if the number has come, or counts as if it had. */
function withNumber(numbers: Numbers | undefined, number: number): Numbers | null {
  const [last = -1, ...gaps] = numbers === undefined ? [] : typeof numbers === "number" ? [numbers] : numbers;
  if (number > last) {
    const grown = number === last + 1 ? gaps : [...gaps, last + 1, number - 1];
    return grown.length === 0 ? number : [number, ...grown.slice(-2 * MAX_GAPS)];
  }
  for (let at = 0; at < gaps.length; at += 2) {
    const [from = 0, to = 0] = gaps.slice(at, at + 2);
    if (number < from || number > to) continue;
    const below = number === from ? [] : [from, number - 1];
    const above = number === to ? [] : [number + 1, to];
    const left = gaps.toSpliced(at, 2, ...below, ...above);
    return left.length === 0 ? last : [last, ...left.slice(-2 * MAX_GAPS)];
  }
  return null;
}

/** With this packet; null if it came before. */
export function admit(seen: Seen, { tag, number, expiry }: SeenPacket): Seen | null {
  const numbers = withNumber(seen.newer.numbers.get(tag) ?? seen.older.numbers.get(tag), number);
  if (numbers === null) return null;
  const isFull = seen.newer.numbers.size >= MAX_GENERATION && !seen.newer.numbers.has(tag);
  const { newer, older } = isFull ? { newer: emptyGeneration(), older: seen.newer } : seen;
  return {
    newer: { numbers: newer.numbers.with(tag, numbers), until: Math.max(newer.until, expiry) },
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
