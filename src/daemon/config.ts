import { isAbsolute, join } from "node:path";
import { parseUnits, type Asset } from "../api/amounts.ts";
import { parseAddress, ZERO_ADDRESS, type Checked } from "../protocol/checked.ts";
import { HashlaneError } from "../protocol/error.ts";
import { leastChallengePeriod } from "../protocol/node/terms.ts";
import type { Address, Amount } from "../protocol/types.ts";
import type { SellTerms } from "./sell-terms.ts";
import { parseEndpoint, type Endpoint } from "./endpoint.ts";

/** What a node holds of an asset, asks for it, and lets its callers do with it. */
/** The most that leaves the node by its own payments, fees included, in any hour. Null: no limit. */
export interface OutflowTerms {
  readonly perHour: Amount | null;
  /** To one payee. */
  readonly perHourToOne: Amount | null;
}

export interface AssetTerms extends Asset {
  readonly feeBase: Amount;
  readonly feePpm: number;
  readonly minForward: Amount;
  readonly maxForward: Amount;
  /** Of one payment by this node, without fees. */
  readonly maxPayment: Amount;
  /** Of one payment, if its caller says nothing. */
  readonly maxFee: Amount;
  readonly outflow: OutflowTerms;
  /** Null: it sells no channels. */
  readonly sell: SellTerms | null;
}

export interface Config {
  readonly alias: string;
  readonly owner: Address;
  readonly rpc: string;
  readonly chainId: bigint;
  readonly hashlane: Address;
  readonly firstBlock: number;
  readonly confirmations: number;
  readonly pollMs: number;
  /** The newest block may be so old before nothing new is locked [NODE-8]; null: the chain makes blocks on demand. */
  readonly staleSeconds: number | null;
  /** Null: takes no connections, only makes them. */
  readonly listen: Endpoint | null;
  /** Where others reach `listen` from outside; null if it is the same. */
  readonly announce: Endpoint | null;
  readonly claimSeconds: number;
  readonly challengeSeconds: number;
  readonly maxConnections: number;
  readonly apiPort: number;
  readonly tokenFile: string;
  /** Where the encrypted backup is kept up to date, best on another disk; null: nowhere. */
  readonly backupFile: string | null;
  /** Between two backups, besides those after each channel that comes or goes. */
  readonly backupSeconds: number;
  /** Recovery period of channels that it opens; 0: they cannot be closed humbly. */
  readonly recoverySeconds: number;
  readonly log: "pretty" | "json";
  /** Whether payments are taken that nobody asked for. */
  readonly spontaneous: boolean;
  /** Whether the node keeps an index of all channels and shows it, without a token, at its API's port. */
  readonly explorer: boolean;
  readonly assets: readonly AssetTerms[];
}

/** As it stands in config.json. */
export type ConfigFile = Readonly<Record<string, unknown>>;

/** Rejects, with `config_bad`, whatever is missing, unknown or of the wrong kind; `over` wins over the file. */
export function readConfig(path: string, text: string, over: ConfigFile = {}): Config {
  const check = new Check(path);
  const file = { ...check.object("the file", parseJson(check, text)), ...over };
  check.known(file, FIELDS);
  const { chainId, hashlane, owner, rpc } = file;
  const wanted = {
    alias: check.text("alias", file.alias, 64),
    owner: check.parsed("owner", owner, parseAddress),
    rpc: check.text("rpc", rpc, 2000),
    chainId: BigInt(check.matching("chainId", chainId, /^[1-9][0-9]{0,18}$/, 'a decimal text such as "1"')),
    hashlane: check.parsed("hashlane", hashlane, parseAddress),
    firstBlock: check.number("firstBlock", file.firstBlock, 0, Number.MAX_SAFE_INTEGER),
    confirmations: check.number("confirmations", file.confirmations, 0, 1000),
    pollMs: check.number("pollMs", file.pollMs, 10, 600_000),
    staleSeconds:
      file.staleSeconds === null ? null : check.number("staleSeconds", file.staleSeconds, 1, 86_400),
    listen: endpointOrNull(check, "listen", file.listen),
    announce: endpointOrNull(check, "announce", file.announce),
    claimSeconds: check.number("claimSeconds", file.claimSeconds, 1, 10_000_000),
    challengeSeconds: check.number("challengeSeconds", file.challengeSeconds, 1, 100_000_000),
    maxConnections: check.number("maxConnections", file.maxConnections, 1, 100_000),
    apiPort: check.number("apiPort", file.apiPort, 0, 65_535),
    tokenFile: resolveFile(path, check.text("tokenFile", file.tokenFile, 1000)),
    backupFile: backupFileOf(check, path, file.backupFile ?? null),
    backupSeconds: check.number("backupSeconds", file.backupSeconds ?? 60, 1, 86_400),
    recoverySeconds: check.number("recoverySeconds", file.recoverySeconds ?? 0, 0, 100_000_000),
    log: check.matching("log", file.log, /^(pretty|json)$/, '"pretty" or "json"') as Config["log"],
    spontaneous: check.boolean("spontaneous", file.spontaneous ?? false),
    explorer: check.boolean("explorer", file.explorer ?? false),
    assets: readAssets(check, file.assets),
  };
  const least = leastChallengePeriod(wanted.claimSeconds);
  if (wanted.challengeSeconds < least) {
    throw check.bad("challengeSeconds", `is below ${least}, twice claimSeconds: no close could be answered`);
  }
  return wanted;
}

