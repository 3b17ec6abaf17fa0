import { formatUnits, parseUnits } from "ethers";

import { StoryFailure } from "./failure.ts";

const DECIMALS = 18;

/** ETH as written by a person, in wei. Refuses anything but a plain positive decimal number. */
export function parseEth(text: string, option: string): bigint {
  if (!/^\d{1,9}(\.\d{1,18})?$/.test(text)) {
    throw new StoryFailure(
      `${option} ${text} is no amount of ETH. Write a decimal number with at most 18 places, such as 0.5.`,
    );
  }
  return parseUnits(text, DECIMALS);
}

/** The same, and above zero. */
export function parsePositiveEth(text: string, option: string): bigint {
  const amount = parseEth(text, option);
  if (amount === 0n) throw new StoryFailure(`${option} is 0. Write an amount above 0.`);
  return amount;
}

/** Wei as ETH with at least three decimal places, exact: no digit is dropped. */
export function eth(amount: bigint): string {
  const [whole = "0", fraction = ""] = formatUnits(amount, DECIMALS).split(".");
  return `${whole}.${fraction.replace(/0+$/, "").padEnd(3, "0")}`;
}

/** The same with its sign, for changes of a balance. */
export function signedEth(amount: bigint): string {
  return amount < 0n ? `-${eth(-amount)}` : `+${eth(amount)}`;
}
