import type { OpeningRefusal } from "../protocol/liquidity-terms.ts";
import type { Amount } from "../protocol/types.ts";

/** At what price, and up to which amounts, a node brings its money into channels that others ask for. */
export interface SellTerms {
  readonly feeBase: Amount;
  /** Millionths of the amount, for the whole time. */
  readonly feePpm: number;
  /** Of one channel. */
  readonly min: Amount;
  readonly max: Amount;
  /** Of all channels that were sold and stand. */
  readonly total: Amount;
  /** For which it means to leave its money there. */
  readonly days: number;
}

const MILLION = 1_000_000n;

export interface Offer {
  readonly refusal: OpeningRefusal | null;
  readonly fee: Amount;
}

/** The price, and why it is not sold; `sold`: what is bound already. */
export function offerOf(terms: SellTerms | null, amount: Amount, sold: Amount): Offer {
  if (terms === null) return { refusal: "not_sold", fee: 0n };
  const { feeBase, feePpm, min, max, total } = terms;
  const fee = feeBase + (amount * BigInt(feePpm) + MILLION - 1n) / MILLION;
  if (amount < min) return { refusal: "too_little", fee };
  if (amount > max || sold + amount > total) return { refusal: "too_much", fee };
  return { refusal: null, fee };
}

/** What a buyer has to bring so that its first payment, the fee, leaves it what the reserve needs. */
export function ownAmountFor(fee: Amount, amount: Amount, besides: Amount): Amount {
  const own = fee + besides;
  const reserve = (own + amount + 99n) / 100n;
  // Below the reserve nothing binds yet.
  if (own < reserve || own - fee >= reserve) return own;
  // own - fee >= (own + amount + 99) / 100
  return (100n * fee + amount + 99n) / 99n + 1n;
}
