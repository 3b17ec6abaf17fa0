import type { JsonRpcApiProvider, Log } from "ethers";

export interface LogFilter {
  readonly address: string | string[];
  readonly topics?: string[];
}

/** Logs of any number of blocks from a node that refuses large answers. */
export interface LogReader {
  /** All logs of the blocks `from` to `to`, both included, in order. */
  read(filter: LogFilter, from: number, to: number): Promise<readonly Log[]>;
}

/** Asks for at most `mostBlocks` at once, for half as many after a refusal, and for twice as many after an answer. */
export function createLogReader(provider: JsonRpcApiProvider, mostBlocks: number): LogReader {
  let span = mostBlocks;
  return {
    read: async (filter, from, to) => {
      const logs: Log[] = [];
      let next = from;
      while (next <= to) {
        const last = Math.min(to, next + span - 1);
        try {
          logs.push(...(await provider.getLogs({ ...filter, fromBlock: next, toBlock: last })));
          next = last + 1;
          span = Math.min(mostBlocks, span * 2);
        } catch (thrown) {
          const asked = last - next + 1;
          if (asked === 1) throw thrown;
          span = Math.ceil(asked / 2);
        }
      }
      return logs.sort((a, b) => a.blockNumber - b.blockNumber || a.index - b.index);
    },
  };
}
