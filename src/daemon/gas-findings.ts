import { formatUnits } from "../api/amounts.ts";
import type { Finding } from "../api/views.ts";
import { reasonOf } from "../chain/failure.ts";
import { marketOf, type Market } from "../chain/fees.ts";
import type { Posted } from "../chain/outbox.ts";
import { balanceOf } from "../chain/token.ts";
import type { ChannelView } from "../node/view.ts";
import { ZERO_ADDRESS } from "../protocol/checked.ts";
import type { Amount } from "../protocol/types.ts";
import { finding } from "./finding.ts";
import type { Parts } from "./parts.ts";

/** From docs/gas.md, rounded up: a close and its settlement, an answer, a record, a lock in a settlement. */
const GAS = { end: 104_000n, answer: 65_000n, record: 45_500n, lock: 1_700n } as const;
/** A spike of the price of gas, as many times what blocks ask now. */
const SPIKE = 10n;
const ETHER = { symbol: "ETH", token: ZERO_ADDRESS, decimals: 18 };
const SOON_SECONDS = 600;

/** Gas for ending every channel alone while its peer cheats, with a record of its own for each lock that pays us. */
export function closingGas(channels: readonly Pick<ChannelView, "locksIn">[]): bigint {
  return channels.reduce(
    (sum, { locksIn }) => sum + GAS.end + GAS.answer + BigInt(locksIn) * (GAS.record + GAS.lock),
    0n,
  );
}

/** What is needed at the price of now and of a spike against what the account holds. */
export function judgeReserve(gas: bigint, { baseFee, tip }: Market, holds: Amount): Finding {
  const now = gas * (baseFee + tip);
  const eth = (wei: Amount): string => `${formatUnits(wei, ETHER)} ETH`;
  const found =
    `closing everything takes ${gas} gas: ${eth(now)} now, ${eth(now * SPIKE)} when gas costs ${SPIKE} times as much; ` +
    `the account holds ${eth(holds)}`;
  if (holds >= now * SPIKE) return finding("gas_reserve", "ok", found);
  const next = `Send ${eth(now * SPIKE - holds)} to the account, or close channels together.`;
  return finding("gas_reserve", holds >= now ? "warning" : "failure", found, next);
}

export async function reserveFinding({ contracts, account, node }: Parts): Promise<Finding> {
  try {
    const holds = await balanceOf(contracts, ZERO_ADDRESS, account.address);
    const market = await marketOf(contracts.provider);
    if (market === null) throw new Error("the chain does not say what its gas costs (EIP-1559)");
    return judgeReserve(closingGas(node.channels()), market, holds);
  } catch (thrown) {
    const found = `what closing costs cannot be known: ${reasonOf(thrown)}`;
    return finding("gas_reserve", "failure", found, "See the chain's finding.");
  }
}

/** Transactions that no block has taken yet. */
export function waitingFindings({ account, node }: Pick<Parts, "account" | "node">): readonly Finding[] {
  return account.posted().map((posted) => judgeWaiting(posted, node.head().time));
}

export function judgeWaiting({ nonce, key, fees, due }: Posted, now: number): Finding {
  const price = fees === null ? "" : `, offering ${fees.maxFeePerGas} wei for a unit of gas`;
  const end = due === null ? "" : `, due in ${due.by - now} s`;
  const found = `transaction ${nonce}${key === null ? "" : ` (${key.slice(0, 24)})`} is not final${price}${end}`;
  if (due === null || due.by - now > SOON_SECONDS) return finding("transaction", "ok", found);
  return finding(
    "transaction",
    "warning",
    found,
    "See that the account can pay for more and the chain answers.",
  );
}
