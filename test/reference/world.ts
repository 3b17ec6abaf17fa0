import { Refusal } from "./refusal.ts";
import type { Hex } from "../../src/protocol/types.ts";
import type { Value } from "./abi.ts";
import type { Lock } from "./locks.ts";
import { type Channel, type Checkpoint, NEVER_OPENED } from "./state.ts";
import { ZERO_ADDRESS } from "./words.ts";

export interface Happened {
  readonly by: "notary" | "registry";
  readonly name: string;
  readonly values: readonly Value[];
}

/** How an account behaves when it is paid or asked. */
export type AccountKind = "plain" | "refuser" | "wallet";

/** What no call can change. */
export interface Setting {
  readonly chainId: bigint;
  readonly notary: Hex;
  readonly registry: Hex;
  readonly leastPeriod: bigint;
  readonly mostPeriod: bigint;
  /** Accounts to which it does not pay are told apart by `blocked`. */
  readonly token: Hex;
  /** Keeps 1 of every transfer from an account. */
  readonly feeToken: Hex;
  readonly kinds: ReadonlyMap<Hex, AccountKind>;
  readonly blocked: ReadonlySet<Hex>;
}

/** Who calls, and what comes along. `gas`: so much, where it matters. */
export interface Message {
  readonly sender: Hex;
  readonly value: bigint;
  readonly gas: "enough" | "little";
}

/** All that changes. Values in the maps are never changed in place, so a copy of the maps is a copy of all. */
export class World {
  readonly setting: Setting;
  now: bigint;
  /** By token and account; the zero address is ETH. */
  balances = new Map<string, bigint>();
  /** What the notary may take, by token and account. */
  allowances = new Map<string, bigint>();
  credits = new Map<string, bigint>();
  channels = new Map<Hex, Channel>();
  /** When the list of witnesses with this key was first recorded. */
  times = new Map<Hex, bigint>();
  /** By commitment; the first has number 1. */
  checkpoints = new Map<Hex, readonly Checkpoint[]>();
  events: readonly Happened[] = [];
  /** With what was told by items of batches that then failed: a test's recorder of logs hears that, too. */
  heard: readonly Happened[] = [];
  /** No part of the state: what remained of lists, for whoever has to show them again. */
  readonly remaining = new Map<Hex, readonly Lock[]>();

  constructor(setting: Setting, now: bigint) {
    this.setting = setting;
    this.now = now;
  }

  channelAt(paramsId: Hex): Channel {
    return this.channels.get(paramsId) ?? NEVER_OPENED;
  }

  emit(name: string, ...values: readonly Value[]): void {
    this.#tell({ by: "notary", name, values });
  }

  emitOfRegistry(name: string, ...values: readonly Value[]): void {
    this.#tell({ by: "registry", name, values });
  }

  #tell(event: Happened): void {
    this.events = [...this.events, event];
    this.heard = [...this.heard, event];
  }

  /** Runs it as a call: all or nothing. */
  attempt(run: () => void): Refusal | null {
    const { balances, allowances, credits, channels, times, checkpoints, events } = this;
    this.balances = new Map(balances);
    this.allowances = new Map(allowances);
    this.credits = new Map(credits);
    this.channels = new Map(channels);
    this.times = new Map(times);
    this.checkpoints = new Map(checkpoints);
    try {
      run();
      return null;
    } catch (thrown) {
      if (!(thrown instanceof Refusal)) throw thrown;
      Object.assign(this, { balances, allowances, credits, channels, times, checkpoints, events });
      return thrown;
    }
  }
}

export function at(token: Hex, account: Hex): string {
  return `${token} ${account}`;
}

export function isEth(token: Hex): boolean {
  return token === ZERO_ADDRESS;
}
