/**
 * The least salt of a channel that a buyer proposes; every other has one below. So a node that lost data knows a channel
 * in which it may have signed the fee [NODE-11] [REC-1].
 */
export const LEAST_BOUGHT_SALT = 1n << 64n;

/** Why a node does not bring its money into a channel; on the wire by position, so that new ones come last. */
export const REFUSALS = [
  "not_sold",
  "too_little",
  "too_much",
  "fee_too_low",
  "no_money",
  "bad_period",
  "busy",
] as const;

export type OpeningRefusal = (typeof REFUSALS)[number];
