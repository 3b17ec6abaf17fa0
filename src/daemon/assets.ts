import { moneyOf, parseUnits, type Money } from "../api/amounts.ts";
import { problem } from "../api/problem.ts";
import type { Address, Amount } from "../protocol/types.ts";
import type { AssetTerms } from "./config.ts";

/** The assets of the config, by name and by token. */
export class Assets {
  readonly all: readonly AssetTerms[];

  constructor(all: readonly AssetTerms[]) {
    this.all = all;
  }

  named(symbol = "ETH"): AssetTerms {
    const found = this.all.find((asset) => asset.symbol === symbol);
    if (found !== undefined) return found;
    const known = this.all.map((asset) => asset.symbol).join(", ");
    throw problem(
      400,
      "unknown_asset",
      `${symbol} is no asset of this node`,
      `Use ${known}, or add it to the config.`,
      {
        asset: symbol,
      },
    );
  }

  /** Null if the config does not name the token. */
  termsOf(token: Address): AssetTerms | null {
    return this.all.find((asset) => asset.token === token) ?? null;
  }

  /** Of a token that the config does not name, base units under its address. */
  money(amount: bigint, token: Address): Money {
    return moneyOf(amount, this.termsOf(token) ?? { symbol: token, token, decimals: 0 });
  }

  /** What a caller wrote, in base units; from 0. */
  amount(field: string, text: string, token: Address): Amount {
    const parsed = parseUnits(text, this.termsOf(token) ?? { symbol: token, token, decimals: 0 });
    if (parsed.ok) return parsed.value;
    throw problem(400, "bad_amount", parsed.problem, "Correct the amount.", { field });
  }

  /** The same, above 0. */
  positive(field: string, text: string, token: Address): Amount {
    const amount = this.amount(field, text, token);
    if (amount > 0n) return amount;
    throw problem(400, "bad_amount", `${field} is 0`, "Choose an amount above 0.", { field });
  }
}
