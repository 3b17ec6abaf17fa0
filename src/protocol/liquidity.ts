import { Table } from "./table.ts";
import type { Amount, ChannelId, Hex, NodeId, UnixSeconds } from "./types.ts";

/** A channel and the node that forwards into it. */
export type EdgeKey = Hex;

export function edgeKey(channel: ChannelId, from: NodeId): EdgeKey {
  return `0x${channel.slice(2)}${from.slice(2)}`;
}

/** What payments have shown of the balance of one end of a channel, at some time. */
export interface Learned {
  /** So much was there. */
  readonly low: Amount;
  /** So much was not; null: nothing came back for want of balance. */
  readonly high: Amount | null;
  readonly at: UnixSeconds;
}

export type Liquidity = Table<EdgeKey, Learned>;

/** Seconds after which half of what was learned counts. */
export const HALF_LIFE = 3600;
/** Edges of which something is remembered; beyond it the older half is forgotten. */
export const MAX_LEARNED = 4096;

/** 2^-(age / half-life), straight between whole half-lives: powers differ in their last digit between machines. */
export function decay(age: number): number {
  if (age <= 0) return 1;
  const halvings = Math.floor(age / HALF_LIFE);
  if (halvings > 52) return 0;
  let weight = 1 - (age - halvings * HALF_LIFE) / HALF_LIFE / 2;
  for (let at = 0; at < halvings; at++) weight /= 2;
  return weight;
}

export interface Bounds {
  /** At least this is there. */
  readonly low: number;
  /** Less than this is there. */
  readonly high: number;
}

/** What counts now: both bounds drift to what is known of every channel, 0 and its capacity. */
export function boundsAt(learned: Learned | undefined, capacity: number, now: UnixSeconds): Bounds {
  const most = capacity + 1;
  if (learned === undefined) return { low: 0, high: most };
  const weight = decay(now - learned.at);
  const low = Math.min(Number(learned.low), capacity) * weight;
  const high = learned.high === null ? most : Math.min(Number(learned.high), most);
  return { low, high: most - (most - high) * weight };
}

/**
 * That an amount is there, if every balance within the bounds is as likely as any other: (high - a) / (high - low).
 * Pickhardt, Tikhomirov, Biryukov and Nowostawski, "Security and Privacy of Lightning Network Payments with Uncertain
 * Channel Balances" (2021), sections 3 and 5.
 */
export function chance({ low, high }: Bounds, amount: number): number {
  if (amount <= low) return 1;
  if (amount >= high) return 0;
  return (high - amount) / (high - low);
}

const LN2 = 0.6931471805599453;

/**
 * -ln p, for 0 < p <= 1. By the four operations alone, whose results IEEE 754 fixes: Math.log may differ between
 * engines, and then a replay of the log could choose another route than the one that was signed.
 */
export function surprise(p: number): number {
  let [rest, sum] = [p, 0];
  for (; rest < 0.5; rest *= 2) sum += LN2;
  const s = (1 - rest) / (1 + rest);
  const square = s * s;
  let [power, series] = [s, 0];
  for (let odd = 1; odd <= 25; odd += 2) {
    series += power / odd;
    power *= square;
  }
  return sum + 2 * series;
}

function put(all: Liquidity, key: EdgeKey, learned: Learned): Liquidity {
  const grown = all.with(key, learned);
  return grown.size > MAX_LEARNED ? newerHalf(grown) : grown;
}

function newerHalf(all: Liquidity): Liquidity {
  const entries = [...all.entries()].sort(([a, x], [b, y]) => y.at - x.at || (a < b ? -1 : 1));
  return Table.of(entries.slice(0, MAX_LEARNED / 2));
}

/** As bounds in whole units, so that what is stored is exact. */
function current(all: Liquidity, key: EdgeKey, capacity: Amount, now: UnixSeconds): Learned {
  const learned = all.get(key);
  if (learned === undefined) return { low: 0n, high: null, at: now };
  if (learned.at === now) return learned;
  const { low, high } = boundsAt(learned, Number(capacity), now);
  return {
    low: BigInt(Math.floor(low)),
    high: learned.high === null ? null : BigInt(Math.ceil(high)),
    at: now,
  };
}

/** What one end of a channel was asked to carry, and when. */
export interface Seen {
  readonly key: EdgeKey;
  readonly amount: Amount;
  readonly capacity: Amount;
  readonly now: UnixSeconds;
}

/** The amount was locked, and came back for a reason further on: it is still there. */
export function sawEnough(all: Liquidity, { key, amount, capacity, now }: Seen): Liquidity {
  const { low, high } = current(all, key, capacity, now);
  const isRefuted = high !== null && high <= amount;
  return put(all, key, { low: low > amount ? low : amount, high: isRefuted ? null : high, at: now });
}

/** The amount was not there. */
export function sawTooLittle(all: Liquidity, { key, amount, capacity, now }: Seen): Liquidity {
  const { low, high } = current(all, key, capacity, now);
  return put(all, key, {
    low: low < amount ? low : 0n,
    high: high !== null && high < amount ? high : amount,
    at: now,
  });
}

/** The amount went over: it was there, and is at the other end now. */
export function sawPaid(all: Liquidity, seen: Seen, back: EdgeKey): Liquidity {
  const { key, amount, capacity, now } = seen;
  const there = current(sawEnough(all, seen), key, capacity, now);
  const high = there.high ?? capacity + 1n;
  const forth = put(all, key, { low: there.low - amount, high: high - amount, at: now });
  const other = current(all, back, capacity, now);
  const most = other.high === null ? null : other.high + amount;
  return put(forth, back, {
    low: other.low + amount,
    high: most === null || most > capacity ? null : most,
    at: now,
  });
}
