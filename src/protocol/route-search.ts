import { MAX_UINT96 } from "./checked.ts";
import type { GraphIndex } from "./graph-index.ts";
import { Heap } from "./heap.ts";
import type { KnownBounds } from "./learned-index.ts";
import { chance, surprise } from "./liquidity.ts";

/** Ways kept at each node that are no worse than each other: one is cheaper, another asks for less or has fewer hops. */
const MAX_WAYS = 4;
/** Doubles may be off by this much of an amount; what passes for that alone is refused by the exact check. */
const SLACK = 2 ** -44;
const MOST = Number(MAX_UINT96);

/** Numbers of a graph index, amounts as doubles. */
export interface SearchQuery {
  readonly payer: number;
  readonly payee: number;
  readonly token: number;
  readonly amount: number;
  readonly maxFee: number;
  /** What a failed attempt is worth: the price of one unit of surprise. */
  readonly risk: number;
  /** Most surprise of a whole route. */
  readonly maxSurprise: number;
  readonly maxHops: number;
  /** By slot of the channel. */
  readonly spendable: ReadonlyMap<number, number>;
  readonly bounds: KnownBounds;
  /** What our own payments under way hold of an edge. */
  readonly busy: ReadonlyMap<number, number>;
  readonly avoid: ReadonlySet<number>;
  readonly avoidNodes: ReadonlySet<number>;
}

/** Columns: one row for each way from a node to the payee that was looked at. */
class Ways {
  readonly node: number[] = [];
  /** By which edge it goes on, and with which way from there; -1 at the payee. */
  readonly edge: number[] = [];
  readonly next: number[] = [];
  readonly hops: number[] = [];
  readonly cost: number[] = [];
  readonly amount: number[] = [];
  readonly surprise: number[] = [];
  /** The next that was settled at the same node before. */
  readonly before: number[] = [];
}

/** Edges from payer to payee; `short`: a way that is fine but for the payer's own balance, which lacks the least. */
export type Found =
  { readonly kind: "found" | "short"; readonly edges: readonly number[] } | { readonly kind: "none" };

/**
 * The way of least cost, searched from the payee because fees make amounts grow towards the payer (Dijkstra's
 * algorithm with several labels at a node, since limits and fees depend on the amount and not on the cost).
 */
export class Search {
  private readonly index: GraphIndex;
  private readonly query: SearchQuery;
  private readonly ways = new Ways();
  private readonly heap: Heap<number>;
  /** Newest settled way of each node, and how many there are. */
  private readonly settled: Int32Array;
  private readonly counts: Uint8Array;
  /** Cheapest way of each node that waits or is settled, for telling early what is worse than it. */
  private readonly cheapest: Int32Array;
  /** Cost of the cheapest way that has reached the payer. */
  private reached = Infinity;
  private missing = Infinity;
  private short: readonly number[] = [];

  constructor(index: GraphIndex, query: SearchQuery) {
    this.index = index;
    this.query = query;
    this.settled = new Int32Array(index.nodes.names.length).fill(-1);
    this.counts = new Uint8Array(index.nodes.names.length);
    this.cheapest = new Int32Array(index.nodes.names.length).fill(-1);
    this.heap = new Heap<number>((a, b) => this.isBefore(a, b));
  }

  run(): Found {
    const { payee, payer, amount } = this.query;
    if (payee < 0 || payer < 0) return { kind: "none" };
    this.add(payee, -1, -1, 0, 0, amount, 0);
    for (let way = this.heap.pop(); way !== undefined; way = this.heap.pop()) {
      const node = this.ways.node[way] ?? -1;
      if (node === payer) return { kind: "found", edges: this.edgesOf(way) };
      if (this.settle(way, node)) this.extend(way, node);
    }
    return this.short.length === 0 ? { kind: "none" } : { kind: "short", edges: this.short };
  }

  /** By cost, then hops, then names along the way: a total order, so that the same graph gives the same route. */
  private isBefore(a: number, b: number): boolean {
    const { cost, hops } = this.ways;
    const [costA, costB] = [cost[a] ?? 0, cost[b] ?? 0];
    if (costA !== costB) return costA < costB;
    const [hopsA, hopsB] = [hops[a] ?? 0, hops[b] ?? 0];
    return hopsA === hopsB ? this.isNamedBefore(a, b) : hopsA < hopsB;
  }

  private isNamedBefore(a: number, b: number): boolean {
    const { edge, next, node } = this.ways;
    const { nodes, channels } = this.index;
    let [wayA, wayB] = [a, b];
    const [nodeA, nodeB] = [nodes.names[node[a] ?? -1] ?? "", nodes.names[node[b] ?? -1] ?? ""];
    if (nodeA !== nodeB) return nodeA < nodeB;
    while (wayA !== wayB && wayA >= 0 && wayB >= 0) {
      const [one, other] = [edge[wayA] ?? -1, edge[wayB] ?? -1];
      if (one !== other) return (channels[one >> 1] ?? "") < (channels[other >> 1] ?? "");
      [wayA, wayB] = [next[wayA] ?? -1, next[wayB] ?? -1];
    }
    return false;
  }

