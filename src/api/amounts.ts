import { MAX_UINT96, type Checked } from "../protocol/checked.ts";
import type { Address, Amount } from "../protocol/types.ts";

/** What channels can hold, with the name and the point that people write its amounts with. */
export interface Asset {
  /** Such as ETH. */
  readonly symbol: string;
  /** The zero address is ETH. */
  readonly token: Address;
  /** Decimal places of one unit; the base unit is the last of them. */
  readonly decimals: number;
}

/** An amount as the API writes it: exact, never a floating-point number. */
export interface Money {
  /** Decimal, without needless zeros: "0.5", "12", "-0.001". */
  readonly value: string;
  readonly asset: string;
}

const DIGITS = 29;

/** Reads a plain decimal number of the asset, in base units, from 0 to what a lock can carry. */
export function parseUnits(text: string, { symbol, decimals }: Asset): Checked<Amount> {
  const match = /^(\d+)(?:\.(\d+))?$/.exec(text);
  const [, whole = "", fraction = ""] = match ?? [];
  if (match === null || whole.length > DIGITS || fraction.length > decimals) {
    return {
      ok: false,
      problem:
        `"${text.slice(0, 60)}" is no amount of ${symbol}: write a decimal number with at most ${decimals} places, ` +
        "such as 0.5",
    };
  }
  const amount = BigInt(whole + fraction.padEnd(decimals, "0"));
  if (amount <= MAX_UINT96) return { ok: true, value: amount };
  return { ok: false, problem: `${text} ${symbol} is more than a channel can carry` };
}

/** The inverse: no digit is dropped, none is added. */
export function formatUnits(amount: bigint, { decimals }: Asset): string {
  const digits = (amount < 0n ? -amount : amount).toString().padStart(decimals + 1, "0");
  const whole = digits.slice(0, digits.length - decimals);
  const fraction = digits.slice(digits.length - decimals).replace(/0+$/, "");
  return `${amount < 0n ? "-" : ""}${whole}${fraction === "" ? "" : `.${fraction}`}`;
}

export function moneyOf(amount: bigint, asset: Asset): Money {
  return { value: formatUnits(amount, asset), asset: asset.symbol };
}
