import type { Transaction } from "../protocol/chain-facts.ts";
import type { Crypto } from "../protocol/crypto.ts";
import { HashlaneError } from "../protocol/error.ts";
import { portableCrypto } from "../protocol/portable-crypto.ts";
import type { Account } from "./account.ts";
import { connectChain } from "./connection.ts";
import type { Contracts } from "./contracts.ts";
import { EndpointsProvider } from "./endpoints.ts";
import { createFactReader } from "./fact-reader.ts";
import { reasonOf } from "./failure.ts";
import { Freshness } from "./freshness.ts";
import type { ChainCursor, ChainListener, ChainPort } from "./port.ts";
import { TransactionSender } from "./sender.ts";
import { ChainWatcher } from "./watcher.ts";

export interface EthereumChainOptions {
  readonly contracts: Contracts;
  /** Sends the transactions and pays for their gas: the owner's, because only it may close for its side. */
  readonly account: Account;
  /**
   * Blocks on top of one whose facts are delivered. Up to so many newest blocks may be replaced without harm; a
   * deeper change raises `finalBlockReplaced` and ends the delivery. With 0, a replaced newest block does.
   */
  readonly confirmations: number;
  /** Milliseconds between two looks at the chain; default 3000. */
  readonly pollMs?: number;
  /** Blocks that are asked for at once; default 10000. Fewer are asked for where the node refuses. */
  readonly mostBlocks?: number;
  /** A transaction that so many blocks did not take is sent again with a higher fee; default 3. */
  readonly replaceAfterBlocks?: number;
  /**
   * The newest block may be so old, and the chain so long unreadable, before the view counts as stale; null or left out:
   * never, for chains that make blocks only when there is something to put in.
   */
  readonly staleMs?: number | null;
  /** Default: portable. */
  readonly crypto?: Crypto;
}

export interface EthereumChain extends ChainPort {
  /** Looks now. Resolves when all that was final at the call is delivered, or could not be read. */
  poke(): Promise<void>;
}

/** The chain of an Ethereum node. */
export function createEthereumChain(options: EthereumChainOptions): EthereumChain {
  return new PollingChain(options);
}

class PollingChain implements EthereumChain {
  readonly #options: EthereumChainOptions;
  #running: Running | null = null;

  constructor(options: EthereumChainOptions) {
    this.#options = options;
  }

  async start(from: ChainCursor | null, listener: ChainListener): Promise<void> {
    const { contracts } = this.#options;
    if (this.#running !== null) throw startedTwice(contracts);
    const running = new Running(this.#options, from, listener);
    this.#running = running;
    try {
      await connectChain(contracts.provider, contracts.domain.chainId);
    } catch (thrown) {
      this.#running = null;
      throw thrown;
    }
    running.schedule(0);
  }

  submit(transaction: Transaction): void {
    this.#running?.submit(transaction);
  }

  poke(): Promise<void> {
    return this.#running?.poke() ?? Promise.resolve();
  }

  async stop(): Promise<void> {
    await this.#running?.stop();
  }
}

function startedTwice({ domain }: Contracts): HashlaneError {
  return new HashlaneError("chain_failed", {
    failed: "this chain was started before",
    given: { contract: domain.contract },
    next: "Make a new one for each node and each start.",
  });
}

const DEFAULT_POLL_MS = 3000;
const DEFAULT_MOST_BLOCKS = 10_000;
const DEFAULT_REPLACE_AFTER = 3;

class Running {
  readonly #options: EthereumChainOptions;
  readonly #listener: ChainListener;
  readonly #watcher: ChainWatcher;
  readonly #sender: TransactionSender;
  #timer: NodeJS.Timeout | null = null;
  #last: Promise<void> = Promise.resolve();
  #isStopped = false;
  readonly #freshness: Freshness;
  #isReachable = true;
  /** What the listener knows of the view; undefined: nothing yet. */
  #stale: string | null | undefined = undefined;

  constructor(options: EthereumChainOptions, from: ChainCursor | null, listener: ChainListener) {
    const { contracts, account, confirmations, crypto = portableCrypto } = options;
    const { mostBlocks = DEFAULT_MOST_BLOCKS, replaceAfterBlocks = DEFAULT_REPLACE_AFTER } = options;
    this.#options = options;
    this.#listener = this.#untilStopped(listener);
    this.#freshness = new Freshness({ staleMs: options.staleMs ?? null, now: Date.now });
    const reader = createFactReader(contracts, crypto, mostBlocks);
    this.#watcher = new ChainWatcher({ contracts, reader, confirmations, from, listener: this.#listener });
    this.#sender = new TransactionSender({
      contracts,
      account,
      crypto,
      replaceAfterBlocks,
      listener: this.#listener,
    });
  }

  schedule(delayMs: number): void {
    if (this.#isStopped) return;
    this.#timer = setTimeout(() => {
      void this.poke().then(() => this.schedule(this.#options.pollMs ?? DEFAULT_POLL_MS));
    }, delayMs);
  }

  submit(transaction: Transaction): void {
    if (this.#isStopped) return;
    void this.#sender.submit(transaction).then(() => this.poke());
  }

  /** Looks one after the other: each delivers where the one before has ended. */
  poke(): Promise<void> {
    this.#last = this.#last.then(() => this.#look());
    return this.#last;
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    await this.#last;
  }

  async #look(): Promise<void> {
    if (this.#isStopped) return;
    try {
      await this.#sender.check();
      await this.#watcher.poll(() => this.#isStopped);
      this.#sender.forgetUpTo(this.#watcher.delivered);
      this.#isReachable = true;
      await this.#lookAtAge();
    } catch (thrown) {
      this.#tell(this.#freshness.failed(reasonOf(thrown)).stale);
      if (!this.#isReachable) return;
      this.#isReachable = false;
      const message = `the chain ${this.#options.contracts.chainName} cannot be read: ${reasonOf(thrown)}`;
      this.#listener.onProblem({ kind: "unreachable", message });
    }
  }

  /** Asks for no block where none can be too old. */
  async #lookAtAge(): Promise<void> {
    if ((this.#options.staleMs ?? null) === null) {
      this.#tell(null);
      return;
    }
    const newest = await this.#options.contracts.provider.getBlock("latest");
    if (newest !== null) this.#tell(this.#freshness.read(newest.timestamp).stale);
  }

  /** A stale view may be that of one node alone: the next look is at another. */
  #tell(stale: string | null): void {
    const { provider } = this.#options.contracts;
    if (stale !== null && provider instanceof EndpointsProvider) provider.leave();
    if ((stale === null) === (this.#stale === null) && this.#stale !== undefined) return;
    this.#stale = stale;
    this.#listener.onView(stale);
  }

  #untilStopped(listener: ChainListener): ChainListener {
    return {
      onReport: (report) => {
        if (!this.#isStopped) listener.onReport(report);
      },
      onProblem: (problem) => {
        if (!this.#isStopped) listener.onProblem(problem);
      },
      onView: (stale) => {
        if (!this.#isStopped) listener.onView(stale);
      },
    };
  }
}
