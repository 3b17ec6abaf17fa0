import type { Address, ChannelId } from "../protocol/types.ts";
import { capacityOf, type ChannelLife } from "./channel-life.ts";
import { compare } from "./figures.ts";
import type { IndexStore } from "./index-store.ts";

/** Every life of every channel, oldest first. */
export function livesIn(store: IndexStore): readonly ChannelLife[] {
  return store
    .all("SELECT life FROM channels ORDER BY opened, channel")
    .map(({ life }) => JSON.parse(String(life)) as ChannelLife);
}

/** A node by its channels, of which there has been at least one. */
export interface NodeRecord {
  readonly node: Address;
  /** All that it ever had, oldest first. */
  readonly lives: readonly ChannelLife[];
  readonly open: number;
  /** Of the open ones, by token. */
  readonly capacity: ReadonlyMap<Address, bigint>;
}

/** The index's channels in memory: a change costs what changed, not a look at all. */
export class Network {
  readonly #store: IndexStore;
  readonly #lives = new Map<ChannelId, ChannelLife>();
  #nodes: ReadonlyMap<Address, NodeRecord> | null = null;

  constructor(store: IndexStore) {
    this.#store = store;
    for (const life of livesIn(store)) this.#lives.set(life.channel, life);
  }

  get lives(): readonly ChannelLife[] {
    return [...this.#lives.values()];
  }

  life(channel: ChannelId): ChannelLife | null {
    return this.#lives.get(channel) ?? null;
  }

  /** These have changed in the store, or are gone. */
  refresh(channels: Iterable<ChannelId>): void {
    for (const channel of channels) {
      const life = this.#store.life(channel);
      if (life === null) this.#lives.delete(channel);
      else this.#lives.set(channel, life);
      this.#nodes = null;
    }
  }

  node(node: Address): NodeRecord | null {
    return this.nodes.get(node) ?? null;
  }

  get nodes(): ReadonlyMap<Address, NodeRecord> {
    this.#nodes ??= recordsOf(this.#lives.values());
    return this.#nodes;
  }
}

function recordsOf(lives: Iterable<ChannelLife>): ReadonlyMap<Address, NodeRecord> {
  const byNode = new Map<Address, ChannelLife[]>();
  for (const life of lives) {
    for (const node of [life.signerA, life.signerB]) {
      const known = byNode.get(node);
      if (known === undefined) byNode.set(node, [life]);
      else known.push(life);
    }
  }
  return new Map([...byNode].map(([node, some]) => [node, recordOf(node, some)]));
}

function recordOf(node: Address, lives: ChannelLife[]): NodeRecord {
  lives.sort((a, b) => a.opened.time - b.opened.time);
  const open = lives.filter(({ phase }) => phase === "open");
  const capacity = new Map<Address, bigint>();
  for (const life of open) capacity.set(life.token, (capacity.get(life.token) ?? 0n) + capacityOf(life));
  return { node, lives, open: open.length, capacity };
}

/** The first of a list in this order, without sorting all of it by costly keys twice. */
export function topOf<T>(items: readonly T[], key: (item: T) => bigint, count: number): readonly T[] {
  return items
    .map((item) => ({ item, rank: key(item) }))
    .sort((a, b) => compare(b.rank, a.rank))
    .slice(0, count)
    .map(({ item }) => item);
}
