import type { NodeKey } from "../chain/keystore.ts";
import { accountFromKey, type Account } from "../chain/account.ts";
import { connectContracts, type Contracts } from "../chain/contracts.ts";
import { createEthereumChain, type EthereumChain } from "../chain/ethereum-chain.ts";
import type { ChainProblem } from "../chain/port.ts";
import { towerAccount } from "../chain/tower-account.ts";
import { loadCrypto, type CryptoSuite } from "../crypto/native-crypto.ts";
import type { TowerInfo, TowerRoute } from "../api/tower-routes.ts";
import type { HttpServer } from "../host/http-server.ts";
import type { Signer } from "../protocol/crypto.ts";
import type { Address } from "../protocol/types.ts";
import type { TowerConfig } from "./config.ts";
import { Desk } from "./desk.ts";
import { Guard } from "./guard.ts";
import { towerMetrics } from "./metrics.ts";
import { TowerStore } from "./store.ts";
import { startTowerServer, type ServerParts } from "./tower-server.ts";

type Values = Readonly<Record<string, string | number | bigint>>;

export interface TowerOptions {
  readonly config: TowerConfig;
  readonly version: string;
  /** Signs receipts, sends answers and gets the rewards. */
  readonly key: NodeKey;
  /** File of the store. */
  readonly file: string;
  /** PEM; null: plain. */
  readonly tls: ServerParts["tls"];
  readonly logger: {
    info(text: string, values?: Values): void;
    warn(text: string, values?: Values): void;
    error(text: string, values?: Values): void;
  };
  /** Default: those at the config's addresses. */
  readonly contracts?: Contracts;
  /** Default: the key's. */
  readonly account?: Account;
  /** Milliseconds that never go back; default: the machine's. */
  readonly now?: () => number;
}

/** A running tower. */
export interface Tower {
  readonly address: Address;
  readonly url: string;
  readonly store: TowerStore;
  /** Looks at the chain now. */
  poke(): Promise<void>;
  stop(): Promise<void>;
}

/** What hangs together in one. */
interface Parts extends TowerOptions {
  readonly suite: CryptoSuite;
  readonly contracts: Contracts;
  readonly signer: Signer;
  readonly store: TowerStore;
  readonly now: () => number;
}

/** Starts everything or nothing. */
export async function startTower(options: TowerOptions): Promise<Tower> {
  const { config, file, key } = options;
  const suite = await loadCrypto();
  const { hashlane, chainId, firstBlock, rpc } = config;
  const contracts = options.contracts ?? (await connectContracts(rpc, { hashlane, chainId, firstBlock }));
  const store = new TowerStore(file);
  const signer = suite.createSigner(key.privateKey);
  const now = options.now ?? (() => performance.now());
  try {
    return await startWith({ ...options, suite, contracts, signer, store, now });
  } catch (thrown) {
    store.close();
    throw thrown;
  }
}

async function startWith(parts: Parts): Promise<Tower> {
  const { config, tls, store, signer, now, logger } = parts;
  const watch = new Watch(parts);
  await watch.start();
  const counts = new Map<string, number>();
  const onAnswered = (route: TowerRoute | null, status: number): void => {
    const name = `${route ?? "refused"} ${status}`;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  };
  let server: HttpServer;
  try {
    const desk = new Desk({ ...parts, crypto: parts.suite.crypto });
    const onFault = (reason: string): void => logger.error("a call failed", { reason });
    const metrics = (): string => towerMetrics({ store, counts, sent: watch.sent, problems: watch.problems });
    const info = (): TowerInfo => infoOf(parts);
    server = await startTowerServer({ config, tls, desk, info, metrics, now, onFault, onAnswered });
  } catch (thrown) {
    await watch.stop();
    throw thrown;
  }
  return {
    ...{ address: signer.address, url: server.url, store },
    poke: () => watch.poke(),
    stop: async () => {
      await server.stop();
      await watch.stop();
      store.close();
    },
  };
}

function infoOf({ version, config, contracts: { domain }, signer, store }: Parts): TowerInfo {
  const { rewards, limits, recordSeconds } = config;
  const { number: block, time } = store.head;
  const shown = [...(rewards ?? [])].map(([token, least]) => [token, least.toString()] as const);
  return {
    version,
    tower: signer.address,
    chain: { id: domain.chainId.toString(), contract: domain.contract, block, time },
    rewards: rewards === null ? null : Object.fromEntries(shown),
    limits: {
      records: limits.recordsOfClient,
      witnesses: limits.witnessesOfClient,
      bytesPerSecond: limits.clientBytesPerSecond,
    },
    recordSeconds,
  };
}

/** Reads the chain, and begins anew where it turns out to be another one than was read. */
class Watch {
  readonly #parts: Parts;
  readonly #guard: Guard;
  readonly #account: Account;
  #chain: EthereumChain;
  #restarting: Promise<void> = Promise.resolve();
  #isStopped = false;
  /** Of transactions. */
  readonly sent = new Map<string, number>();
  readonly problems = new Map<string, number>();

  constructor(parts: Parts) {
    const { contracts, suite, store, signer, config, key, logger } = parts;
    this.#parts = parts;
    this.#guard = new Guard({
      ...{ store, crypto: suite.crypto, tower: signer.address, recordSeconds: config.recordSeconds },
      submit: (transaction) => this.#chain.submit(transaction),
      tell: (text, values) => {
        this.sent.set(text, (this.sent.get(text) ?? 0) + 1);
        logger.warn(text, values);
      },
    });
    this.#account = towerAccount({
      contracts,
      account: parts.account ?? accountFromKey(contracts.provider, key.privateKey),
      consentFor: (signature) => this.#guard.consentFor(signature),
      mostGasPrice: config.mostGasPrice,
    });
    this.#chain = this.#create();
  }

  #create(): EthereumChain {
    const { contracts, suite, config } = this.#parts;
    const { confirmations, pollMs } = config;
    return createEthereumChain({
      ...{ contracts, account: this.#account, crypto: suite.crypto, confirmations, pollMs },
    });
  }

  async start(): Promise<void> {
    await this.#chain.start(this.#parts.store.cursor, {
      onReport: (report) => this.#guard.onReport(report),
      onProblem: (problem) => this.#onProblem(problem),
      onView: () => undefined,
    });
    // What was sent before a restart and is not final is due still; no block has to come first.
    this.#guard.act();
  }

  async poke(): Promise<void> {
    await this.#restarting;
    await this.#chain.poke();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#restarting;
    await this.#chain.stop();
  }

  #onProblem(problem: ChainProblem): void {
    const { logger } = this.#parts;
    this.problems.set(problem.kind, (this.problems.get(problem.kind) ?? 0) + 1);
    logger.warn(problem.message);
    if (problem.kind !== "finalBlockReplaced") return;
    logger.warn("the chain is read anew from the contract's first block");
    const old = this.#chain;
    this.#restarting = this.#restarting.then(() => this.#restart(old));
  }

  async #restart(old: EthereumChain): Promise<void> {
    await old.stop();
    if (this.#isStopped) return;
    this.#parts.store.forgetChain();
    this.#chain = this.#create();
    try {
      await this.start();
    } catch (thrown) {
      this.#parts.logger.error("the chain cannot be read anew; start the tower again", {
        reason: thrown instanceof Error ? thrown.message : String(thrown),
      });
    }
  }
}
