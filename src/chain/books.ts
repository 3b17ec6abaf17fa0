import type { Log } from "ethers";
import type {
  CloseStartedEvent,
  CreditedEvent,
  CreditSpentEvent,
  CreditWithdrawnEvent,
  DepositedEvent,
  FundedByConsentEvent,
  IHashlane,
  OpenedEvent,
  ResizedEvent,
  SettledEvent,
} from "../../typechain-types/Hashlane.ts";
import { abiEncode } from "../protocol/abi.ts";
import { toHex } from "../protocol/bytes.ts";
import { ZERO_ADDRESS } from "../protocol/checked.ts";
import type { Crypto } from "../protocol/crypto.ts";
import { paramsId } from "../protocol/identity.ts";
import type { Amount, Hex, Params, ParamsId } from "../protocol/types.ts";
import { readParams } from "./closing.ts";
import type { Contracts } from "./contracts.ts";

const OPEN = 1n << 254n;
const CLOSING = 2n << 254n;
const MASK_96 = (1n << 96n) - 1n;

/** The bit of an open slot that says that A's consent was used; that of B is the next one. */
const CONSENT_A = 1n << 225n;

/** A channel as events tell it. */
export interface ChannelEntry {
  readonly params: Params;
  readonly paramsId: ParamsId;
  readonly life: bigint;
  /** The storage word. */
  readonly slot: bigint;
  /** What a closing channel's slot commits to; null if it is not closing. */
  readonly record: IHashlane.ClosingStruct | null;
}

/** What the contract holds, rebuilt from its events alone. */
export interface Books {
  /** By key of the slot; the newest life of each. */
  readonly channels: ReadonlyMap<ParamsId, ChannelEntry>;
  creditOf(token: string, account: string): Amount;
}

/** `logs`: all of the contract since its deployment, in order. */
export function keepBooks({ hashlane, domain }: Contracts, crypto: Crypto, logs: readonly Log[]): Books {
  const keeper = new Keeper(crypto, (params) => paramsId(crypto, domain, params));
  for (const log of logs) {
    const event = hashlane.interface.parseLog(log);
    if (event !== null) keeper.take(event.name, event.args);
  }
  return keeper;
}

class Keeper implements Books {
  readonly channels = new Map<ParamsId, ChannelEntry>();
  readonly #crypto: Crypto;
  readonly #idOf: (params: Params) => ParamsId;
  readonly #idByChannel = new Map<string, ParamsId>();
  readonly #credits = new Map<string, Amount>();
  /** The channel that money went into last: what is spent next is for it. */
  #funded: ParamsId | null = null;

  constructor(crypto: Crypto, idOf: (params: Params) => ParamsId) {
    this.#crypto = crypto;
    this.#idOf = idOf;
  }

  creditOf(token: string, account: string): Amount {
    return this.#credits.get(creditKey(token, account)) ?? 0n;
  }

  take(name: string, args: unknown): void {
    switch (name) {
      case "Opened":
        return this.#open(args as OpenedEvent.OutputObject);
      case "Deposited":
        return this.#deposit(args as DepositedEvent.OutputObject);
      case "Resized":
        return this.#resize(args as ResizedEvent.OutputObject);
      case "CloseStarted": {
        const { channel, deadline, record } = args as CloseStartedEvent.OutputObject;
        return this.#close(this.#entry(channel), deadline << 200n, record);
      }
      case "Answered":
      case "Settled": {
        const { channel, record } = args as SettledEvent.OutputObject;
        const entry = this.#entry(channel);
        return this.#close(entry, entry.slot & (((1n << 34n) - 1n) << 200n), record);
      }
      case "Convicted":
      case "Ended": {
        const entry = this.#entry((args as { readonly channel: string }).channel);
        return this.#put({ ...entry, slot: entry.life << 234n, record: null });
      }
      default:
        return this.#takeCredit(name, args);
    }
  }

