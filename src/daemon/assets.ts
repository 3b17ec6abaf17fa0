import { moneyOf, parseUnits, type Money } from "../api/amounts.ts";
import { problem } from "../api/problem.ts";
import type { Contracts } from "../chain/contracts.ts";
import { reasonOf } from "../chain/failure.ts";
import { decimalsOf } from "../chain/token.ts";
import { HashlaneError } from "../protocol/error.ts";
import type { Address, Amount } from "../protocol/types.ts";
import type { AssetTerms } from "./config.ts";

/** A point at another place than the token's would make a payment of 1 one of a million. Rejects with `config_bad`. */
export async function requireDecimals(contracts: Contracts, assets: readonly AssetTerms[]): Promise<void> {
  for (const { symbol, token, decimals } of assets) {
    const told = await tokenDecimals(contracts, symbol, token);
    if (told === decimals) continue;
    throw new HashlaneError("config_bad", {
      failed: `assets.${symbol}.decimals is not what the token's contract says`,
      given: { token, config: decimals, contract: told },
      next: "Correct the decimals, or the address of the token, in the config.",
    });
  }
}

/** Rejects with `config_bad` if no token is there. */
export async function tokenDecimals(contracts: Contracts, symbol: string, token: Address): Promise<number> {
  try {
    return await decimalsOf(contracts, token);
  } catch (cause) {
    throw new HashlaneError(
      "config_bad",
      {
        failed: `no ERC-20 token answers at the address of ${symbol}`,
        given: { token, chainId: contracts.domain.chainId, reason: reasonOf(cause) },
        next: "Correct the address, or use the chain that it stands on.",
      },
      { cause },
    );
  }
}

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

  /** What a caller allows for hops; what the config does if it says nothing. */
  feeLimit(text: string | undefined, token: Address): Amount {
    if (text !== undefined) return this.amount("maxFee", text, token);
    return this.termsOf(token)?.maxFee ?? 0n;
  }

  /** The same as {@link amount}, above 0. */
  positive(field: string, text: string, token: Address): Amount {
    const amount = this.amount(field, text, token);
    if (amount > 0n) return amount;
    throw problem(400, "bad_amount", `${field} is 0`, "Choose an amount above 0.", { field });
  }
}
