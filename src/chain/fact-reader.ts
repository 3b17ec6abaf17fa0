import type { Log } from "ethers";
import type { ChainFact } from "../protocol/chain-facts.ts";
import type { Crypto } from "../protocol/crypto.ts";
import type { Contracts } from "./contracts.ts";
import { endingOf } from "./ending.ts";
import { factOf, type Surroundings } from "./facts.ts";
import { createLogReader } from "./logs.ts";

export interface FactReader {
  /** The facts of the blocks `from` to `to`, both included, in order, without `head`. */
  read(from: number, to: number): Promise<readonly ChainFact[]>;
}

/** Blocks and transactions that are asked for at once. */
const AT_ONCE = 100;

export function createFactReader(contracts: Contracts, crypto: Crypto, mostBlocks: number): FactReader {
  const { provider, domain, registryAddress } = contracts;
  const reader = createLogReader(provider, mostBlocks);
  const filter = { address: [domain.contract, registryAddress] };
  return {
    read: async (from, to) => {
      const logs = await reader.read(filter, from, to);
      const around = { crypto, timeOf: blockTimes(contracts), ending: endingOf(contracts, crypto, reader) };
      const facts: ChainFact[] = [];
      for (let at = 0; at < logs.length; at += AT_ONCE) {
        const some = logs.slice(at, at + AT_ONCE).map((log) => factOf(contracts, log, around));
        facts.push(...(await Promise.all(some)).filter((fact) => fact !== null));
      }
      return facts;
    },
  };
}

/** Timestamps of the blocks of logs, each asked for once. */
function blockTimes({ provider }: Contracts): Surroundings["timeOf"] {
  const known = new Map<number, Promise<number>>();
  const ask = async ({ blockNumber }: Log): Promise<number> => {
    const block = await provider.getBlock(blockNumber);
    if (block === null) throw new Error(`the node does not know block ${blockNumber}`);
    return block.timestamp;
  };
  return (log) => {
    const time = known.get(log.blockNumber) ?? ask(log);
    known.set(log.blockNumber, time);
    return time;
  };
}
