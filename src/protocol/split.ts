import type { Graph } from "./graph.ts";
import { edgeKey, type EdgeKey } from "./liquidity.ts";
import { bestRoute, findRoute, type Route, type RouteQuery, type RouteResult } from "./route.ts";
import type { Amount, ChannelId } from "./types.ts";

/** Most parts of one payment that are under way at a time. */
export const MAX_PARTS = 16;
/** No part is smaller than this share of what is to be split. */
const LEAST_SHARE = 64n;
/** Each of them may look at the whole graph. */
const MAX_SEARCHES = 64;
/** How often a part is made larger, each time by half of what may still be missing. */
const GROWTHS = 3;
/** Parts are sought among ways that carry each with a chance of a half at least, a tenth, a thousandth, in -ln p. */
const MAX_SURPRISES = [0.6932, 2.303, 6.908];

export interface SplitQuery extends RouteQuery {
  /** Locks that each of the payer's own channels has room for. */
  readonly slots: ReadonlyMap<ChannelId, number>;
  readonly maxParts: number;
}

export type SplitResult =
  { readonly kind: "found"; readonly parts: readonly Route[] } | Exclude<RouteResult, { kind: "found" }>;

/** One route if one carries it all, else several that do so together, within the limit of fees. */
export function findParts(graph: Graph, query: SplitQuery): SplitResult {
  const whole = findRoute(graph, query);
  if (whole.kind === "found") return { kind: "found", parts: [whole.route] };
  if (query.maxParts < 2) return whole;
  const least = leastOf(query);
  if (bestRoute(graph, { ...query, amount: least }) === null) return whyNot(query, whole);
  for (const maxSurprise of MAX_SURPRISES) {
    const parts = split(graph, { ...query, maxSurprise });
    if (parts !== null) return { kind: "found", parts };
  }
  return whyNot(query, whole);
}

function leastOf({ amount }: SplitQuery): Amount {
  return amount / LEAST_SHARE + 1n;
}

/** What the payee gets by a route. */
export function deliveredBy({ hops }: Route): Amount {
  return hops.at(-1)?.amount ?? 0n;
}

/** The largest that the search finds a way for, and again for the rest, until nothing is left. */
function split(graph: Graph, query: SplitQuery): readonly Route[] | null {
  const parts: Route[] = [];
  const least = leastOf(query);
  let [left, fees, searches] = [query.amount, 0n, 0];
  const seek = (amount: Amount): Route | null => {
    searches++;
    return bestRoute(graph, { ...without(query, parts), amount, maxFee: query.maxFee - fees });
  };
  while (left > 0n) {
    if (parts.length === query.maxParts) return null;
    let [route, refused] = [seek(left), left];
    while (route === null) {
      if (refused <= least || searches >= MAX_SEARCHES) return null;
      const half = (refused + 1n) / 2n;
      route = seek(half);
      if (route === null) refused = half;
    }
    const part = grow(route, refused, seek);
    parts.push(part);
    fees += part.fee + part.rent;
    left -= deliveredBy(part);
  }
  return parts;
}

/** Fewer parts cost less: what fits lies between what was found and what was refused. */
function grow(found: Route, refused: Amount, seek: (amount: Amount) => Route | null): Route {
  let [best, tooMuch] = [found, refused];
  for (let step = 0; step < GROWTHS; step++) {
    const more = (deliveredBy(best) + tooMuch) / 2n;
    if (more <= deliveredBy(best)) return best;
    const larger = seek(more);
    if (larger === null) tooMuch = more;
    else best = larger;
  }
  return best;
}

/** What the parts that were found already leave of our balances, and what they hold elsewhere. */
function without(query: SplitQuery, parts: readonly Route[]): SplitQuery {
  const spendable = new Map(query.spendable);
  const slots = new Map(query.slots);
  const busy = new Map<EdgeKey, Amount>(query.outlook.busy);
  for (const { hops } of parts) {
    const [first, ...rest] = hops;
    if (first === undefined) continue;
    const room = (slots.get(first.channel) ?? 0) - 1;
    slots.set(first.channel, room);
    spendable.set(
      first.channel,
      room > 0 ? (spendable.get(first.channel) ?? 0n) - first.amount - first.rent : 0n,
    );
    for (const { channel, from, amount } of rest) {
      const key = edgeKey(channel, from);
      busy.set(key, (busy.get(key) ?? 0n) + amount);
    }
  }
  return { ...query, spendable, slots, outlook: { ...query.outlook, busy } };
}

/** Of one channel that lacks something the single route says how much; of several the sum counts. */
function whyNot(
  { amount, spendable }: SplitQuery,
  whole: Exclude<RouteResult, { kind: "found" }>,
): SplitResult {
  const filled = [...spendable.values()].filter((free) => free > 0n);
  if (whole.kind !== "not_enough_balance" || filled.length < 2) return whole;
  const all = filled.reduce((sum, free) => sum + free, 0n);
  return all < amount ? { kind: "not_enough_balance", missing: amount - all } : { kind: "no_route" };
}
