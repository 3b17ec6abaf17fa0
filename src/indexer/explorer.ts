import type { ExplorerStatus } from "../api/explorer-views.ts";
import type { Contracts } from "../chain/contracts.ts";
import { reasonOf } from "../chain/failure.ts";
import { createHistoryReader } from "../chain/history.ts";
import type { NodeId, Policy } from "../protocol/types.ts";
import { openIndex } from "./database.ts";
import { IndexStore, type KeptEvent } from "./index-store.ts";
import { Network } from "./network.ts";
import { isoOf } from "./show.ts";
import { Syncer } from "./syncer.ts";
import { Tokens } from "./tokens.ts";

export interface ExplorerOptions {
  readonly contracts: Contracts;
  /** Where the index is kept. */
  readonly path: string;
  readonly pollMs: number;
  /** The newest block may be so old; null: the chain makes blocks on demand. */
  readonly staleSeconds: number | null;
  /** What the node that serves this has heard; null if none does. */
  readonly gossip: Gossip | null;
  readonly onProblem: (message: string) => void;
}

export interface Gossip {
  readonly node: NodeId;
  policies(): readonly Policy[];
  readonly aliases: ReadonlyMap<NodeId, string>;
}

const MOST_BLOCKS_AT_ONCE = 2000;
type Listener = (events: readonly KeptEvent[]) => void;

/** An index that follows its chain until it is stopped. */
export class Explorer {
  readonly options: ExplorerOptions;
  readonly store: IndexStore;
  readonly network: Network;
  readonly tokens: Tokens;
  readonly #syncer: Syncer;
  readonly #listeners = new Set<Listener>();
  #timer: NodeJS.Timeout | null = null;
  #last: Promise<void> = Promise.resolve();
  #isStopped = false;
  #newest: number | null = null;
  #problem: string | null = null;
  #told: number;

  constructor(options: ExplorerOptions) {
    const { contracts, path } = options;
    const { chainId, contract } = contracts.domain;
    this.options = options;
    this.store = new IndexStore(openIndex(path, `${chainId} ${contract} ${contracts.firstBlock}`));
    this.network = new Network(this.store);
    this.tokens = new Tokens(this.store, contracts);
    this.#syncer = new Syncer(
      createHistoryReader(contracts, MOST_BLOCKS_AT_ONCE),
      this.store,
      contracts.firstBlock,
    );
    this.#told = this.store.cursor;
    this.store.onChange = (channels) => this.network.refresh(channels);
  }

  start(): void {
    void this.poke().then(() => this.#schedule());
  }

  /** Looks now. Resolves when all that the chain had at the call is taken in, or could not be read. */
  poke(): Promise<void> {
    this.#last = this.#last.then(() => this.#look());
    return this.#last;
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    await this.#last;
    this.store.close();
  }

  /** Told of new events, oldest first; what it gives ends that. */
  on(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  status(): ExplorerStatus {
    const { contracts, gossip } = this.options;
    const { tip } = this.store;
    const { state, problem } = this.#state(tip);
    return {
      chainId: contracts.domain.chainId.toString(),
      contract: contracts.domain.contract,
      block: tip?.number ?? null,
      time: tip === null ? null : isoOf(tip.time),
      newest: this.#newest,
      ...{ state, problem },
      cursor: this.store.cursor,
      node: gossip?.node ?? null,
    };
  }

  #state(tip: IndexStore["tip"]): Pick<ExplorerStatus, "state" | "problem"> {
    const { staleSeconds } = this.options;
    if (this.#problem !== null) return { state: "chain_unreachable", problem: this.#problem };
    if (tip === null || this.#newest === null) return { state: "reading", problem: null };
    if (tip.number < this.#newest) return { state: "reading", problem: null };
    const age = Math.round(Date.now() / 1000 - tip.time);
    if (staleSeconds === null || age <= staleSeconds) return { state: "ready", problem: null };
    return { state: "chain_old", problem: `the chain's newest block is ${age} s old` };
  }

  #schedule(): void {
    if (this.#isStopped) return;
    this.#timer = setTimeout(() => void this.poke().then(() => this.#schedule()), this.options.pollMs);
  }

  async #look(): Promise<void> {
    if (this.#isStopped) return;
    try {
      await this.#syncer.poll(
        () => this.#isStopped,
        (newest) => (this.#newest = newest),
      );
      await this.tokens.learn();
      this.#problem = null;
    } catch (thrown) {
      const reason = reasonOf(thrown);
      if (this.#problem === null) this.options.onProblem(`the explorer cannot read the chain: ${reason}`);
      this.#problem = reason;
    }
    this.#tell();
  }

  #tell(): void {
    const events = this.store.eventsAfter(this.#told, 1000);
    this.#told = this.store.cursor;
    if (events.length === 0) return;
    for (const listener of this.#listeners) listener(events);
  }
}