  private edgesOf(way: number): readonly number[] {
    const edges: number[] = [];
    for (let at = way; (this.ways.edge[at] ?? -1) >= 0; at = this.ways.next[at] ?? -1)
      edges.push(this.ways.edge[at] ?? -1);
    return edges;
  }

  /** Not if another way from here is at least as good in everything. */
  private settle(way: number, node: number): boolean {
    const { ways, settled, counts } = this;
    const count = counts[node] ?? 0;
    if (count >= MAX_WAYS || this.isWorse(node, ways.amount[way] ?? 0, ways.hops[way] ?? 0)) return false;
    ways.before[way] = settled[node] ?? -1;
    settled[node] = way;
    counts[node] = count + 1;
    return true;
  }

  /** What was settled before cost less. */
  private isWorse(node: number, amount: number, hops: number): boolean {
    const { ways, settled } = this;
    for (let other = settled[node] ?? -1; other >= 0; other = ways.before[other] ?? -1) {
      if ((ways.amount[other] ?? 0) <= amount && (ways.hops[other] ?? 0) <= hops) return true;
    }
    return false;
  }

  private extend(way: number, node: number): void {
    const { index, query, ways } = this;
    const amount = ways.amount[way] ?? 0;
    if (amount > MOST * (1 + SLACK)) return;
    for (const edge of index.into[node] ?? []) {
      if (index.token[edge >> 1] !== query.token || query.avoid.has(edge)) continue;
      const from = index.from[edge] ?? -1;
      if (from === query.payer) this.extendToPayer(way, edge, amount);
      else if (index.isOpen[edge] === 1 && from !== query.payee) this.extendToHop(way, edge, from, amount);
    }
  }

  /** The payer knows its own balances and asks itself for no fee. */
  private extendToPayer(way: number, edge: number, amount: number): void {
    const { query, ways } = this;
    const free = query.spendable.get(edge >> 1);
    if (free === undefined) return;
    if (amount * (1 - SLACK) > free) {
      if (amount - free >= this.missing) return;
      this.missing = amount - free;
      this.short = [edge, ...this.edgesOf(way)];
      return;
    }
    const [hops, cost] = [(ways.hops[way] ?? 0) + 1, ways.cost[way] ?? 0];
    this.reached = Math.min(this.reached, cost);
    this.add(query.payer, edge, way, hops, cost, amount, ways.surprise[way] ?? 0);
  }

  private extendToHop(way: number, edge: number, from: number, amount: number): void {
    const { index, query, ways } = this;
    const hops = (ways.hops[way] ?? 0) + 1;
    // One more lock at least, from the payer to this node; the end of each has a cell in the packet.
    if (hops + 1 > query.maxHops || query.avoidNodes.has(from)) return;
    const reduced = amount * (1 - SLACK);
    if (reduced > (index.most[edge] ?? 0) || amount * (1 + SLACK) < (index.least[edge] ?? 0)) return;
    const fee = (index.base[edge] ?? 0) + Math.ceil((amount * (index.ppm[edge] ?? 0)) / 1e6);
    const before = amount + fee;
    if (before * (1 - SLACK) - query.amount > query.maxFee) return;
    if (this.isWorse(from, before, hops)) return;
    const surprised = this.surpriseOf(edge, amount);
    const sum = (ways.surprise[way] ?? 0) + surprised;
    const cost = (ways.cost[way] ?? 0) + fee + surprised * query.risk;
    if (!(sum <= query.maxSurprise) || cost > this.reached) return;
    if (!this.isDearer(from, cost, before, hops)) this.add(from, edge, way, hops, cost, before, sum);
  }

  /** Than a way that is no worse in anything else. */
  private isDearer(node: number, cost: number, amount: number, hops: number): boolean {
    const { ways, cheapest } = this;
    const other = cheapest[node] ?? -1;
    if (other < 0) return false;
    return (
      cost > (ways.cost[other] ?? 0) && amount >= (ways.amount[other] ?? 0) && hops >= (ways.hops[other] ?? 0)
    );
  }

  private surpriseOf(edge: number, amount: number): number {
    const { index, query } = this;
    const capacity = index.capacity[edge] ?? 0;
    const known = query.bounds.size === 0 ? undefined : query.bounds.get(edge);
    const held = query.busy.size === 0 ? 0 : (query.busy.get(edge) ?? 0);
    const sum = amount * (1 - SLACK) + held;
    // What was refused is refused again, and no rounding makes it a little less.
    if (sum > capacity || (known !== undefined && known.high <= capacity && amount + held >= known.high))
      return Infinity;
    const p = chance(known ?? { low: 0, high: capacity + 1 }, sum);
    return p > 0 ? surprise(p) : Infinity;
  }

  private add(
    node: number,
    edge: number,
    next: number,
    hops: number,
    cost: number,
    amount: number,
    surprised: number,
  ): void {
    const { ways } = this;
    const way = ways.node.push(node) - 1;
    ways.edge.push(edge);
    ways.next.push(next);
    ways.hops.push(hops);
    ways.cost.push(cost);
    ways.amount.push(amount);
    ways.surprise.push(surprised);
    ways.before.push(-1);
    const other = this.cheapest[node] ?? -1;
    if (other < 0 || cost < (ways.cost[other] ?? 0)) this.cheapest[node] = way;
    this.heap.push(way);
  }
}
