import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { findContracts } from "../chain/addresses.ts";
import { connectContracts, type Contracts } from "../chain/contracts.ts";
import { setBalance } from "../chain/development.ts";
import { encryptKey, keyOfPhrase } from "../chain/keystore.ts";
import { HashlaneError } from "../protocol/error.ts";
import type { Address, Amount } from "../protocol/types.ts";
import { tokenDecimals } from "./assets.ts";
import { DEFAULT_ASSETS, readConfig, type Config, type ConfigFile } from "./config.ts";
import { makeDirectory, placesIn, writePrivate } from "./directory.ts";
import { rentOfDollar, rentOfEth, settingsOf, type Profile } from "./profile.ts";
import { writeToken } from "./token.ts";

export interface InitOptions {
  readonly directory: string;
  readonly phrase: string;
  readonly password: string;
  /** See `encryptKey`. */
  readonly isLight: boolean;
  /** Where the words are written to; null if they are shown by the caller. */
  readonly wordsFile: string | null;
  readonly rpc: string;
  /** Whom channels pay; null: the account of the node's key. */
  readonly owner?: Address | null;
  /** Null: the contracts of this version, where they stand on every chain. */
  readonly hashlane: Address | null;
  /** Null: as far back as is known to be needed. */
  readonly firstBlock: number | null;
  /** What is not left at its default. */
  readonly settings: ConfigFile;
  /** Replaces defaults of ETH. */
  readonly ethTerms: ConfigFile;
  /** `public`: for a node that forwards for people whom its owner does not know. */
  readonly profile?: Profile;
  /** Tokens besides ETH, by the names that people write. */
  readonly tokens?: Readonly<Record<string, Address>>;
  /** Wei that a development chain gives the account. */
  readonly faucet: Amount | null;
}

export interface NewNode {
  readonly directory: string;
  readonly node: Address;
  readonly config: Config;
}

const DEVELOPMENT_CHAIN = 31_337n;
const DEFAULTS = {
  listen: "127.0.0.1:9735",
  announce: null,
  claimSeconds: 3600,
  challengeSeconds: 86_400,
  maxConnections: 1000,
  apiPort: 9736,
  tokenFile: "api-token",
  backupFile: "backup.sealed",
  log: "pretty",
  spontaneous: false,
} as const;
/** Of a development chain, which makes a block for each transaction and is this machine's own. */
const DEVELOPMENT = { confirmations: 0, pollMs: 250, staleSeconds: null } as const;
const REAL = { confirmations: 12, pollMs: 3000, staleSeconds: 180 } as const;

/** Makes the directory of a new node. Nothing is written before everything was checked, the chain included. */
export async function initNode(options: InitOptions): Promise<NewNode> {
  const { directory, phrase, wordsFile, rpc, settings, ethTerms, faucet, profile = "local" } = options;
  const { address } = keyOfPhrase(phrase);
  if (wordsFile !== null) requireFree(wordsFile);
  makeDirectory(directory);
  const at =
    options.hashlane === null ? await findContracts(rpc) : { hashlane: options.hashlane, firstBlock: 0 };
  const contracts = await connectContracts(rpc, { hashlane: at.hashlane });
  const { domain } = contracts;
  const file = {
    alias: `node-${address.slice(2, 8)}`,
    owner: options.owner ?? address,
    node: address,
    rpc,
    chainId: domain.chainId.toString(),
    hashlane: at.hashlane,
    firstBlock: options.firstBlock ?? at.firstBlock,
    ...DEFAULTS,
    ...(domain.chainId === DEVELOPMENT_CHAIN ? DEVELOPMENT : REAL),
    ...settingsOf(profile),
    ...settings,
    assets: {
      ETH: { ...DEFAULT_ASSETS.ETH, ...rentOfEth(profile), ...ethTerms },
      ...(await tokenTerms(contracts, options.tokens ?? {}, profile)),
    },
  };
  const places = placesIn(directory);
  const text = `${JSON.stringify(file, null, 2)}\n`;
  const config = readConfig(places.config, text);
  const keystore = await encryptKey(phrase, options.password, options.isLight);
  if (faucet !== null) await setBalance(rpc, address, faucet);
  if (wordsFile !== null) writePrivate(wordsFile, `${phrase}\n`);
  writePrivate(places.keystore, `${keystore}\n`);
  mkdirSync(join(config.tokenFile, ".."), { recursive: true });
  writeToken(config.tokenFile);
  // Last: a directory with a config is a node.
  writePrivate(places.config, text);
  return { directory, node: address, config };
}

function requireFree(wordsFile: string): void {
  if (!existsSync(wordsFile)) return;
  throw new HashlaneError("directory_taken", {
    failed: "the file for the words is there already",
    given: { file: wordsFile },
    next: "Name one that does not exist.",
  });
}

/** Of a token worth about a dollar; who names another one corrects them. */
async function tokenTerms(
  contracts: Contracts,
  tokens: NonNullable<InitOptions["tokens"]>,
  profile: Profile,
): Promise<ConfigFile> {
  const all: Record<string, unknown> = {};
  for (const [symbol, token] of Object.entries(tokens)) {
    const decimals = await tokenDecimals(contracts, symbol, token);
    const least = decimals < 2 ? "1" : "0.01";
    const limits = { maxForward: "10000", maxPayment: "1000", maxFee: "1" };
    const price = { feeBase: "0", feePpm: 500, ...rentOfDollar(profile, decimals) };
    all[symbol] = { token, decimals, ...price, minForward: least, ...limits };
  }
  return all;
}
