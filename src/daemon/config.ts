import { isAbsolute, join } from "node:path";
import { parseUnits, type Asset } from "../api/amounts.ts";
import { USUAL_FEE_TERMS, type FeeTerms } from "../chain/ladder.ts";
import { Check, parseJson, type ConfigFile } from "../host/config-check.ts";
import { parseAddress, ZERO_ADDRESS } from "../protocol/checked.ts";
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
  /** Asked for the place of a lock, whatever comes of it [FEE-2]. */
  readonly slotFee: Amount;
  /** And millionths of its amount for a day. */
  readonly rentPpm: number;
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
  /** Whom our side of a channel pays: the account of the node's key, or any other, such as a cold one. */
  readonly owner: Address;
  /** Id of the node: the account of its key. */
  readonly node: Address;
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
  /** Of those, the nodes of one address; an IPv6 address counts by its /64. */
  readonly maxPerAddress: number;
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
  /** Whether single locks are among the events: five of each payment at each hop. */
  readonly lockEvents: boolean;
  /** Whether the locks of one neighbour may take only a share of a lane [FEE-3]. */
  readonly shares: boolean;
  /** What its transactions may cost when time is short. */
  readonly fees: FeeTerms;
  /** Whether the node keeps an index of all channels and shows it, without a token, at its API's port. */
  readonly explorer: boolean;
  readonly assets: readonly AssetTerms[];
  /** URLs of towers that are added at the start if they are not known. */
  readonly towers: readonly string[];
}

export type { ConfigFile } from "../host/config-check.ts";

/** Rejects, with `config_bad`, whatever is missing, unknown or of the wrong kind; `over` wins over the file. */
export function readConfig(path: string, text: string, over: ConfigFile = {}): Config {
  const check = new Check(path);
  const file = { ...check.object("the file", parseJson(check, text)), ...over };
  check.known(file, FIELDS);
  const { owner, node } = file;
  const wanted = {
    alias: check.text("alias", file.alias, 64),
    owner: check.parsed("owner", owner, parseAddress),
    // Before there was the field, both were one.
    node: check.parsed("node", node ?? owner, parseAddress),
    ...readChain(check, file),
    listen: endpointOrNull(check, "listen", file.listen),
    announce: endpointOrNull(check, "announce", file.announce),
    claimSeconds: check.number("claimSeconds", file.claimSeconds, 1, 10_000_000),
    challengeSeconds: check.number("challengeSeconds", file.challengeSeconds, 1, 100_000_000),
    maxConnections: check.number("maxConnections", file.maxConnections, 1, 100_000),
    maxPerAddress: check.number("maxPerAddress", file.maxPerAddress ?? 64, 1, 65_535),
    apiPort: check.number("apiPort", file.apiPort, 0, 65_535),
    tokenFile: resolveFile(path, check.text("tokenFile", file.tokenFile, 1000)),
    backupFile: backupFileOf(check, path, file.backupFile ?? null),
    backupSeconds: check.number("backupSeconds", file.backupSeconds ?? 60, 1, 86_400),
    recoverySeconds: check.number("recoverySeconds", file.recoverySeconds ?? 0, 0, 100_000_000),
    log: check.matching("log", file.log, /^(pretty|json)$/, '"pretty" or "json"') as Config["log"],
    spontaneous: check.boolean("spontaneous", file.spontaneous ?? false),
    lockEvents: check.boolean("lockEvents", file.lockEvents ?? true),
    explorer: check.boolean("explorer", file.explorer ?? false),
    shares: check.boolean("shares", file.shares ?? false),
    ...assetsAndFees(check, file),
    towers: check.texts("towers", file.towers ?? [], 20, 300),
  };
  requireConsistent(check, wanted);
  return wanted;
}

