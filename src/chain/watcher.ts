import type { Block } from "ethers";
import type { Hex } from "../protocol/types.ts";
import type { Contracts } from "./contracts.ts";
import { EndpointsProvider } from "./endpoints.ts";
import type { FactReader } from "./fact-reader.ts";
import type { ChainCursor, ChainListener } from "./port.ts";

export interface WatcherOptions {
  readonly contracts: Contracts;
  readonly reader: FactReader;
  /**
   * Blocks on top of one whose facts are delivered. Replacing up to so many newest blocks goes unnoticed; a deeper
   * change ends the watch with `finalBlockReplaced`. With 0 any change of the newest block does.
   */
  readonly confirmations: number;
  readonly from: ChainCursor | null;
  readonly listener: ChainListener;
}

/** Of one report: a catch-up after days is one, a first look at years of blocks stays bounded in memory. */
const MOST_BLOCKS_PER_REPORT = 50_000;

/** Delivers the facts of final blocks, in order, each once. */
export class ChainWatcher {
  readonly #options: WatcherOptions;
  #cursor: ChainCursor | null;
  #replaced = false;

  constructor(options: WatcherOptions) {
    this.#options = options;
    this.#cursor = options.from;
  }

  /** The newest block whose facts were delivered; -1 before the first. */
  get delivered(): number {
    return this.#cursor?.number ?? -1;
  }

  /**
   * Delivers all that has become final. Throws if the chain cannot be read now; what was delivered stays delivered.
   * `isStopped` is asked before each report.
   */
  async poll(isStopped: () => boolean): Promise<void> {
    const { contracts, confirmations } = this.#options;
    const final = (await contracts.provider.getBlockNumber()) - confirmations;
    while (!isStopped() && (await this.#isCursorGood())) {
      const first = this.#cursor === null ? contracts.firstBlock : this.#cursor.number + 1;
      if (first > final) return;
      const isDelivered = await this.#report(
        first,
        Math.min(final, first + MOST_BLOCKS_PER_REPORT - 1),
        isStopped,
      );
      if (!isDelivered) return;
    }
  }

  /** A node that lags behind does not know the block; that is no alarm. */
  async #isCursorGood(): Promise<boolean> {
    const cursor = this.#cursor;
    if (cursor === null || this.#replaced) return !this.#replaced;
    const block = await this.#block(cursor.number);
    if (block === null || block.hash === cursor.hash) return true;
    this.#replaced = true;
    this.#alarm(cursor, block.hash);
    return false;
  }

  #alarm(cursor: ChainCursor, actual: string | null): void {
    const { chainName } = this.#options.contracts;
    const message =
      `block ${cursor.number} of the chain ${chainName} was replaced although it counted as final ` +
      `(confirmations: ${this.#options.confirmations}, known hash: ${cursor.hash}, hash now: ${actual ?? "none"}). ` +
      "Facts that this node acted on may be void, and it hears nothing new. Check that the node of the chain is the " +
      "right one and in order; then read the chain from the start into a fresh store, with more confirmations.";
    this.#options.listener.onProblem({ kind: "finalBlockReplaced", cursor, message });
  }

  /** False if the chain changed while it was read: the next poll looks again. */
  async #report(from: number, to: number, isStopped: () => boolean): Promise<boolean> {
    const { reader, listener } = this.#options;
    const switches = this.#switches;
    const newest = await this.#block(to);
    const hash = newest?.hash ?? null;
    if (newest === null || hash === null) return false;
    const facts = await reader.read(from, to);
    // Blocks name their parents: if the newest and the oldest stand, so do those between, whose logs were read.
    if ((await this.#block(to))?.hash !== hash) return false;
    // Logs of a node that lags behind, between two blocks of one that does not, would lack events.
    if (this.#switches !== switches) return false;
    if (!(await this.#isCursorGood()) || isStopped()) return false;
    this.#cursor = { number: to, hash: hash as Hex };
    const head = { kind: "head", number: to, time: newest.timestamp } as const;
    listener.onReport({ facts: [...facts, head], cursor: this.#cursor });
    return true;
  }

  get #switches(): number {
    const { provider } = this.#options.contracts;
    return provider instanceof EndpointsProvider ? provider.switches : 0;
  }

  #block(number: number): Promise<Block | null> {
    return this.#options.contracts.provider.getBlock(number);
  }
}
