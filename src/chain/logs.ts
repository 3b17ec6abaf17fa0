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

/** In order. */
export function createLogReader(provider: JsonRpcApiProvider, mostBlocks: number): LogReader {
  const spans = createSpans(mostBlocks);
  return {
    read: async (filter, from, to) => {
      const logs = await spans(from, to, (fromBlock, toBlock) =>
        provider.getLogs({ ...filter, fromBlock, toBlock }),
      );
      return logs.sort((a, b) => a.blockNumber - b.blockNumber || a.index - b.index);
    },
  };
}

type Ask<T> = (from: number, to: number) => Promise<readonly T[]>;

/**
 * Asks about many blocks, about at most `mostBlocks` at once, about half as many after a refusal, and about twice as
 * many after an answer.
 */
export function createSpans(mostBlocks: number): <T>(from: number, to: number, ask: Ask<T>) => Promise<T[]> {
  let span = mostBlocks;
  return async (from, to, ask) => {
    const all = [];
    let next = from;
    while (next <= to) {
      const last = Math.min(to, next + span - 1);
      try {
        for (const one of await ask(next, last)) all.push(one);
        next = last + 1;
        span = Math.min(mostBlocks, span * 2);
      } catch (thrown) {
        const asked = last - next + 1;
        if (asked === 1) throw thrown;
        span = Math.ceil(asked / 2);
      }
    }
    return all;
  };
}
