import { MAX_UINT96 } from "./checked.ts";
import { type Edge, type Graph, policyOf } from "./graph.ts";
import { Heap } from "./heap.ts";
import { MAX_HOPS } from "./onion/format.ts";
import type { Address, Amount, ChannelId, NodeId, Policy } from "./types.ts";

const MILLION = 1_000_000n;

/** One lock of a route. */
export interface Hop {
  readonly channel: ChannelId;
  readonly from: NodeId;
  readonly to: NodeId;
  /** Amount of the lock in this channel. */
  readonly amount: Amount;
}

export interface Route {
  /** From the payer to the payee, at least one. */
  readonly hops: readonly Hop[];
  /** What the payer locks beyond the payee's amount. */
  readonly fee: Amount;
  /** The largest of the forwarding nodes and of the query [HOP-3]. */
  readonly claimTime: number;
}

export interface RouteQuery {
  readonly from: NodeId;
  readonly to: NodeId;
  readonly token: Address;
  /** What the payee is to receive. */
  readonly amount: Amount;
  readonly maxFee: Amount;
  /** The largest that the route has anyway: the payee's. */
  readonly claimTime: number;
  /** What each of the payer's own channels can lock now; one that is missing cannot be used. */
  readonly spendable: ReadonlyMap<ChannelId, Amount>;
}

export type RouteResult =
  | { readonly kind: "found"; readonly route: Route }
  /** Nothing connects payer and payee for this token and amount. */
  | { readonly kind: "no_route" }
  /** A way exists, but the payer's own channel lacks at least this much. */
  | { readonly kind: "not_enough_balance"; readonly missing: Amount }
  | { readonly kind: "fee_above_limit"; readonly fee: Amount };

/** What a node asks for forwarding this amount, rounded up [FEE-1]. */
export function feeOf({ feeBase, feePpm }: Pick<Policy, "feeBase" | "feePpm">, amount: Amount): Amount {
  return feeBase + (amount * BigInt(feePpm) + MILLION - 1n) / MILLION;
}

/** The cheapest known way from a node to the payee. */
interface Label {
  readonly node: NodeId;
  /** What must arrive at the node. */
  readonly amount: Amount;
  readonly hops: number;
  readonly claimTime: number;
  /** How it goes on; null at the payee. */
  readonly next: { readonly channel: ChannelId; readonly label: Label } | null;
}

/** Total, so that equal prices give the same route everywhere. */
function isBetter(a: Label, b: Label): boolean {
  if (a.amount !== b.amount) return a.amount < b.amount;
  if (a.hops !== b.hops) return a.hops < b.hops;
  if (a.node !== b.node) return a.node < b.node;
  return (a.next?.channel ?? "") < (b.next?.channel ?? "");
}

interface Search {
  readonly query: RouteQuery;
  readonly best: Map<NodeId, Label>;
  readonly heap: Heap<Label>;
  /** What the payer's fullest usable channel lacks, over all ways that are otherwise fine. */
  missing: Amount | null;
}

/**
 * The cheapest route, searched from the payee because fees make amounts grow towards the payer (Dijkstra's algorithm,
 * O(E log V)). Deposits bound what a channel can carry; how they are divided at the moment only its ends know.
 */
export function findRoute(graph: Graph, query: RouteQuery): RouteResult {
  const start: Label = {
    node: query.to,
    amount: query.amount,
    hops: 0,
    claimTime: query.claimTime,
    next: null,
  };
  const search: Search = {
    query,
    best: new Map([[query.to, start]]),
    heap: new Heap<Label>(isBetter),
    missing: null,
  };
  const done = new Set<NodeId>();
  search.heap.push(start);
  for (let label = search.heap.pop(); label !== undefined; label = search.heap.pop()) {
    if (label.node === query.from) return judgeFee(label, query);
    if (done.has(label.node)) continue;
    done.add(label.node);
    extend(graph, search, label);
  }
  const { missing } = search;
  return missing === null ? { kind: "no_route" } : { kind: "not_enough_balance", missing };
}

function judgeFee(label: Label, query: RouteQuery): RouteResult {
  const hops = hopsOf(label);
  const fee = (hops[0]?.amount ?? query.amount) - query.amount;
  if (fee > query.maxFee) return { kind: "fee_above_limit", fee };
  return { kind: "found", route: { hops, fee, claimTime: label.claimTime } };
}

function hopsOf(label: Label): readonly Hop[] {
  const hops: Hop[] = [];
  for (let at = label; at.next !== null; at = at.next.label) {
    const { channel, label: after } = at.next;
    hops.push({ channel, from: at.node, to: after.node, amount: after.amount });
  }
  return hops;
}

function extend(graph: Graph, search: Search, label: Label): void {
  // With fees it can be more than a lock has room for.
  if (label.amount > MAX_UINT96) return;
  for (const channel of graph.channelsOf.get(label.node) ?? []) {
    const edge = graph.edges.get(channel);
    if (edge?.token !== search.query.token) continue;
    const from = edge.nodeA === label.node ? edge.nodeB : edge.nodeA;
    const before = from === search.query.from ? fromPayer(search, edge, label) : fromHop(edge, from, label);
    if (before === null) continue;
    const known = search.best.get(from);
    if (known !== undefined && !isBetter(before, known)) continue;
    search.best.set(from, before);
    search.heap.push(before);
  }
}

/** The payer knows its own balances and asks itself for no fee. */
function fromPayer(search: Search, { channel }: Edge, label: Label): Label | null {
  const free = search.query.spendable.get(channel);
  if (free === undefined) return null;
  if (free < label.amount) {
    const missing = label.amount - free;
    if (search.missing === null || missing < search.missing) search.missing = missing;
    return null;
  }
  const { amount, claimTime } = label;
  return { node: search.query.from, amount, claimTime, hops: label.hops + 1, next: { channel, label } };
}

function fromHop(edge: Edge, node: NodeId, label: Label): Label | null {
  const policy = policyOf(edge, node)?.policy;
  if (!policy?.enabled) return null;
  // Two more locks at least: into this channel, and to this node; the end of each has a cell in the packet.
  if (label.hops + 2 > MAX_HOPS) return null;
  if (label.amount > edge.capacity) return null;
  if (label.amount < policy.minAmount || label.amount > policy.maxAmount) return null;
  return {
    node,
    amount: label.amount + feeOf(policy, label.amount),
    hops: label.hops + 1,
    claimTime: Math.max(label.claimTime, policy.claimTime),
    next: { channel: edge.channel, label },
  };
}
