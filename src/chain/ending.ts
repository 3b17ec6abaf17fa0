import type { Log } from "ethers";
import type { HashlaneInterface, IHashlane } from "../../typechain-types/Hashlane.ts";
import type { ChainFact, Checkpoint, ClosingRecord } from "../protocol/chain-facts.ts";
import type { CheckpointOf } from "../protocol/chain-locks.ts";
import type { Crypto } from "../protocol/crypto.ts";
import { MAX_CHAIN_LINKS } from "../protocol/registry.ts";
import type { ChainCommitment, ChannelId, Hex, UnixSeconds } from "../protocol/types.ts";
import { findCalls, type FoundCall } from "./calldata.ts";
import type { Contracts } from "./contracts.ts";
import type { LogReader } from "./logs.ts";
import { remainingAfter, type Remaining, type SettledCall } from "./remaining.ts";
import { readShown, type ShownLock } from "./shown-lists.ts";

type SettleArguments = readonly [
  params: IHashlane.ParamsStructOutput,
  life: bigint,
  record: IHashlane.ClosingStructOutput,
  shown: IHashlane.ShownStructOutput,
];

type HowEnded = Exclude<Extract<ChainFact, { kind: "ended" }>["how"], "convicted">;

/** Neither how a channel ended nor what a settle left is in the events: the transactions tell. */
export interface Ending {
  /** `log`: its `Ended`, which is of no conviction. */
  howEnded(channel: ChannelId, log: Log): Promise<HowEnded>;
  /**
   * `log`: its `Settled`. A list is null too if the transaction does not show what the call was, because a contract
   * made it up; the record says what its root is.
   */
  remainingAfter(channel: ChannelId, record: ClosingRecord, log: Log, time: UnixSeconds): Promise<Remaining>;
}

export function endingOf(contracts: Contracts, crypto: Crypto, reader: LogReader): Ending {
  const callsFor = async (channel: ChannelId, log: Log): Promise<readonly FoundCall[]> => {
    const transaction = await contracts.provider.getTransaction(log.transactionHash);
    if (transaction === null) throw new Error(`the node does not know transaction ${log.transactionHash}`);
    const { hashlane, domain } = contracts;
    return findCalls(hashlane.interface, crypto, domain, channel, transaction.data);
  };
  return {
    howEnded: async (channel, log) => {
      const [call] = await callsFor(channel, log);
      if (call !== undefined) return call.name === "settle" ? "settled" : "cooperative";
      return (await wasClosing(contracts, reader, channel, log)) ? "settled" : "cooperative";
    },
    remainingAfter: async (channel, record, log, time) => {
      for (const call of await callsFor(channel, log)) {
        const remaining = await remainingOfCall(contracts, crypto, { call, record, time });
        if (remaining !== null) return remaining;
      }
      return { own: null, theirs: null, answered: null };
    },
  };
}

/** For a transaction whose input does not show the call. */
async function wasClosing(
  { hashlane, domain, firstBlock }: Contracts,
  logs: LogReader,
  channel: ChannelId,
  { blockNumber }: Log,
): Promise<boolean> {
  const { topicHash } = hashlane.interface.getEvent("CloseStarted");
  const filter = { address: domain.contract, topics: [topicHash, channel] };
  return (await logs.read(filter, firstBlock, blockNumber)).length > 0;
}

async function remainingOfCall(
  { hashlane, registry }: Contracts,
  crypto: Crypto,
  { call, record, time }: { call: FoundCall; record: ClosingRecord; time: UnixSeconds },
): Promise<Remaining | null> {
  const settle = call.name === "settle" ? readSettle(hashlane.interface, crypto, call.data) : null;
  if (settle === null) return null;
  const { shown } = settle;
  const locks = [...shown.own, ...shown.theirs, ...shown.answered];
  const keys = new Set(locks.flatMap((lock) => (lock.kind === "hash" ? (lock.recordKey ?? []) : [])));
  const times = await Promise.all(
    [...keys].map(async (key) => [key, Number(await registry.timeOf(key))] as const),
  );
  const checkpointOf = await readCheckpoints(registry, locks);
  return remainingAfter(crypto, record, { ...settle, now: time, times: new Map(times), checkpointOf });
}

/** The checkpoints that were named, and those after them. */
async function readCheckpoints(
  registry: Contracts["registry"],
  locks: readonly ShownLock[],
): Promise<CheckpointOf> {
  const found = new Map<string, Checkpoint>();
  const read = async (commitment: ChainCommitment, number: number): Promise<void> => {
    const { time, index } = await registry.checkpointOf(commitment, number);
    const checkpoint = { number, index: Number(index), time: Number(time) };
    if (time !== 0n) found.set(`${commitment} ${number}`, checkpoint);
  };
  await Promise.all(
    locks.flatMap((shown) => {
      if (shown.kind === "hash" || shown.number > MAX_CHAIN_LINKS) return [];
      const { lock, number } = shown;
      return [read(lock.commitment, number), read(lock.commitment, number + 1)];
    }),
  );
  return (commitment, number) => found.get(`${commitment} ${number}`) ?? null;
}

/** Null if the selector stood there by chance or to mislead. */
function readSettle(
  abi: HashlaneInterface,
  crypto: Crypto,
  data: Hex,
): Pick<SettledCall, "shown" | "challengePeriod"> | null {
  try {
    const values = abi.decodeFunctionData("settle", data) as unknown as SettleArguments;
    // Nested values are decoded, and refused, when they are read: here.
    const shown = readShown(crypto, values[3]);
    return shown === null ? null : { shown, challengePeriod: Number(values[0].challengePeriod) };
  } catch {
    return null;
  }
}
