import { MAX_UINT96 } from "./checked.ts";
import { type Edge, type Graph, policyOf } from "./graph.ts";
import { type GraphIndex, indexOf } from "./graph-index.ts";
import { edgeNumber, knownBounds } from "./learned-index.ts";
import type { EdgeKey, Liquidity } from "./liquidity.ts";
import { MAX_HOPS } from "./onion/format.ts";
import { EXPIRY_CLAIM_TIMES, rentOf, rentTermsOf } from "./rent.ts";
import { Search, type SearchQuery } from "./route-search.ts";
import { Table } from "./table.ts";
import type { Address, Amount, ChannelId, NodeId, Policy, UnixSeconds } from "./types.ts";

const MILLION = 1_000_000n;
/**
 * A failed attempt counts like a fee of so many millionths of the amount, for each unit of -ln p: the payer waits for a
 * round trip, and a lock may stand until it expires.
 */
export const RISK_PPM = 1000;
/** Exact checks that may fail for what doubles do not show. */
const MAX_REPAIRS = 8;

/** One lock of a route. */
export interface Hop {
  readonly channel: ChannelId;
  readonly from: NodeId;
  readonly to: NodeId;
  /** Amount of the lock in this channel. */
  readonly amount: Amount;
  /** Paid with the lock, for the nodes after it: what each asks for holding its own [FEE-2]. */
  readonly rent: Amount;
}

export interface Route {
  /** From the payer to the payee, at least one. */
  readonly hops: readonly Hop[];
  /** What the payer locks beyond the payee's amount. */
  readonly fee: Amount;
  /** What the payer pays with the lock, whatever comes of it. */
  readonly rent: Amount;
  /** The largest of the forwarding nodes and of the query [HOP-3]. */
  readonly claimTime: number;
}

/** What the payer knows of the moment, beyond the graph. */
export interface Outlook {
  readonly now: UnixSeconds;
  readonly liquidity: Liquidity;
  /** What payments of ours that are under way hold at the ends of channels. */
  readonly busy: ReadonlyMap<EdgeKey, Amount>;
  /** What has failed in this payment. */
  readonly avoid: ReadonlySet<EdgeKey>;
  readonly avoidNodes: ReadonlySet<NodeId>;
}

export const NO_OUTLOOK: Outlook = {
  now: 0,
  liquidity: Table.empty(),
  busy: new Map(),
  avoid: new Set(),
  avoidNodes: new Set(),
};

export interface RouteQuery {
  readonly from: NodeId;
  readonly to: NodeId;
  readonly token: Address;
  /** What the payee is to receive. */
  readonly amount: Amount;
  /** For fees and rents together. */
  readonly maxFee: Amount;
  /** The largest that the route has anyway: the payee's. */
  readonly claimTime: number;
  /** What each of the payer's own channels can lock now; one that is missing cannot be used. */
  readonly spendable: ReadonlyMap<ChannelId, Amount>;
  readonly outlook: Outlook;
  /** Most -ln p of a whole route; none given: as unlikely as it may be. */
  readonly maxSurprise?: number;
  /** Most locks; as many as a packet has room for if none is given. */
  readonly maxHops?: number;
}

export type RouteResult =
  | { readonly kind: "found"; readonly route: Route }
  /** Nothing connects payer and payee for this token and amount. */
  | { readonly kind: "no_route" }
  /** A way exists, but the payer's own channel lacks at least this much. */
  | { readonly kind: "not_enough_balance"; readonly missing: Amount }
  /** With the rent. */
  | { readonly kind: "fee_above_limit"; readonly fee: Amount };

/** What a node asks for forwarding this amount, rounded up [FEE-1]. */
export function feeOf({ feeBase, feePpm }: Pick<Policy, "feeBase" | "feePpm">, amount: Amount): Amount {
  return feeBase + (amount * BigInt(feePpm) + MILLION - 1n) / MILLION;
}

/**
 * The route of least cost: its fee and rent, and what its risk of failing is worth (section 3.3). If there is none, another
 * search without limit and risk tells why.
 */
export function findRoute(graph: Graph, query: RouteQuery): RouteResult {
  const index = indexOf(graph);
  const numbers = searchQuery(graph, index, query, RISK_PPM / 1e6);
  const found = repairedSearch(graph, index, query, numbers);
  if (found.kind === "found") return found;
  const open = { ...searchQuery(graph, index, query, 0), maxFee: Infinity, maxSurprise: Number.MAX_VALUE };
  const cheapest = repairedSearch(graph, index, { ...query, maxFee: MAX_UINT96 }, open);
  if (cheapest.kind !== "found") return cheapest;
  const fee = cheapest.route.fee + cheapest.route.rent;
  if (fee > query.maxFee) return { kind: "fee_above_limit", fee };
  return query.maxSurprise === undefined ? cheapest : { kind: "no_route" };
}

/** As {@link findRoute}, for who does not ask why there is none. */
export function bestRoute(graph: Graph, query: RouteQuery): Route | null {
  const index = indexOf(graph);
  const found = repairedSearch(graph, index, query, searchQuery(graph, index, query, RISK_PPM / 1e6));
  return found.kind === "found" ? found.route : null;
}

