import { Check, parseJson, type ConfigFile } from "../host/config-check.ts";
import { parseEndpoint, type Endpoint } from "../host/endpoint.ts";
import { parseAddress } from "../protocol/checked.ts";
import type { Address, Amount } from "../protocol/types.ts";

export interface TowerConfig {
  readonly rpc: string;
  readonly chainId: bigint;
  readonly hashlane: Address;
  readonly firstBlock: number;
  readonly confirmations: number;
  readonly pollMs: number;
  readonly listen: Endpoint;
  /** With a certificate of its own; else plain, for this machine or behind a proxy. */
  readonly tls: boolean;
  /** Callers are told apart by the last address in X-Forwarded-For, which the proxy writes. */
  readonly behindProxy: boolean;
  readonly log: "pretty" | "json";
  /** Least reward for each token that is guarded; null: any token, for nothing. */
  readonly rewards: ReadonlyMap<Address, Amount> | null;
  readonly limits: Limits;
  /** Wei for a unit of gas. */
  readonly mostGasPrice: Amount;
  /** A witness is recorded so long before its time. */
  readonly recordSeconds: number;
}

export interface Limits {
  /** Of all clients. */
  readonly records: number;
  readonly recordsOfClient: number;
  /** That are recorded for one client in a day. */
  readonly witnessesOfClient: number;
  /** What a client may bring, and an address say, on average. */
  readonly clientBytesPerSecond: number;
  readonly addressBytesPerSecond: number;
  readonly addressCallsPerSecond: number;
}

const GWEI = 10n ** 9n;

/** Those of a new file; the rest follows from the chain. */
export const TOWER_DEFAULTS = {
  listen: "127.0.0.1:9740",
  tls: false,
  behindProxy: false,
  log: "pretty",
  rewards: null,
  mostRecords: 1_000_000,
  recordsOfClient: 1000,
  witnessesOfClient: 64,
  clientBytesPerSecond: 20_000,
  addressBytesPerSecond: 200_000,
  addressCallsPerSecond: 100,
  maxGasGwei: 1000,
  recordSeconds: 1200,
} as const;

const FIELDS: ReadonlySet<string> = new Set([
  ...["rpc", "chainId", "hashlane", "firstBlock", "confirmations", "pollMs"],
  ...Object.keys(TOWER_DEFAULTS),
]);

const MOST = Number.MAX_SAFE_INTEGER;

/** Throws `config_bad` for what is missing, unknown or out of bounds; `over` wins over the file. */
export function readTowerConfig(path: string, text: string, over: ConfigFile = {}): TowerConfig {
  const check = new Check(path);
  const file = { ...check.object("the file", parseJson(check, text)), ...over };
  check.known(file, FIELDS);
  const number = (name: string, least: number, most: number): number =>
    check.number(name, file[name], least, most);
  const chainId = check.matching("chainId", file.chainId, /^[1-9][0-9]{0,18}$/, 'a decimal text such as "1"');
  return {
    rpc: check.text("rpc", file.rpc, 2000),
    chainId: BigInt(chainId),
    hashlane: check.parsed("hashlane", file.hashlane, parseAddress),
    firstBlock: number("firstBlock", 0, MOST),
    confirmations: number("confirmations", 0, 1000),
    pollMs: number("pollMs", 10, 600_000),
    listen: check.parsed("listen", file.listen, parseEndpoint),
    tls: check.boolean("tls", file.tls),
    behindProxy: check.boolean("behindProxy", file.behindProxy),
    log: check.matching("log", file.log, /^(pretty|json)$/, '"pretty" or "json"') as TowerConfig["log"],
    rewards: file.rewards === null ? null : readRewards(check, file.rewards),
    limits: readLimits(number),
    mostGasPrice: BigInt(number("maxGasGwei", 1, 1_000_000)) * GWEI,
    recordSeconds: number("recordSeconds", 1, 10_000_000),
  };
}

function readLimits(number: (name: string, least: number, most: number) => number): Limits {
  return {
    records: number("mostRecords", 1, 1_000_000_000),
    recordsOfClient: number("recordsOfClient", 1, 1_000_000_000),
    witnessesOfClient: number("witnessesOfClient", 0, 100),
    clientBytesPerSecond: number("clientBytesPerSecond", 100, MOST),
    addressBytesPerSecond: number("addressBytesPerSecond", 100, MOST),
    addressCallsPerSecond: number("addressCallsPerSecond", 1, MOST),
  };
}

function readRewards(check: Check, value: unknown): ReadonlyMap<Address, Amount> {
  const entries = Object.entries(check.object("rewards", value)).map(([token, least]) => {
    const address = check.parsed(`the name of rewards.${token}`, token, parseAddress);
    const text = check.matching(`rewards.${token}`, least, /^[0-9]{1,38}$/, "base units as a decimal text");
    return [address, BigInt(text)] as const;
  });
  return new Map(entries);
}
