import type { ClosingRecord } from "../protocol/chain-facts.ts";
import type { Address, Hex } from "../protocol/types.ts";
import type { ChannelChange, Declared, DeclaredLane } from "./channel-change.ts";
import { readRecord } from "./closing.ts";
import type { Contracts } from "./contracts.ts";

/** As a node answers `eth_getLogs`. */
export interface RawLog {
  readonly blockNumber: Hex;
  readonly blockHash: Hex;
  readonly logIndex: Hex;
  readonly transactionHash: Hex;
  readonly topics: readonly Hex[];
  readonly data: Hex;
}

type Reader = (words: Words) => ChannelChange;

/**
 * Reads what an event says of its channel; null for events of credits and of items that were skipped. Word by word:
 * ethers' decoder hashes every address for its checksum, which takes ten times as long as all the rest.
 */
export function changeReader({ hashlane }: Contracts): (log: RawLog) => ChannelChange | null {
  const readers = new Map<string, Reader>(
    Object.entries(READERS).map(([name, reader]) => {
      const event = hashlane.interface.getEvent(name as "Opened");
      return [event.topicHash, reader];
    }),
  );
  return ({ topics, data }) => readers.get(topics[0] ?? "")?.(new Words(data)) ?? null;
}

/** By name; each word is where the event's declaration in IHashlane puts it. */
const READERS: Readonly<Record<string, Reader>> = {
  Opened: (words) => ({
    kind: "opened",
    life: words.number(0),
    ...{ ownerA: words.address(1), ownerB: words.address(2) },
    ...{ signerA: words.address(3), signerB: words.address(4), token: words.address(5) },
    ...{ challengeSeconds: words.number(6), recoverySeconds: words.number(7), salt: words.units(8) },
    ...{ depositA: words.units(9), depositB: words.units(10) },
  }),
  Deposited: (words) => ({ kind: "deposited", depositA: words.signed(0), depositB: words.signed(1) }),
  Resized: (words) => ({
    ...{ kind: "resized", count: words.number(0) },
    ...{ depositA: words.signed(1), depositB: words.signed(2) },
  }),
  CloseStarted: (words) => ({ kind: "closing", deadline: words.number(0), record: declaredAt(words, 1) }),
  Answered: (words) => ({ kind: "answered", record: declaredAt(words, 0) }),
  Settled: (words) => ({ kind: "settled", record: declaredAt(words, 0) }),
  Ended: (words) => ({ kind: "ended", paidA: words.units(0), paidB: words.units(1) }),
  Convicted: (words) => ({
    ...{ kind: "convicted", closer: words.uint(0) === 0n ? "A" : "B", spoils: words.units(1) },
    ...{ tower: words.address(2), reward: words.units(3) },
  }),
};

/** The data of an event as words of 32 bytes. */
class Words {
  readonly #data: Hex;

  constructor(data: Hex) {
    this.#data = data;
  }

  hex(at: number): Hex {
    return `0x${this.#data.slice(2 + 64 * at, 66 + 64 * at)}`;
  }

  uint(at: number): bigint {
    return BigInt(this.hex(at));
  }

  number(at: number): number {
    return Number(this.uint(at));
  }

  units(at: number): string {
    return this.uint(at).toString();
  }

  signed(at: number): string {
    return BigInt.asIntN(256, this.uint(at)).toString();
  }

  address(at: number): Address {
    return `0x${this.hex(at).slice(26).toLowerCase()}` as Address;
  }
}

function declaredAt(words: Words, at: number): Declared {
  const record = readRecord({
    ...{ terms: words.uint(at), paid: words.uint(at + 1) },
    ...{ own: words.uint(at + 2), ownLocks: words.hex(at + 3) },
    ...{ theirs: words.uint(at + 4), theirLocks: words.hex(at + 5) },
    ...{ answered: words.uint(at + 6), answeredLocks: words.hex(at + 7) },
  });
  const { closer, humble, paid, own, theirs, answered } = record;
  return {
    ...{ closer, humble, paidA: paid.A.toString(), paidB: paid.B.toString() },
    ...{ own: laneOf(own), theirs: laneOf(theirs), answered: laneOf(answered) },
  };
}

function laneOf({ seq, sent, locksRoot }: ClosingRecord["own"]): DeclaredLane {
  return { seq, sent: sent.toString(), locked: BigInt(locksRoot) !== 0n };
}