function searchQuery(graph: Graph, index: GraphIndex, query: RouteQuery, riskShare: number): SearchQuery {
  const { outlook } = query;
  const amount = Number(query.amount);
  const spendable = [...query.spendable].map(
    ([channel, free]) => [index.slotOf(channel), Number(free)] as const,
  );
  return {
    payer: index.nodes.find(query.from),
    payee: index.nodes.find(query.to),
    token: index.tokens.find(query.token),
    amount,
    maxFee: Number(query.maxFee),
    claimTime: query.claimTime,
    risk: amount * riskShare,
    maxSurprise: query.maxSurprise ?? Number.MAX_VALUE,
    maxHops: query.maxHops ?? MAX_HOPS,
    spendable: new Map(spendable),
    bounds: knownBounds(index, graph.edges, outlook.liquidity, outlook.now),
    busy: new Map(edgesOf(index, outlook.busy).map(([edge, held]) => [edge, Number(held)])),
    avoid: new Set(
      edgesOf(index, new Map([...outlook.avoid].map((key) => [key, true]))).map(([edge]) => edge),
    ),
    avoidNodes: new Set([...outlook.avoidNodes].map((node) => index.nodes.find(node))),
  };
}

/** Where the keys stand in the index; what is gone is left out. */
function edgesOf<V>(index: GraphIndex, byKey: { entries(): Iterable<readonly [EdgeKey, V]> }): [number, V][] {
  const edges: [number, V][] = [];
  for (const [key, value] of byKey.entries()) {
    const edge = edgeNumber(index, key);
    if (edge >= 0) edges.push([edge, value]);
  }
  return edges;
}

/** Searches with doubles, computes exactly, and searches again without an edge that fails only there. */
function repairedSearch(
  graph: Graph,
  index: GraphIndex,
  query: RouteQuery,
  numbers: SearchQuery,
): Exclude<RouteResult, { kind: "fee_above_limit" }> {
  const avoid = new Set(numbers.avoid);
  for (let repairs = 0; repairs <= MAX_REPAIRS; repairs++) {
    const found = new Search(index, { ...numbers, avoid }).run();
    if (found.kind === "none") break;
    const exact = exactRoute(graph, index, query, found.edges);
    if (exact.kind === "found") return exact;
    if (exact.kind === "bad") avoid.add(exact.edge);
    else return exact;
  }
  return { kind: "no_route" };
}

type Exact =
  | Extract<RouteResult, { kind: "found" | "not_enough_balance" }>
  | { readonly kind: "bad"; readonly edge: number };

function exactRoute(graph: Graph, index: GraphIndex, query: RouteQuery, edges: readonly number[]): Exact {
  let [amount, claimTime] = [query.amount, query.claimTime];
  const locks: ExactLock[] = [];
  for (const [back, edge] of edges.toReversed().entries()) {
    const channel = graph.edges.get(index.channels[edge >> 1] ?? ("0x00" as ChannelId));
    const from = index.nodes.names[index.from[edge] ?? -1];
    const to = index.nodes.names[index.to[edge] ?? -1];
    if (channel === undefined || from === undefined || to === undefined || amount > MAX_UINT96)
      return { kind: "bad", edge };
    const policy = back === edges.length - 1 ? null : (policyOf(channel, from)?.policy ?? null);
    locks.unshift({ edge, channel, from, to, amount, policy });
    if (back === edges.length - 1) break;
    if (policy === null || !fits(policy, amount)) return { kind: "bad", edge };
    amount += feeOf(policy, amount);
    claimTime = Math.max(claimTime, policy.claimTime);
  }
  const priced = withRents(locks, EXPIRY_CLAIM_TIMES * claimTime);
  if ("edge" in priced) return { kind: "bad", edge: priced.edge };
  const { hops, rent } = priced;
  const fee = amount - query.amount;
  const first = edges[0] ?? -1;
  const free = query.spendable.get(index.channels[first >> 1] ?? ("0x00" as ChannelId)) ?? 0n;
  if (free < amount + rent) return { kind: "not_enough_balance", missing: amount + rent - free };
  if (fee + rent > query.maxFee) return { kind: "bad", edge: first };
  return { kind: "found", route: { hops, fee, rent, claimTime } };
}

interface ExactLock {
  readonly edge: number;
  readonly channel: Edge;
  readonly from: NodeId;
  readonly to: NodeId;
  readonly amount: Amount;
  /** Null at the payer. */
  readonly policy: Policy | null;
}

/** From the payee back: with each lock goes the rent of all nodes after it. An edge that cannot carry that is told. */
function withRents(
  locks: readonly ExactLock[],
  life: number,
): { readonly hops: readonly Hop[]; readonly rent: Amount } | { readonly edge: number } {
  let rent = 0n;
  const hops: Hop[] = [];
  for (const { edge, channel, from, to, amount, policy } of locks.toReversed()) {
    if (rent > MAX_UINT96 || (policy !== null && amount + rent > channel.capacity)) return { edge };
    hops.unshift({ channel: channel.channel, from, to, amount, rent });
    if (policy !== null) rent += rentOf(rentTermsOf(policy), amount, life);
  }
  return { hops, rent };
}

function fits({ minAmount, maxAmount, enabled }: Policy, amount: Amount): boolean {
  return enabled && amount >= minAmount && amount <= maxAmount;
}
