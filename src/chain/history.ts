import { toQuantity } from "ethers";
import type { ChannelId, Hex, UnixSeconds } from "../protocol/types.ts";
import type { ChannelChange } from "./channel-change.ts";
import type { Contracts } from "./contracts.ts";
import { EndpointsProvider } from "./endpoints.ts";
import { changeReader, type RawLog } from "./history-events.ts";
import { createSpans } from "./logs.ts";

export interface ChannelEvent {
  readonly channel: ChannelId;
  readonly block: number;
  /** In its block. */
  readonly index: number;
  readonly transaction: Hex;
  readonly change: ChannelChange;
}

export interface BlockHead {
  readonly number: number;
  readonly hash: Hex;
  readonly time: UnixSeconds;
}

/** What whole blocks hold. */
export interface Chapter {
  readonly events: readonly ChannelEvent[];
  /** Every block that holds an event, and the last one, in order. */
  readonly blocks: readonly BlockHead[];
}

export interface HistoryReader {
  newest(): Promise<number>;
  /** Null if the chain has no such block, or its node does not know it yet. */
  head(number: number): Promise<BlockHead | null>;
  /** The blocks `from` to `to`, both included; null if the chain changed meanwhile: look again. */
  read(from: number, to: number): Promise<Chapter | null>;
}

interface RawBlock {
  readonly hash: Hex;
  readonly timestamp: Hex;
}

/** Blocks that are asked for at once. */
const AT_ONCE = 200;

/** Through plain requests: ethers' own logs and blocks cost ten times what is left of the work. */
export function createHistoryReader(contracts: Contracts, mostBlocks: number): HistoryReader {
  const { provider, domain } = contracts;
  const spans = createSpans(mostBlocks);
  const changeIn = changeReader(contracts);
  const head = async (number: number): Promise<BlockHead | null> => {
    const asked = [toQuantity(number), false];
    const block = (await provider.send("eth_getBlockByNumber", asked)) as RawBlock | null;
    return block === null ? null : { number, hash: block.hash, time: Number(block.timestamp) };
  };
  const logsOf = (from: number, to: number): Promise<readonly RawLog[]> => {
    const filter = { address: domain.contract, fromBlock: toQuantity(from), toBlock: toQuantity(to) };
    return provider.send("eth_getLogs", [filter]) as Promise<readonly RawLog[]>;
  };
  return {
    newest: () => provider.getBlockNumber(),
    head,
    read: async (from, to) => {
      const before = switchesOf(contracts);
      const last = await head(to);
      if (last === null) return null;
      const logs = await spans(from, to, logsOf);
      const blocks = await headsOf(logs, last, head);
      // The newest names all before it by its parents: if it still stands, so do those between.
      const isSame = (await head(to))?.hash === last.hash && before === switchesOf(contracts);
      if (blocks === null || !isSame) return null;
      const events = logs.flatMap((log) => eventOf(log, changeIn(log)));
      return { events: events.sort((a, b) => a.block - b.block || a.index - b.index), blocks };
    },
  };
}

/** Answers of two nodes in one reading would lack what one of them does not know yet. */
function switchesOf({ provider }: Contracts): number {
  return provider instanceof EndpointsProvider ? provider.switches : 0;
}

/** Null if a log is of another block than the chain has at its height now. */
async function headsOf(
  logs: readonly RawLog[],
  last: BlockHead,
  head: HistoryReader["head"],
): Promise<readonly BlockHead[] | null> {
  const hashes = new Map(logs.map(({ blockNumber, blockHash }) => [Number(blockNumber), blockHash]));
  const numbers = [...hashes.keys()].filter((number) => number !== last.number).sort((a, b) => a - b);
  const blocks: BlockHead[] = [];
  for (let at = 0; at < numbers.length; at += AT_ONCE) {
    const some = await Promise.all(numbers.slice(at, at + AT_ONCE).map(head));
    for (const block of some) {
      if (block === null) return null;
      blocks.push(block);
    }
  }
  blocks.push(last);
  return blocks.every(({ number, hash }) => (hashes.get(number) ?? hash) === hash) ? blocks : null;
}

/** None for events of credits and of items that were skipped. */
function eventOf(log: RawLog, change: ChannelChange | null): readonly ChannelEvent[] {
  if (change === null) return [];
  const { blockNumber, logIndex, transactionHash: transaction, topics } = log;
  const at = { block: Number(blockNumber), index: Number(logIndex), transaction };
  return [{ channel: topics[1] as ChannelId, ...at, change }];
}
