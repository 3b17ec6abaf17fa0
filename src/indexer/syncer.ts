import type { BlockHead, HistoryReader } from "../chain/history.ts";
import type { IndexStore } from "./index-store.ts";

/** Of one reading; what it holds is kept in memory until it is written. */
const MOST_BLOCKS = 5000;

/**
 * Brings the index up to the chain's newest block, and out of blocks that left it. Nothing has to be final: what is
 * taken back by the chain is taken back here, at any depth.
 */
export class Syncer {
  readonly #reader: HistoryReader;
  readonly #store: IndexStore;
  readonly #firstBlock: number;

  constructor(reader: HistoryReader, store: IndexStore, firstBlock: number) {
    this.#reader = reader;
    this.#store = store;
    this.#firstBlock = firstBlock;
  }

  /**
   * To the height of the chain's newest block. Throws if the chain cannot be read; what was taken in stays.
   * `isStopped` is asked before each reading.
   */
  async poll(isStopped: () => boolean, onProgress: (newest: number) => void): Promise<number> {
    const newest = await this.#reader.newest();
    onProgress(newest);
    while (!isStopped()) {
      const tip = await this.#commonBlock(newest);
      const from = tip === null ? this.#firstBlock : tip.number + 1;
      if (from > newest) return newest;
      const chapter = await this.#reader.read(from, Math.min(newest, from + MOST_BLOCKS - 1));
      // The chain changed while it was read, or the block before is not its parent any more: the next poll sees more.
      if (chapter === null || isStopped() || !(await this.#isOnChain(tip))) return newest;
      this.#store.add(chapter);
      onProgress(newest);
    }
    return newest;
  }

  /** The newest known block that the chain has too, after what is above it was taken out. */
  async #commonBlock(newest: number): Promise<BlockHead | null> {
    const tip = this.#store.tip;
    if (tip === null) return null;
    // A node that lags does not know the tip: what it does know says whether the chain has changed.
    const seen = tip.number <= newest ? tip : this.#store.blockAt(newest);
    if (seen === null || (await this.#isOnChain(seen))) return tip;
    const common = await this.#newestCommon(seen.number - 1);
    this.#store.rollBack(common?.number ?? this.#firstBlock - 1);
    return common;
  }

  /** Blocks name their parents: below one that both have, all are the same. */
  async #newestCommon(most: number): Promise<BlockHead | null> {
    const known = this.#store.blocksUpTo(most);
    let [low, high] = [0, known.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (await this.#isOnChain(known[middle] ?? null)) low = middle + 1;
      else high = middle;
    }
    return known[low - 1] ?? null;
  }

  async #isOnChain(block: BlockHead | null): Promise<boolean> {
    if (block === null) return true;
    const found = await this.#reader.head(block.number);
    // A node that lags says nothing about whether the chain has changed.
    if (found === null) throw new Error(`the chain's node does not know block ${block.number} any more`);
    return found.hash === block.hash;
  }
}
