import { moneyOf, type Asset, type Money } from "../api/amounts.ts";
import type { Contracts } from "../chain/contracts.ts";
import { decimalsOf, symbolOf } from "../chain/token.ts";
import { ZERO_ADDRESS } from "../protocol/checked.ts";
import type { Address } from "../protocol/types.ts";
import type { IndexStore } from "./index-store.ts";

const ETH: Asset = { symbol: "ETH", token: ZERO_ADDRESS, decimals: 18 };
const MOST_DECIMALS = 36;

/** The assets of channels by what their contracts call themselves, which is no proof of anything. */
export class Tokens {
  readonly #store: IndexStore;
  readonly #contracts: Contracts;
  readonly #known = new Map<Address, Asset>([[ZERO_ADDRESS, ETH]]);

  constructor(store: IndexStore, contracts: Contracts) {
    this.#store = store;
    this.#contracts = contracts;
    for (const { token, symbol, decimals } of store.all("SELECT * FROM tokens")) {
      const asset = { symbol: String(symbol), token: token as Address, decimals: Number(decimals) };
      this.#known.set(asset.token, asset);
    }
  }

  money(amount: bigint, token: Address): Money {
    return moneyOf(amount, this.#known.get(token) ?? { symbol: shortOf(token), token, decimals: 0 });
  }

  /** Asks the contracts of tokens that channels have come in; one that does not answer is shown in base units. */
  async learn(): Promise<void> {
    for (const { token } of this.#store.all("SELECT DISTINCT token FROM channels")) {
      const address = token as Address;
      if (this.#known.has(address)) continue;
      const asset = await assetOf(this.#contracts, address);
      this.#known.set(address, asset);
      this.#store.run(
        "INSERT OR REPLACE INTO tokens VALUES (?, ?, ?)",
        address,
        asset.symbol,
        asset.decimals,
      );
    }
  }
}

async function assetOf(contracts: Contracts, token: Address): Promise<Asset> {
  const [decimals, symbol] = await Promise.all([
    decimalsOf(contracts, token).catch(() => 0),
    symbolOf(contracts, token).catch(() => ""),
  ]);
  // Its address stands beside the name, since names can be taken twice.
  const name = symbol.replace(/[^A-Za-z0-9._-]/g, "").slice(0, 12);
  const shown = name === "" ? shortOf(token) : `${name} (${shortOf(token)})`;
  return { symbol: shown, token, decimals: Math.min(decimals, MOST_DECIMALS) };
}

function shortOf(token: Address): string {
  return `${token.slice(0, 8)}…`;
}