const FIELDS: ReadonlySet<string> = new Set([
  "alias",
  "owner",
  "rpc",
  "chainId",
  "hashlane",
  "firstBlock",
  "confirmations",
  "pollMs",
  "staleSeconds",
  "listen",
  "announce",
  "claimSeconds",
  "challengeSeconds",
  "maxConnections",
  "apiPort",
  "tokenFile",
  "backupFile",
  "backupSeconds",
  "recoverySeconds",
  "log",
  "spontaneous",
  "explorer",
  "assets",
]);
const ASSET_FIELDS: ReadonlySet<string> = new Set([
  "token",
  "decimals",
  "feeBase",
  "feePpm",
  "minForward",
  "maxForward",
  "maxPayment",
  "maxFee",
  "sell",
  "outflow",
]);
const OUTFLOW_FIELDS: ReadonlySet<string> = new Set(["perHour", "perHourToOne"]);
const SELL_FIELDS: ReadonlySet<string> = new Set(["feeBase", "feePpm", "min", "max", "total", "days"]);

/** A new file's assets: fees of a node that wants its costs covered and little more. */
export const DEFAULT_ASSETS = {
  ETH: {
    token: ZERO_ADDRESS,
    decimals: 18,
    feeBase: "0.000001",
    feePpm: 100,
    minForward: "0.000001",
    maxForward: "10",
    maxPayment: "10",
    maxFee: "0.01",
  },
} as const;

function resolveFile(config: string, file: string): string {
  return isAbsolute(file) ? file : join(config, "..", file);
}

function backupFileOf(check: Check, config: string, value: unknown): string | null {
  return value === null ? null : resolveFile(config, check.text("backupFile", value, 1000));
}

function endpointOrNull(check: Check, name: string, value: unknown): Endpoint | null {
  return value === null ? null : check.parsed(name, value, parseEndpoint);
}

function parseJson(check: Check, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (thrown) {
    throw check.bad("the file", `is no JSON (${thrown instanceof Error ? thrown.message : "unreadable"})`);
  }
}

function readAssets(check: Check, value: unknown): readonly AssetTerms[] {
  const assets = Object.entries(check.object("assets", value)).map(([symbol, terms]) => {
    check.matching(
      `the name of assets.${symbol}`,
      symbol,
      /^[A-Za-z0-9]{1,16}$/,
      "letters and digits, at most 16",
    );
    return readAsset(check, symbol, check.object(`assets.${symbol}`, terms));
  });
  if (assets.length === 0) throw check.bad("assets", "names none");
  if (new Set(assets.map(({ token }) => token)).size < assets.length)
    throw check.bad("assets", "names a token twice");
  return assets;
}

