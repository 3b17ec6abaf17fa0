import type { Edge } from "./graph.ts";
import type { GraphIndex } from "./graph-index.ts";
import { type Bounds, boundsAt, type EdgeKey, type Learned, type Liquidity } from "./liquidity.ts";
import { Table } from "./table.ts";
import type { ChannelId, NodeId, UnixSeconds } from "./types.ts";

/** What is known of balances, by the edges of a graph index. */
export interface KnownBounds {
  readonly size: number;
  get(edge: number): Bounds | undefined;
}

/** Where a key stands in the index; -1 if its channel is gone. */
export function edgeNumber(index: GraphIndex, key: EdgeKey): number {
  const slot = index.slotOf(key.slice(0, 66) as ChannelId);
  if (slot < 0) return -1;
  const from = `0x${key.slice(66)}` as NodeId;
  return 2 * slot + (index.nodes.names[index.from[2 * slot] ?? -1] === from ? 0 : 1);
}

/** Follows what was learned as the graph index follows the graph: a payment teaches little, and asks for all of it. */
class LearnedIndex {
  #liquidity: Liquidity = Table.empty();
  #edges: Table<ChannelId, Edge> | null = null;
  #byEdge = new Map<number, Learned>();

  follow(
    index: GraphIndex,
    edges: Table<ChannelId, Edge>,
    liquidity: Liquidity,
  ): ReadonlyMap<number, Learned> {
    if (this.#edges !== edges) {
      this.#edges = edges;
      this.#liquidity = Table.empty();
      this.#byEdge = new Map();
    }
    for (const key of this.#liquidity.differences(liquidity)) {
      const edge = edgeNumber(index, key);
      const learned = liquidity.get(key);
      if (learned === undefined) this.#byEdge.delete(edge);
      else if (edge >= 0) this.#byEdge.set(edge, learned);
    }
    this.#liquidity = liquidity;
    return this.#byEdge;
  }
}

const indexes = new WeakMap<GraphIndex, LearnedIndex>();

/** What counts now. `index`: of the graph that these edges are of. */
export function knownBounds(
  index: GraphIndex,
  edges: Table<ChannelId, Edge>,
  liquidity: Liquidity,
  now: UnixSeconds,
): KnownBounds {
  const known = indexes.get(index) ?? new LearnedIndex();
  indexes.set(index, known);
  const byEdge = known.follow(index, edges, liquidity);
  return {
    size: byEdge.size,
    get: (edge) => {
      const learned = byEdge.get(edge);
      return learned && boundsAt(learned, index.capacity[edge] ?? 0, now);
    },
  };
}
