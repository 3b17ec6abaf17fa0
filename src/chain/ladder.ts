import type { Due, Stake } from "../protocol/chain-facts.ts";
import { ZERO_ADDRESS } from "../protocol/checked.ts";
import type { Address, Amount, UnixSeconds } from "../protocol/types.ts";
import type { Fees, Market } from "./fees.ts";

/** What transactions that the core wants may cost. */
export interface FeeTerms {
  /** Of what is lost if a transaction comes too late, this much may be offered for it. */
  readonly sharePercent: number;
  /** Wei that may always be offered for one, also if nothing is known to hang on it. */
  readonly least: Amount;
  /** Wei that `per` base units of a token are worth; ETH is known. Others count as nothing. */
  readonly worth: ReadonlyMap<Address, { readonly wei: Amount; readonly per: Amount }>;
}

export const USUAL_FEE_TERMS: FeeTerms = {
  sharePercent: 50,
  least: 5n * 10n ** 16n,
  worth: new Map(),
};

/** The most that all gas of a transaction may cost, in wei. */
export function budgetOf({ sharePercent, least, worth }: FeeTerms, due: Due | null): Amount {
  const weiOf = ({ token, amount }: Stake): Amount => {
    if (token === ZERO_ADDRESS) return amount;
    const known = worth.get(token);
    return known === undefined ? 0n : (amount * known.wei) / known.per;
  };
  const stake = (due?.stakes ?? []).reduce((sum, one) => sum + weiOf(one), 0n);
  const share = (stake * BigInt(sharePercent)) / 100n;
  return share > least ? share : least;
}

/** Where a transaction stands between its first sending and its deadline. */
export interface Wait {
  readonly since: UnixSeconds;
  readonly now: UnixSeconds;
  /** Null: it has none. */
  readonly by: UnixSeconds | null;
}

const FINE = 10_000;

/** From 0 to `FINE`. */
function waited({ since, now, by }: Wait): bigint {
  if (by === null || now <= since) return 0n;
  return BigInt(by <= now ? FINE : Math.floor(((now - since) * FINE) / (by - since)));
}

/**
 * What to offer by now, never above the cap: what the market asks, with room for a base fee that doubles, and of what
 * the cap leaves a part that grows with the square of the time that has gone by, to all of it at the deadline.
 */
export function bidOf({ baseFee, tip }: Market, wait: Wait, cap: bigint): Fees {
  const part = waited(wait);
  const room = cap - baseFee - tip;
  const raised = room > 0n ? tip + (room * part * part) / BigInt(FINE * FINE) : tip;
  const maxFeePerGas = lower(2n * baseFee + raised, cap);
  return { maxFeePerGas, maxPriorityFeePerGas: lower(raised, maxFeePerGas) };
}

/** An eighth more of both, rounded up: what a node asks for at least in place of one that waits. */
export function leastRaise({ maxFeePerGas, maxPriorityFeePerGas }: Fees): Fees {
  return { maxFeePerGas: eighthMore(maxFeePerGas), maxPriorityFeePerGas: eighthMore(maxPriorityFeePerGas) };
}

export type Raise =
  | { readonly kind: "enough" }
  | { readonly kind: "raise"; readonly fees: Fees }
  /** More would be needed than the cap lets us offer. */
  | { readonly kind: "capped" };

/** What replaces a transaction that waits: nothing while what is wanted is less than a node would take for it. */
export function raiseOf(last: Fees, wanted: Fees, cap: bigint, { baseFee }: Market): Raise {
  const least = leastRaise(last);
  const canEnter = last.maxFeePerGas > baseFee;
  const isSpent = wanted.maxFeePerGas > last.maxFeePerGas && least.maxFeePerGas > cap;
  const isWorthIt =
    wanted.maxFeePerGas >= least.maxFeePerGas ||
    wanted.maxPriorityFeePerGas >= least.maxPriorityFeePerGas ||
    (!canEnter && wanted.maxFeePerGas > last.maxFeePerGas);
  if (!isWorthIt) return canEnter && !isSpent ? { kind: "enough" } : { kind: "capped" };
  if (least.maxFeePerGas > cap) return { kind: "capped" };
  const maxFeePerGas = lower(higher(wanted.maxFeePerGas, least.maxFeePerGas), cap);
  const tip = higher(wanted.maxPriorityFeePerGas, least.maxPriorityFeePerGas);
  if (least.maxPriorityFeePerGas > maxFeePerGas) return { kind: "capped" };
  return { kind: "raise", fees: { maxFeePerGas, maxPriorityFeePerGas: lower(tip, maxFeePerGas) } };
}

/** One of the transactions of an account, which the chain takes in the order of their numbers. */
export interface Queued {
  readonly gasLimit: bigint;
  /** Wei; null: it has none of its own and is raised only for those behind it. */
  readonly budget: Amount | null;
  readonly wait: Wait;
}

export interface Offer {
  readonly fees: Fees;
  /** Wei for each unit of gas. */
  readonly cap: bigint;
}

/**
 * What to offer for each of a queue, in its order. One that others wait behind is lifted to what they offer; what that
 * costs is in their budgets: nobody offers more than all budgets up to it pay for all gas up to it.
 */
export function offersOf(market: Market, queue: readonly Queued[]): readonly Offer[] {
  let [budgets, gas] = [0n, 0n];
  const own = queue.map(({ gasLimit, budget, wait }): Offer => {
    budgets += budget ?? 0n;
    gas += gasLimit;
    const cap = lower((budget ?? 0n) / gasLimit, budgets / gas);
    return { cap, fees: cap === 0n ? NOTHING : bidOf(market, wait, cap) };
  });
  let behind: Offer = { cap: 0n, fees: NOTHING };
  return own
    .toReversed()
    .map((one) => (behind = higherOffer(one, behind)))
    .toReversed();
}

const NOTHING: Fees = { maxFeePerGas: 0n, maxPriorityFeePerGas: 0n };

function higherOffer(a: Offer, b: Offer): Offer {
  return {
    cap: higher(a.cap, b.cap),
    fees: {
      maxFeePerGas: higher(a.fees.maxFeePerGas, b.fees.maxFeePerGas),
      maxPriorityFeePerGas: higher(a.fees.maxPriorityFeePerGas, b.fees.maxPriorityFeePerGas),
    },
  };
}

function eighthMore(wei: bigint): bigint {
  return wei + (wei + 7n) / 8n + (wei === 0n ? 1n : 0n);
}

export function lower(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}

export function higher(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}