function readAsset(check: Check, symbol: string, terms: ConfigFile): AssetTerms {
  check.known(terms, ASSET_FIELDS);
  const at = (name: string): string => `assets.${symbol}.${name}`;
  const asset = {
    symbol,
    token: check.parsed(at("token"), terms.token, parseAddress),
    decimals: check.number(at("decimals"), terms.decimals, 0, 28),
  };
  const amount = (name: string): Amount =>
    check.parsed(at(name), terms[name], (text) => parseUnits(text, asset));
  const [minForward, maxForward] = [amount("minForward"), amount("maxForward")];
  if (minForward > maxForward) throw check.bad(at("minForward"), "is above maxForward");
  return {
    ...asset,
    feeBase: amount("feeBase"),
    feePpm: check.number(at("feePpm"), terms.feePpm, 0, 1_000_000),
    minForward,
    maxForward,
    maxPayment: amount("maxPayment"),
    maxFee: amount("maxFee"),
    outflow: readOutflow(check, asset, terms.outflow ?? {}),
    sell: terms.sell === undefined ? null : readSell(check, asset, terms.sell),
  };
}

function readOutflow(check: Check, asset: Asset, value: unknown): OutflowTerms {
  const name = `assets.${asset.symbol}.outflow`;
  const terms = check.object(name, value);
  check.known(terms, OUTFLOW_FIELDS);
  const amount = (field: string): Amount | null =>
    terms[field] === undefined
      ? null
      : check.parsed(`${name}.${field}`, terms[field], (text) => parseUnits(text, asset));
  return { perHour: amount("perHour"), perHourToOne: amount("perHourToOne") };
}

/** The money of a consent comes from credit, which only ETH has: a token would need an allowance that stays. */
function readSell(check: Check, asset: Asset, value: unknown): SellTerms {
  const name = `assets.${asset.symbol}.sell`;
  if (asset.token !== ZERO_ADDRESS) throw check.bad(name, "is for ETH alone");
  const terms = check.object(name, value);
  check.known(terms, SELL_FIELDS);
  const amount = (field: string): Amount =>
    check.parsed(`${name}.${field}`, terms[field], (text) => parseUnits(text, asset));
  const [min, max, total] = [amount("min"), amount("max"), amount("total")];
  if (min > max) throw check.bad(`${name}.min`, "is above max");
  if (max > total) throw check.bad(`${name}.max`, "is above total");
  return {
    ...{ feeBase: amount("feeBase"), min, max, total },
    feePpm: check.number(`${name}.feePpm`, terms.feePpm, 0, 1_000_000),
    days: check.number(`${name}.days`, terms.days, 1, 3650),
  };
}

class Check {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  bad(name: string, problem: string): HashlaneError {
    return new HashlaneError("config_bad", {
      failed: `${name} ${problem}`,
      given: { file: this.#path },
      next: "Correct it there, or in the flag or variable that stands for it, and start again.",
    });
  }

  object(name: string, value: unknown): ConfigFile {
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as ConfigFile;
    throw this.bad(name, "must be an object");
  }

  known(value: ConfigFile, names: ReadonlySet<string>): void {
    const unknown = Object.keys(value).find((name) => !names.has(name));
    if (unknown !== undefined)
      throw this.bad(unknown, `is not known here; known are ${[...names].join(", ")}`);
  }

  text(name: string, value: unknown, most: number): string {
    if (typeof value !== "string" || value === "") throw this.bad(name, "must be a text that is not empty");
    if (value.length > most) throw this.bad(name, `has more than ${most} characters`);
    return value;
  }

  matching(name: string, value: unknown, pattern: RegExp, like: string): string {
    if (typeof value !== "string" || !pattern.test(value)) throw this.bad(name, `must be ${like}`);
    return value;
  }

  number(name: string, value: unknown, least: number, most: number): number {
    if (typeof value !== "number" || !Number.isSafeInteger(value) || value < least || value > most) {
      throw this.bad(name, `must be a whole number from ${least} to ${most}`);
    }
    return value;
  }

  boolean(name: string, value: unknown): boolean {
    if (typeof value !== "boolean") throw this.bad(name, "must be true or false");
    return value;
  }

  parsed<T>(name: string, value: unknown, parse: (text: string) => Checked<T>): T {
    if (typeof value !== "string") throw this.bad(name, "must be a text");
    const parsed = parse(value);
    if (!parsed.ok) throw this.bad(name, `does not do: ${parsed.problem}`);
    return parsed.value;
  }
}