  #takeCredit(name: string, args: unknown): void {
    switch (name) {
      case "Credited": {
        const { token, account, amount } = args as CreditedEvent.OutputObject;
        return this.#credit(token, account, amount);
      }
      case "CreditWithdrawn": {
        const { token, account, amount } = args as CreditWithdrawnEvent.OutputObject;
        return this.#credit(token, account, -amount);
      }
      case "CreditSpent": {
        const { account, amount } = args as CreditSpentEvent.OutputObject;
        return this.#credit(this.#lastFunded().params.token, account, -amount);
      }
      case "FundedByConsent":
        return this.#markConsent(args as FundedByConsentEvent.OutputObject);
      default:
    }
  }

  #open({ channel, life, params: given, depositA, depositB }: OpenedEvent.OutputObject): void {
    const params = readParams(given);
    const id = this.#idOf(params);
    this.#funded = id;
    this.#idByChannel.set(channel, id);
    const isEth = params.token === ZERO_ADDRESS ? 1n << 224n : 0n;
    const slot = OPEN | (life << 234n) | isEth | depositsOf(depositA, depositB);
    this.#put({ params, paramsId: id, life, slot, record: null });
  }

  #deposit({ channel, depositA, depositB }: DepositedEvent.OutputObject): void {
    const entry = this.#entry(channel);
    this.#funded = entry.paramsId;
    this.#put({ ...entry, slot: ((entry.slot >> 192n) << 192n) | depositsOf(depositA, depositB) });
  }

  #resize({ channel, count, depositA, depositB }: ResizedEvent.OutputObject): void {
    const entry = this.#entry(channel);
    this.#put({
      ...entry,
      slot: ((entry.slot >> 224n) << 224n) | (count << 192n) | depositsOf(depositA, depositB),
    });
  }

  #close(entry: ChannelEntry, deadline: bigint, record: IHashlane.ClosingStruct): void {
    const hash = BigInt(hashOfRecord(this.#crypto, record));
    this.#put({ ...entry, slot: CLOSING | (entry.life << 234n) | deadline | (hash >> 56n), record });
  }

  #markConsent({ owner, amount }: FundedByConsentEvent.OutputObject): void {
    const entry = this.#lastFunded();
    const { token, ownerA } = entry.params;
    if (token === ZERO_ADDRESS) this.#credit(token, owner, -amount);
    const mark = owner.toLowerCase() === ownerA ? CONSENT_A : CONSENT_A << 1n;
    this.#put({ ...entry, slot: entry.slot | mark });
  }

  #lastFunded(): ChannelEntry {
    const entry = this.#funded === null ? undefined : this.channels.get(this.#funded);
    if (entry === undefined) throw new Error("money was spent before there was a channel");
    return entry;
  }

  #entry(channel: string): ChannelEntry {
    const id = this.#idByChannel.get(channel);
    const entry = id === undefined ? undefined : this.channels.get(id);
    if (entry === undefined) throw new Error(`an event of channel ${channel} came before its opening`);
    return entry;
  }

  #put(entry: ChannelEntry): void {
    this.channels.set(entry.paramsId, entry);
  }

  #credit(token: string, account: string, change: bigint): void {
    this.#credits.set(creditKey(token, account), this.creditOf(token, account) + change);
  }
}

function creditKey(token: string, account: string): string {
  return `${token.toLowerCase()} ${account.toLowerCase()}`;
}

function depositsOf(depositA: bigint, depositB: bigint): bigint {
  return ((depositB & MASK_96) << 96n) | (depositA & MASK_96);
}

function hashOfRecord(crypto: Crypto, record: IHashlane.ClosingStruct): Hex {
  const { terms, paid, own, ownLocks, theirs, theirLocks, answered, answeredLocks } = record;
  const words = [terms, paid, own, ownLocks, theirs, theirLocks, answered, answeredLocks] as (bigint | Hex)[];
  return toHex(crypto.keccak256(abiEncode(words)), 32);
}
