import type { Log } from "ethers";
import type {
  AnsweredEvent,
  CloseStartedEvent,
  ConvictedEvent,
  DepositedEvent,
  EndedEvent,
  OpenedEvent,
  ResizedEvent,
} from "../../typechain-types/Hashlane.ts";
import type { ClosingRecord } from "../protocol/chain-facts.ts";
import type { Address, ChannelId, Hex, Side, UnixSeconds } from "../protocol/types.ts";
import { readParams, readRecord } from "./closing.ts";
import type { Contracts } from "./contracts.ts";
import { EndpointsProvider } from "./endpoints.ts";
import { createLogReader } from "./logs.ts";

/** Base units as a decimal text, maybe negative: events are kept as plain JSON. */
export type Units = string;

/** What a closing record says, for people. */
export interface Declared {
  readonly closer: Side;
  readonly humble: boolean;
  readonly paidA: Units;
  readonly paidB: Units;
  /** The closer's lane as it declared it, the other side's, and the closer's as the other side answered. */
  readonly own: DeclaredLane;
  readonly theirs: DeclaredLane;
  readonly answered: DeclaredLane;
}

export interface DeclaredLane {
  readonly seq: number;
  readonly sent: Units;
  /** Whether locks are undecided. */
  readonly locked: boolean;
}

/** An event of a channel as the chain tells it, without what only its parties need. */
export type ChannelChange =
  | {
      readonly kind: "opened";
      readonly life: number;
      readonly ownerA: Address;
      readonly ownerB: Address;
      readonly signerA: Address;
      readonly signerB: Address;
      readonly token: Address;
      readonly challengeSeconds: number;
      readonly recoverySeconds: number;
      /** Decimal. */
      readonly salt: string;
      readonly depositA: Units;
      readonly depositB: Units;
    }
  | { readonly kind: "deposited"; readonly depositA: Units; readonly depositB: Units }
  | { readonly kind: "resized"; readonly count: number; readonly depositA: Units; readonly depositB: Units }
  | { readonly kind: "closing"; readonly deadline: UnixSeconds; readonly record: Declared }
  | { readonly kind: "answered"; readonly record: Declared }
  | { readonly kind: "settled"; readonly record: Declared }
  | { readonly kind: "ended"; readonly paidA: Units; readonly paidB: Units }
  | {
      readonly kind: "convicted";
      readonly closer: Side;
      readonly spoils: Units;
      readonly tower: Address;
      readonly reward: Units;
    };

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

/** Blocks that are asked for at once. */
const AT_ONCE = 200;

export function createHistoryReader(contracts: Contracts, mostBlocks: number): HistoryReader {
  const { provider, domain } = contracts;
  const logs = createLogReader(provider, mostBlocks);
  const head = async (number: number): Promise<BlockHead | null> => {
    const block = await provider.getBlock(number);
    if (block === null || block.hash === null) return null;
    return { number, hash: block.hash as Hex, time: block.timestamp };
  };
  return {
    newest: () => provider.getBlockNumber(),
    head,
    read: async (from, to) => {
      const before = switchesOf(contracts);
      const last = await head(to);
      if (last === null) return null;
      const found = await logs.read({ address: domain.contract }, from, to);
      const blocks = await headsOf(found, last, head);
      // The newest names all before it by its parents: if it still stands, so do those between.
      const isSame = (await head(to))?.hash === last.hash && before === switchesOf(contracts);
      if (blocks === null || !isSame) return null;
      return { events: found.flatMap((log) => eventOf(contracts, log) ?? []), blocks };
    },
  };
}

/** Answers of two nodes in one reading would lack what one of them does not know yet. */
function switchesOf({ provider }: Contracts): number {
  return provider instanceof EndpointsProvider ? provider.switches : 0;
}

/** Null if a log is of another block than the chain has at its height now. */
async function headsOf(
  logs: readonly Log[],
  last: BlockHead,
  head: HistoryReader["head"],
): Promise<readonly BlockHead[] | null> {
  const hashes = new Map(logs.map(({ blockNumber, blockHash }) => [blockNumber, blockHash]));
  const numbers = [...hashes.keys()].filter((number) => number !== last.number);
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

function eventOf({ hashlane }: Contracts, log: Log): ChannelEvent | null {
  const event = hashlane.interface.parseLog(log);
  const change = event === null ? null : changeOf(event.name, event.args);
  if (change === null) return null;
  const { blockNumber: block, index, transactionHash, topics } = log;
  return { channel: topics[1] as ChannelId, block, index, transaction: transactionHash as Hex, change };
}

/** Null for events of credits and of items that were skipped. */
function changeOf(name: string, args: unknown): ChannelChange | null {
  switch (name) {
    case "Opened":
      return openedOf(args as OpenedEvent.OutputObject);
    case "Deposited":
      return { kind: "deposited", ...depositsOf(args as DepositedEvent.OutputObject) };
    case "Resized": {
      const event = args as ResizedEvent.OutputObject;
      return { kind: "resized", count: Number(event.count), ...depositsOf(event) };
    }
    case "CloseStarted": {
      const { deadline, record } = args as CloseStartedEvent.OutputObject;
      return { kind: "closing", deadline: Number(deadline), record: declaredIn(readRecord(record)) };
    }
    case "Answered":
    case "Settled": {
      const { record } = args as AnsweredEvent.OutputObject;
      return { kind: name === "Answered" ? "answered" : "settled", record: declaredIn(readRecord(record)) };
    }
    case "Ended": {
      const { paidA, paidB } = args as EndedEvent.OutputObject;
      return { kind: "ended", paidA: paidA.toString(), paidB: paidB.toString() };
    }
    case "Convicted":
      return convictedOf(args as ConvictedEvent.OutputObject);
    default:
      return null;
  }
}

function openedOf({ life, params: given, depositA, depositB }: OpenedEvent.OutputObject): ChannelChange {
  const { ownerA, ownerB, signerA, signerB, token, challengePeriod, recoveryPeriod, salt } =
    readParams(given);
  return {
    ...{ kind: "opened", life: Number(life), ownerA, ownerB, signerA, signerB, token },
    ...{ challengeSeconds: challengePeriod, recoverySeconds: recoveryPeriod, salt: salt.toString() },
    ...depositsOf({ depositA, depositB }),
  };
}

function convictedOf({ closerIsB, spoils, tower, reward }: ConvictedEvent.OutputObject): ChannelChange {
  return {
    ...{ kind: "convicted", closer: closerIsB ? "B" : "A", spoils: spoils.toString() },
    ...{ tower: tower.toLowerCase() as Address, reward: reward.toString() },
  };
}

function depositsOf({ depositA, depositB }: { readonly depositA: bigint; readonly depositB: bigint }) {
  return { depositA: depositA.toString(), depositB: depositB.toString() };
}

function declaredIn({ closer, humble, paid, own, theirs, answered }: ClosingRecord): Declared {
  const lane = ({ seq, sent, locksRoot }: ClosingRecord["own"]): DeclaredLane => ({
    seq,
    sent: sent.toString(),
    locked: BigInt(locksRoot) !== 0n,
  });
  return {
    ...{ closer, humble, paidA: paid.A.toString(), paidB: paid.B.toString() },
    ...{ own: lane(own), theirs: lane(theirs), answered: lane(answered) },
  };
}
