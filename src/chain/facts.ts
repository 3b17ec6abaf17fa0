import type { Log, LogDescription } from "ethers";
import type {
  AnsweredEvent,
  CloseStartedEvent,
  ConvictedEvent,
  DepositedEvent,
  EndedEvent,
  OpenedEvent,
  ResizedEvent,
  SettledEvent,
} from "../../typechain-types/Hashlane.ts";
import type {
  ChainRecordedEvent,
  ListRecordedEvent,
  RecordedEvent,
} from "../../typechain-types/SecretRegistry.ts";
import { fromHex } from "../protocol/bytes.ts";
import type { ChainFact } from "../protocol/chain-facts.ts";
import type { Crypto } from "../protocol/crypto.ts";
import { paramsId } from "../protocol/identity.ts";
import type { ChainCommitment, ChannelId, Domain, Hex, Secret } from "../protocol/types.ts";
import { readParams, readRecord } from "./closing.ts";
import type { Contracts } from "./contracts.ts";
import type { Ending } from "./ending.ts";

/** What a fact needs beyond its event. */
export interface Surroundings {
  readonly crypto: Crypto;
  readonly timeOf: (log: Log) => Promise<number>;
  readonly ending: Ending;
}

/** The fact that an event tells; null for those that no node needs. */
export async function factOf(
  { hashlane, registry, registryAddress, domain }: Contracts,
  log: Log,
  around: Surroundings,
): Promise<ChainFact | null> {
  if (log.address.toLowerCase() === registryAddress) {
    const event = registry.interface.parseLog(log);
    return event === null ? null : recordedFact(event, await around.timeOf(log));
  }
  const event = hashlane.interface.parseLog(log);
  return event === null ? null : channelFact(event, log, domain, around);
}

function recordedFact({ name, args }: LogDescription, time: number): ChainFact | null {
  switch (name) {
    case "Recorded": {
      const { witness } = args as unknown as RecordedEvent.OutputObject;
      return { kind: "recorded", secrets: [witness as Secret], time };
    }
    case "ListRecorded": {
      const { witnesses } = args as unknown as ListRecordedEvent.OutputObject;
      return { kind: "recorded", secrets: [...witnesses] as Secret[], time };
    }
    case "ChainRecorded": {
      const { commitment, number, index } = args as unknown as ChainRecordedEvent.OutputObject;
      const checkpoint = { number: Number(number), index: Number(index), time };
      return { kind: "chainRecorded", commitment: commitment as ChainCommitment, ...checkpoint };
    }
    default:
      return null;
  }
}

async function channelFact(
  { name, args }: LogDescription,
  log: Log,
  domain: Domain,
  { crypto, ending, timeOf }: Surroundings,
): Promise<ChainFact | null> {
  switch (name) {
    case "Opened":
      return openedFact(crypto, domain, args as unknown as OpenedEvent.OutputObject);
    case "Deposited": {
      const { channel, depositA, depositB } = args as unknown as DepositedEvent.OutputObject;
      return { kind: "deposited", channel: channel as ChannelId, deposits: { A: depositA, B: depositB } };
    }
    case "Resized": {
      const { channel, count, depositA: A, depositB: B } = args as unknown as ResizedEvent.OutputObject;
      return { kind: "resized", channel: channel as ChannelId, count: Number(count), deposits: { A, B } };
    }
    case "CloseStarted":
      return closingFact(args as unknown as CloseStartedEvent.OutputObject);
    case "Answered": {
      const { channel, record } = args as unknown as AnsweredEvent.OutputObject;
      return { kind: "answered", channel: channel as ChannelId, record: readRecord(record) };
    }
    case "Settled": {
      const event = args as unknown as SettledEvent.OutputObject;
      const [channel, record] = [event.channel as ChannelId, readRecord(event.record)];
      const remaining = await ending.remainingAfter(channel, record, log, await timeOf(log));
      return { kind: "settled", channel, record, remaining };
    }
    case "Ended": {
      const { channel, paidA, paidB } = args as unknown as EndedEvent.OutputObject;
      const how = await ending.howEnded(channel as ChannelId, log);
      return { kind: "ended", channel: channel as ChannelId, paid: { A: paidA, B: paidB }, how };
    }
    case "Convicted":
      return convictedFact(args as unknown as ConvictedEvent.OutputObject);
    default:
      return null;
  }
}

function openedFact(crypto: Crypto, domain: Domain, event: OpenedEvent.OutputObject): ChainFact {
  const { channel, life, depositA, depositB } = event;
  const params = readParams(event.params);
  return {
    kind: "opened",
    params,
    paramsId: paramsId(crypto, domain, params),
    channel: channel as ChannelId,
    life: Number(life),
    deposits: { A: depositA, B: depositB },
  };
}

function closingFact({ channel, deadline, record, ownLocks }: CloseStartedEvent.OutputObject): ChainFact {
  return {
    kind: "closing",
    channel: channel as ChannelId,
    record: readRecord(record),
    deadline: Number(deadline),
    ownLocks: fromHex(ownLocks as Hex),
  };
}

function convictedFact({ channel, closerIsB, spoils }: ConvictedEvent.OutputObject): ChainFact {
  const paid = closerIsB ? { A: spoils, B: 0n } : { A: 0n, B: spoils };
  return { kind: "ended", channel: channel as ChannelId, paid, how: "convicted" };
}
