import type { Address, Amount, Hex } from "../protocol/types.ts";

/** One transaction to be sent. */
export interface Call {
  /** Null deploys. */
  readonly to: Address | null;
  readonly data: Hex;
  /** Wei. */
  readonly value: Amount;
  /** Whether it pays out to accounts whose code may use more gas than the estimate saw. */
  readonly pushes: boolean;
}
