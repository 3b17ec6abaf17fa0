import { MAX_UINT96 } from "./checked.ts";
import type { GraphIndex } from "./graph-index.ts";
import { Heap } from "./heap.ts";
import type { KnownBounds } from "./learned-index.ts";
import { chance, surprise as surpriseAt } from "./liquidity.ts";
import { EXPIRY_CLAIM_TIMES, RATE_UNIT } from "./rent.ts";

/** Ways kept at each node that are no worse than each other: one is cheaper, another asks for less or has fewer hops. */
const MAX_WAYS = 4;
/** Doubles may be off by this much of an amount; what passes for that alone is refused by the exact check. */
const SLACK = 2 ** -44;
const MOST = Number(MAX_UINT96);
const RATE = Number(RATE_UNIT);

/** Numbers of a graph index, amounts as doubles. */
export interface SearchQuery {
  readonly payer: number;
  readonly payee: number;
  readonly token: number;
  readonly amount: number;
  /** Of fees and rents. */
  readonly maxFee: number;
  /** Of the payee; a lock stands for so many claim times of the slowest node. */
  readonly claimTime: number;
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
  /** That comes with the amount. */
  readonly rent: number[] = [];
  readonly surprise: number[] = [];
  /** The next that was settled at the same node before. */
  readonly before: number[] = [];
}

/** One row of them. */
interface Way {
  readonly node: number;
  readonly edge: number;
  readonly next: number;
  readonly hops: number;
  readonly cost: number;
  readonly amount: number;
  readonly rent: number;
  readonly surprise: number;
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
    this.add({ node: payee, edge: -1, next: -1, hops: 0, cost: 0, amount, rent: 0, surprise: 0 });
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
    const [amount, rent, hops] = [ways.amount[way] ?? 0, ways.rent[way] ?? 0, ways.hops[way] ?? 0];
    if (count >= MAX_WAYS || this.isWorse(node, amount, rent, hops)) return false;
    ways.before[way] = settled[node] ?? -1;
    settled[node] = way;
    counts[node] = count + 1;
    return true;
  }

  /** What was settled before cost less. */
  private isWorse(node: number, amount: number, rent: number, hops: number): boolean {
    for (let other = this.settled[node] ?? -1; other >= 0; other = this.ways.before[other] ?? -1)
      if (this.isNoMore(other, amount, rent, hops)) return true;
    return false;
  }

  /** Whether a way asks for no more of anything but cost. */
  private isNoMore(way: number, amount: number, rent: number, hops: number): boolean {
    const { ways } = this;
    return (
      (ways.amount[way] ?? 0) <= amount && (ways.rent[way] ?? 0) <= rent && (ways.hops[way] ?? 0) <= hops
    );
  }

  private extend(way: number, node: number): void {
    const { index, query, ways } = this;
    const [amount, rent] = [ways.amount[way] ?? 0, ways.rent[way] ?? 0];
    if (amount > MOST * (1 + SLACK)) return;
    for (const edge of index.into[node] ?? []) {
      if (index.token[edge >> 1] !== query.token || query.avoid.has(edge)) continue;
      const from = index.from[edge] ?? -1;
      if (from === query.payer) this.extendToPayer(way, edge, amount, rent);
      else if (index.isOpen[edge] === 1 && from !== query.payee)
        this.extendToHop(way, edge, from, amount, rent);
    }
  }

  /** The payer knows its own balances and asks itself for no fee. */
  private extendToPayer(way: number, edge: number, amount: number, rent: number): void {
    const { query, ways } = this;
    const free = query.spendable.get(edge >> 1);
    if (free === undefined) return;
    const needed = amount + rent;
    if (needed * (1 - SLACK) > free) {
      if (needed - free >= this.missing) return;
      this.missing = needed - free;
      this.short = [edge, ...this.edgesOf(way)];
      return;
    }
    const [hops, cost] = [(ways.hops[way] ?? 0) + 1, ways.cost[way] ?? 0];
    this.reached = Math.min(this.reached, cost);
    const surprise = ways.surprise[way] ?? 0;
    this.add({ node: query.payer, edge, next: way, hops, cost, amount, rent, surprise });
  }

  private extendToHop(way: number, edge: number, from: number, amount: number, rent: number): void {
    const { index, query, ways } = this;
    const hops = (ways.hops[way] ?? 0) + 1;
    // One more lock at least, from the payer to this node; the end of each has a cell in the packet.
    if (hops + 1 > query.maxHops || query.avoidNodes.has(from)) return;
    const reduced = amount * (1 - SLACK);
    if (reduced > (index.most[edge] ?? 0) || amount * (1 + SLACK) < (index.least[edge] ?? 0)) return;
    const fee = (index.base[edge] ?? 0) + Math.ceil((amount * (index.ppm[edge] ?? 0)) / 1e6);
    const before = amount + fee;
    const own = this.rentOf(edge, amount);
    if ((before + rent + own) * (1 - SLACK) - query.amount > query.maxFee) return;
    if (this.isWorse(from, before, rent + own, hops)) return;
    const surprised = this.surpriseOf(edge, amount + rent);
    const surprise = (ways.surprise[way] ?? 0) + surprised;
    const cost = (ways.cost[way] ?? 0) + fee + own + surprised * query.risk;
    if (!(surprise <= query.maxSurprise) || cost > this.reached) return;
    const added = { node: from, edge, next: way, hops, cost, amount: before, rent: rent + own, surprise };
    if (!this.isDearer(added)) this.add(added);
  }

  /** As long as a route with this hop lasts at least; the exact check counts the slowest of all. */
  private rentOf(edge: number, amount: number): number {
    const { index, query } = this;
    const slotFee = index.slotFee[edge] ?? 0;
    const rentPpm = index.rentPpm[edge] ?? 0;
    if (rentPpm === 0) return slotFee;
    const life = EXPIRY_CLAIM_TIMES * Math.max(query.claimTime, index.claimTime[edge] ?? 0);
    return slotFee + Math.ceil((amount * rentPpm * life) / RATE);
  }

  /** Than a way that is no worse in anything else. */
  private isDearer({ node, cost, amount, rent, hops }: Way): boolean {
    const other = this.cheapest[node] ?? -1;
    return other >= 0 && cost > (this.ways.cost[other] ?? 0) && this.isNoMore(other, amount, rent, hops);
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
    return p > 0 ? surpriseAt(p) : Infinity;
  }

  private add({ node, edge, next, hops, cost, amount, rent, surprise }: Way): void {
    const { ways } = this;
    const way = ways.node.push(node) - 1;
    ways.edge.push(edge);
    ways.next.push(next);
    ways.hops.push(hops);
    ways.cost.push(cost);
    ways.amount.push(amount);
    ways.rent.push(rent);
    ways.surprise.push(surprise);
    ways.before.push(-1);
    const other = this.cheapest[node] ?? -1;
    if (other < 0 || cost < (ways.cost[other] ?? 0)) this.cheapest[node] = way;
    this.heap.push(way);
  }
}
