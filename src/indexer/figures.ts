import type { Address, Policy, UnixSeconds } from "../protocol/types.ts";
import { capacityOf, type ChannelLife } from "./channel-life.ts";

/** How values spread, by nearest rank; null of none. */
export interface Spread<T> {
  readonly p10: T;
  readonly median: T;
  readonly p90: T;
  readonly most: T;
}

export interface AssetFigures {
  readonly token: Address;
  readonly channels: number;
  readonly capacity: bigint;
  readonly channelCapacity: Spread<bigint>;
}

/** The network at the index's newest block; each as src/api/figures.ts defines it. */
export interface Figures {
  readonly nodes: number;
  readonly channels: number;
  /** Null where nobody tells fees. */
  readonly announced: number | null;
  readonly closing: number;
  readonly ended: number;
  /** Of assets with open channels, those with most channels first. */
  readonly assets: readonly AssetFigures[];
  readonly opened: number;
  readonly closed: number;
  readonly loneCloses: number;
  readonly disputes: number;
  readonly convictions: number;
  readonly degree: Spread<number> | null;
  readonly feePpm: Spread<number> | null;
}

const DAY = 86_400;

/** `now`: time of the newest block; `policies`: null where nobody tells them. */
export function figuresOf(
  lives: readonly ChannelLife[],
  policies: readonly Policy[] | null,
  now: UnixSeconds,
): Figures {
  const open = lives.filter(({ phase }) => phase === "open");
  const isNew = (time: UnixSeconds | undefined): boolean => time !== undefined && time > now - DAY;
  const count = (is: (life: ChannelLife) => boolean): number => lives.filter(is).length;
  const degrees = [...degreesOf(open).values()];
  return {
    nodes: degrees.length,
    channels: open.length,
    ...feeFigures(open, policies),
    closing: count(({ phase }) => phase === "closing"),
    ended: count(({ phase }) => phase === "ended"),
    assets: assetFigures(open),
    opened: count(({ opened }) => isNew(opened.time)),
    closed: count(({ ended }) => isNew(ended?.time)),
    loneCloses: count(({ closed }) => closed !== null),
    disputes: count(({ disputed }) => disputed),
    convictions: count(({ ended }) => ended?.how === "convicted"),
    degree: spreadOf(degrees, (a, b) => a - b),
  };
}

function degreesOf(open: readonly ChannelLife[]): ReadonlyMap<Address, number> {
  const degrees = new Map<Address, number>();
  for (const { signerA, signerB } of open) {
    for (const node of [signerA, signerB]) degrees.set(node, (degrees.get(node) ?? 0) + 1);
  }
  return degrees;
}

function assetFigures(open: readonly ChannelLife[]): readonly AssetFigures[] {
  const byToken = new Map<Address, bigint[]>();
  for (const life of open) {
    const known = byToken.get(life.token) ?? [];
    known.push(capacityOf(life));
    byToken.set(life.token, known);
  }
  return [...byToken]
    .flatMap(([token, capacities]) => {
      const channelCapacity = spreadOf(capacities, compare);
      if (channelCapacity === null) return [];
      const capacity = capacities.reduce((sum, one) => sum + one, 0n);
      return [{ token, channels: capacities.length, capacity, channelCapacity }];
    })
    .sort((a, b) => b.channels - a.channels || (a.token < b.token ? -1 : 1));
}

function feeFigures(
  open: readonly ChannelLife[],
  policies: readonly Policy[] | null,
): Pick<Figures, "announced" | "feePpm"> {
  if (policies === null) return { announced: null, feePpm: null };
  const ids = new Set(open.map(({ channel }) => channel));
  const known = policies.filter(({ channel }) => ids.has(channel));
  const rates = known.filter(({ enabled }) => enabled).map(({ feePpm }) => feePpm);
  return {
    announced: new Set(known.map(({ channel }) => channel)).size,
    feePpm: spreadOf(rates, (a, b) => a - b),
  };
}

export const compare = (a: bigint, b: bigint): number => (a < b ? -1 : a > b ? 1 : 0);

/** Nearest rank: the smallest value that so many per cent do not exceed. */
function spreadOf<T>(values: readonly T[], order: (a: T, b: T) => number): Spread<T> | null {
  const sorted = [...values].sort(order);
  const at = (percent: number): T | undefined => sorted[Math.ceil((percent * sorted.length) / 100) - 1];
  const [p10, median, p90, most] = [at(10), at(50), at(90), at(100)];
  if (p10 === undefined || median === undefined || p90 === undefined || most === undefined) return null;
  return { p10, median, p90, most };
}
