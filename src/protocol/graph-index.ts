import type { Edge, Graph } from "./graph.ts";
import { rentTermsOf } from "./rent.ts";
import { Table } from "./table.ts";
import type { Address, ChannelId, NodeId, Policy } from "./types.ts";

/** Numbers for names, in the order of their first use. */
class Names<T extends string> {
  readonly names: T[] = [];
  private readonly numbers = new Map<T, number>();

  find(name: T): number {
    return this.numbers.get(name) ?? -1;
  }

  add(name: T): number {
    const known = this.numbers.get(name);
    if (known !== undefined) return known;
    this.numbers.set(name, this.names.length);
    return this.names.push(name) - 1;
  }
}

const FIRST_ROOM = 64;
/** What a policy says that is not there. */
const CLOSED: Omit<Policy, "channel" | "node" | "seq"> = {
  feeBase: 0n,
  feePpm: 0,
  claimTime: 0,
  minAmount: 0n,
  maxAmount: 0n,
  enabled: false,
};

/**
 * The graph as columns of numbers, for the search: edge 2c leads from node A of channel c to its node B, edge 2c + 1
 * back. Amounts are doubles here: they order routes, and the amounts of the chosen one are then computed exactly.
 */
export class GraphIndex {
  readonly nodes = new Names<NodeId>();
  readonly tokens = new Names<Address>();
  readonly channels: ChannelId[] = [];
  /** Edges that end at a node. */
  readonly into: number[][] = [];
  from = new Int32Array(0);
  to = new Int32Array(0);
  token = new Int32Array(0);
  isOpen = new Uint8Array(0);
  base = new Float64Array(0);
  ppm = new Float64Array(0);
  slotFee = new Float64Array(0);
  rentPpm = new Float64Array(0);
  claimTime = new Float64Array(0);
  least = new Float64Array(0);
  most = new Float64Array(0);
  capacity = new Float64Array(0);
  private edges: Graph["edges"] = Table.empty();
  private readonly slots = new Map<ChannelId, number>();
  private readonly freed: number[] = [];

  slotOf(channel: ChannelId): number {
    return this.slots.get(channel) ?? -1;
  }

  /** Takes over what has changed since; a table shares what has not. */
  follow({ edges }: Graph): void {
    for (const channel of this.edges.differences(edges)) {
      const [old, edge] = [this.edges.get(channel), edges.get(channel)];
      if (edge === undefined || !hasSameEnds(old, edge)) this.remove(channel);
      if (edge !== undefined) this.put(edge);
    }
    this.edges = edges;
  }

  private put(edge: Edge): void {
    const slot = this.slots.get(edge.channel) ?? this.insert(edge);
    const capacity = Number(edge.capacity);
    [edge.policyA, edge.policyB].forEach((signed, end) => {
      const at = 2 * slot + end;
      const policy = signed?.policy ?? CLOSED;
      this.isOpen[at] = policy.enabled ? 1 : 0;
      this.base[at] = Number(policy.feeBase);
      this.ppm[at] = policy.feePpm;
      const rent = rentTermsOf(policy);
      this.slotFee[at] = Number(rent.slotFee);
      this.rentPpm[at] = rent.rentPpm;
      this.claimTime[at] = policy.claimTime;
      this.least[at] = Number(policy.minAmount);
      this.most[at] = Math.min(Number(policy.maxAmount), capacity);
      this.capacity[at] = capacity;
    });
  }

  private insert({ channel, token, nodeA, nodeB }: Edge): number {
    const slot = this.freed.pop() ?? this.channels.length;
    this.channels[slot] = channel;
    this.slots.set(channel, slot);
    if (2 * slot >= this.from.length) this.grow();
    const [a, b] = [this.nodes.add(nodeA), this.nodes.add(nodeB)];
    this.token[slot] = this.tokens.add(token);
    this.link(2 * slot, a, b);
    this.link(2 * slot + 1, b, a);
    return slot;
  }

  private link(edge: number, from: number, to: number): void {
    this.from[edge] = from;
    this.to[edge] = to;
    (this.into[to] ??= []).push(edge);
  }

  private remove(channel: ChannelId): void {
    const slot = this.slots.get(channel);
    if (slot === undefined) return;
    this.slots.delete(channel);
    this.freed.push(slot);
    for (const edge of [2 * slot, 2 * slot + 1]) {
      const ending = this.into[this.to[edge] ?? -1] ?? [];
      ending.splice(ending.indexOf(edge), 1);
    }
  }

  private grow(): void {
    const room = Math.max(FIRST_ROOM, 2 * this.from.length);
    const ints = (old: Int32Array<ArrayBuffer>) => grown(new Int32Array(room), old);
    const doubles = (old: Float64Array<ArrayBuffer>) => grown(new Float64Array(room), old);
    this.from = ints(this.from);
    this.to = ints(this.to);
    this.token = ints(this.token);
    this.isOpen = grown(new Uint8Array(room), this.isOpen);
    this.base = doubles(this.base);
    this.ppm = doubles(this.ppm);
    this.slotFee = doubles(this.slotFee);
    this.rentPpm = doubles(this.rentPpm);
    this.claimTime = doubles(this.claimTime);
    this.least = doubles(this.least);
    this.most = doubles(this.most);
    this.capacity = doubles(this.capacity);
  }
}

/** Other graphs may use the same name for something else. */
function hasSameEnds(a: Edge | undefined, b: Edge): boolean {
  return a?.nodeA === b.nodeA && a.nodeB === b.nodeB && a.token === b.token;
}

function grown<T extends { set(old: T): void }>(room: T, old: T): T {
  room.set(old);
  return room;
}

/** Names of nodes that are gone are kept until there are so many more of them than channels. */
const MAX_STALE = 4096;

let newest = new GraphIndex();

/**
 * The index of a graph. One is kept for the whole process and follows the graph that was asked for last; the answer
 * of a search does not depend on it.
 */
export function indexOf(graph: Graph): GraphIndex {
  if (newest.nodes.names.length > 2 * graph.edges.size + MAX_STALE) newest = new GraphIndex();
  newest.follow(graph);
  return newest;
}
