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