/** What must fit together. */
function requireConsistent(check: Check, wanted: Config): void {
  const least = leastChallengePeriod(wanted.claimSeconds);
  if (wanted.challengeSeconds < least) {
    throw check.bad("challengeSeconds", `is below ${least}, twice claimSeconds: no close could be answered`);
  }
  const sold = wanted.assets.find(({ sell }) => sell !== null);
  if (sold !== undefined && wanted.owner !== wanted.node) {
    const why = "needs the node's own account as the owner, whose consent brings the money in";
    throw check.bad(`assets.${sold.symbol}.sell`, why);
  }
}

type ChainConfig = Pick<
  Config,
  "rpc" | "chainId" | "hashlane" | "firstBlock" | "confirmations" | "pollMs" | "staleSeconds"
>;

function readChain(check: Check, file: ConfigFile): ChainConfig {
  const { rpc, chainId, hashlane } = file;
  return {
    rpc: check.text("rpc", rpc, 2000),
    chainId: BigInt(check.matching("chainId", chainId, /^[1-9][0-9]{0,18}$/, 'a decimal text such as "1"')),
    hashlane: check.parsed("hashlane", hashlane, parseAddress),
    firstBlock: check.number("firstBlock", file.firstBlock, 0, Number.MAX_SAFE_INTEGER),
    confirmations: check.number("confirmations", file.confirmations, 0, 1000),
    pollMs: check.number("pollMs", file.pollMs, 10, 600_000),
    staleSeconds:
      file.staleSeconds === null ? null : check.number("staleSeconds", file.staleSeconds, 1, 86_400),
  };
}

const FIELDS: ReadonlySet<string> = new Set([
  "alias",
  "owner",
  "node",
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
  "maxPerAddress",
  "apiPort",
  "tokenFile",
  "backupFile",
  "backupSeconds",
  "recoverySeconds",
  "log",
  "spontaneous",
  "lockEvents",
  "shares",
  "fees",
  "explorer",
  "assets",
  "towers",
]);
const FEE_FIELDS: ReadonlySet<string> = new Set(["sharePercent", "budget", "worth"]);
const ASSET_FIELDS: ReadonlySet<string> = new Set([
  "token",
  "decimals",
  "feeBase",
  "feePpm",
  "slotFee",
  "rentPpm",
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

function assetsAndFees(check: Check, file: ConfigFile): Pick<Config, "assets" | "fees"> {
  const assets = readAssets(check, file.assets);
  return { assets, fees: readFees(check, assets, file.fees ?? {}) };
}

const ETHER: Asset = { symbol: "ETH", token: ZERO_ADDRESS, decimals: 18 };

/** `worth`: ETH for one unit of an asset, by which a deadline of a token channel is weighed. */
function readFees(check: Check, assets: readonly Asset[], value: unknown): FeeTerms {
  const terms = check.object("fees", value);
  check.known(terms, FEE_FIELDS);
  const { sharePercent = USUAL_FEE_TERMS.sharePercent, budget, worth = {} } = terms;
  const eth = (name: string, text: unknown): Amount =>
    check.parsed(name, text, (said) => parseUnits(said, ETHER));
  const known = Object.entries(check.object("fees.worth", worth)).map(([symbol, text]) => {
    const asset = assets.find((one) => one.symbol === symbol);
    if (asset === undefined || asset.token === ZERO_ADDRESS)
      throw check.bad(`fees.worth.${symbol}`, "names no token among the assets");
    const wei = eth(`fees.worth.${symbol}`, text);
    return [asset.token, { wei, per: 10n ** BigInt(asset.decimals) }] as const;
  });
  return {
    sharePercent: check.number("fees.sharePercent", sharePercent, 1, 100),
    least: budget === undefined ? USUAL_FEE_TERMS.least : eth("fees.budget", budget),
    worth: new Map(known),
  };
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
    slotFee: terms.slotFee === undefined ? 0n : amount("slotFee"),
    rentPpm: check.number(at("rentPpm"), terms.rentPpm ?? 0, 0, 1_000_000),
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
