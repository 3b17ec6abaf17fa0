import { problem } from "../api/problem.ts";
import type { Address, Amount } from "../protocol/types.ts";
import type { Assets } from "./assets.ts";
import type { AssetTerms, OutflowTerms } from "./config.ts";
import { textOf, type Journal, type Row } from "./journal.ts";

const HOUR_MS = 3_600_000;

/** What is about to be paid, with the most that it may cost. */
export interface Outflow {
  readonly payee: Address;
  readonly amount: Amount;
  readonly maxFee: Amount;
}

/**
 * Refuses what would go beyond the limits. What counts is the journal, so that neither a restart nor calls at the same
 * time get around them: the caller writes the payment down before anything else runs.
 */
export function requireOutflow(
  parts: { readonly journal: Journal; readonly assets: Assets },
  terms: AssetTerms,
  next: Outflow,
): void {
  const { perHour, perHourToOne } = terms.outflow;
  const since = new Date(Date.now() - HOUR_MS).toISOString();
  if (perHour !== null)
    require(parts, terms, next, perHour, spentSince(parts.journal, terms.token, since), "perHour");
  if (perHourToOne === null) return;
  const toOne = spentSince(parts.journal, terms.token, since, next.payee);
  require(parts, terms, next, perHourToOne, toOne, "perHourToOne");
}

function require(
  { assets }: { readonly assets: Assets },
  { symbol, token }: AssetTerms,
  { amount, maxFee }: Outflow,
  most: Amount,
  spent: Amount,
  limit: keyof OutflowTerms,
): void {
  if (spent + amount + maxFee <= most) return;
  const show = (one: Amount): string => assets.money(one, token).value;
  throw problem(
    409,
    "outflow_above_limit",
    "this node's owner allows less to be paid in an hour",
    `Wait, pay less, allow a lower fee, or raise assets.${symbol}.outflow.${limit} in the config.`,
    {
      limit,
      most: show(most),
      spent: show(spent),
      amount: show(amount),
      maxFee: show(maxFee),
      asset: symbol,
    },
  );
}

/** One that is under way counts with the most that it may cost, one that failed with its rent. */
function spentSince(journal: Journal, token: Address, since: string, payee: Address | null = null): Amount {
  const sql = "SELECT amount, fee, maxFee, rent, status FROM payments WHERE token = ? AND created >= ?";
  const rows =
    payee === null
      ? journal.all(sql, token, since)
      : journal.all(`${sql} AND payee = ?`, token, since, payee);
  return rows.reduce((sum, row) => sum + costOf(row), 0n);
}

export function costOf({ amount, fee, maxFee, rent, status }: Row): Amount {
  const [most, paidRent] = [textOf(maxFee) ?? "0", BigInt(textOf(rent) ?? "0")];
  if (status === "failed") return paidRent;
  const whole = BigInt(textOf(amount) ?? "0");
  return status === "succeeded" ? whole + BigInt(textOf(fee) ?? most) + paidRent : whole + BigInt(most);
}
