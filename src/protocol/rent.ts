import type { Amount, Policy, RentTerms } from "./types.ts";

/** Expiry of a payment, in claim times of the slowest node on the route [HOP-3]. */
export const EXPIRY_CLAIM_TIMES = 3;
/** What a rate is for: one millionth of the amount for a day. */
export const RATE_UNIT = 86_400_000_000n;

export const NO_RENT: RentTerms = { slotFee: 0n, rentPpm: 0 };

/** What a policy asks for. */
export function rentTermsOf({ rent }: Pick<Policy, "rent">): RentTerms {
  return rent ?? NO_RENT;
}

/** As a policy holds them: one form for each meaning. */
export function rentField({ slotFee, rentPpm }: RentTerms): { readonly rent?: RentTerms } {
  return slotFee === 0n && rentPpm === 0 ? {} : { rent: { slotFee, rentPpm } };
}

/**
 * What a node asks for a lock of this amount that can stand for so many seconds: `slotFee + amount * rate * life`, rounded
 * up [FEE-2].
 */
export function rentOf({ slotFee, rentPpm }: RentTerms, amount: Amount, life: number): Amount {
  const units = amount * BigInt(rentPpm) * BigInt(Math.max(0, life));
  return slotFee + (units + RATE_UNIT - 1n) / RATE_UNIT;
}

/**
 * The seconds that a hop counts of a lock's life. Its newest final block may be older than the one that the payer
 * reckoned with: a quarter of what it wants for getting anything on chain is granted for that.
 */
export function countedLife(expiry: number, now: number, claimTime: number): number {
  return Math.max(0, expiry - now - Math.floor(claimTime / 4));
}
