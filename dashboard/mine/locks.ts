import type { Money } from "../../src/api/amounts.ts";
import type { Event } from "../../src/api/views.ts";

/** A payment that waits in a channel. */
export interface PendingLock {
  readonly channel: string;
  readonly direction: "in" | "out";
  readonly hash: string;
  readonly amount: Money;
  /** Seconds since 1970, by the chain's clock. */
  readonly expiry: number;
}

/** A payment that came in and went on. */
export interface Forward {
  readonly hash: string;
  readonly from: string;
  readonly to: string;
  readonly amount: Money;
  /** What came in less what went out, in the asset's units. */
  readonly fee: Money;
  readonly at: string;
  readonly state: "pending" | "earned" | "failed";
}

interface LockData {
  readonly channel: string;
  readonly direction: "in" | "out";
  readonly hash: string;
  readonly amount: Money;
  readonly expiry: number;
}

/** What events say of locks; those that were added before the first of them are missing. */
export function locksIn(events: readonly Event[]): readonly PendingLock[] {
  const pending = new Map<string, PendingLock[]>();
  for (const { kind, data } of events) {
    if (!kind.startsWith("lock_")) continue;
    const lock = data as unknown as LockData;
    const key = `${lock.channel} ${lock.direction} ${lock.hash}`;
    if (kind === "lock_added") pending.set(key, [...(pending.get(key) ?? []), lock]);
    else pending.set(key, (pending.get(key) ?? []).slice(1));
  }
  return [...pending.values()].flat();
}

/** Newest first: an incoming and an outgoing lock of one hash. */
export function forwardsIn(events: readonly Event[]): readonly Forward[] {
  const incoming = new Map<string, { readonly lock: LockData; readonly at: string }>();
  const outgoing = new Map<string, LockData>();
  const ended = new Map<string, Forward["state"]>();
  for (const { kind, data, at } of events) {
    if (!kind.startsWith("lock_")) continue;
    const lock = data as unknown as LockData;
    if (kind === "lock_added" && lock.direction === "in") incoming.set(lock.hash, { lock, at });
    else if (kind === "lock_added") outgoing.set(lock.hash, lock);
    else if (lock.direction === "in") ended.set(lock.hash, kind === "lock_won" ? "earned" : "failed");
  }
  return [...incoming]
    .flatMap(([hash, { lock, at }]) => {
      const out = outgoing.get(hash);
      if (out === undefined) return [];
      const fee = { value: minus(lock.amount.value, out.amount.value), asset: out.amount.asset };
      const state = ended.get(hash) ?? "pending";
      return [{ hash, from: lock.channel, to: out.channel, amount: out.amount, fee, at, state }];
    })
    .reverse();
}

const PLACES = 30;

/** Of decimal texts, exactly. */
function minus(a: string, b: string): string {
  return textOf(unitsOf(a) - unitsOf(b));
}

export function plus(a: string, b: string): string {
  return textOf(unitsOf(a) + unitsOf(b));
}

function unitsOf(text: string): bigint {
  const [whole = "0", fraction = ""] = text.replace("-", "").split(".");
  const units = BigInt(whole + fraction.padEnd(PLACES, "0"));
  return text.startsWith("-") ? -units : units;
}

function textOf(units: bigint): string {
  const digits = (units < 0n ? -units : units).toString().padStart(PLACES + 1, "0");
  const fraction = digits.slice(-PLACES).replace(/0+$/, "");
  return `${units < 0n ? "-" : ""}${digits.slice(0, -PLACES)}${fraction === "" ? "" : `.${fraction}`}`;
}
