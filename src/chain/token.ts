import { Contract, Interface } from "ethers";
import type { JsonRpcApiProvider } from "ethers";
import { ZERO_ADDRESS } from "../protocol/checked.ts";
import { HashlaneError } from "../protocol/error.ts";
import type { Address, Amount, Hex } from "../protocol/types.ts";
import type { Account } from "./account.ts";
import type { Contracts } from "./contracts.ts";
import { reasonOf } from "./failure.ts";
import { transact } from "./receipt.ts";

const ERC20 = new Interface([
  "function allowance(address owner, address spender) view returns (uint256)",
  // Old tokens return nothing.
  "function approve(address spender, uint256 amount)",
  "function balanceOf(address account) view returns (uint256)",
  "function decimals() view returns (uint8)",
  "function symbol() view returns (string)",
]);

interface Erc20 {
  allowance(owner: string, spender: string): Promise<bigint>;
  balanceOf(account: string): Promise<bigint>;
  decimals(): Promise<bigint>;
  symbol(): Promise<string>;
}

/** What a contract takes of an account: the zero address is ETH, else the token's base units. */
export interface Taking {
  readonly token: Address;
  readonly amount: Amount;
  readonly spender: Address;
}

/** What an account holds outside our contracts: wei for the zero address, else the token's base units. */
export function balanceOf({ provider }: Contracts, token: Address, owner: Address): Promise<Amount> {
  return token === ZERO_ADDRESS ? provider.getBalance(owner) : erc20(provider, token).balanceOf(owner);
}

/** Decimal places that the token's contract names; 18 for the zero address. Rejects if there is no such contract. */
export async function decimalsOf({ provider }: Contracts, token: Address): Promise<number> {
  return token === ZERO_ADDRESS ? 18 : Number(await erc20(provider, token).decimals());
}

/** What the token's contract calls itself; anybody can make one that calls itself ETH. Rejects if it has no name. */
export async function symbolOf({ provider }: Contracts, token: Address): Promise<string> {
  return token === ZERO_ADDRESS ? "ETH" : erc20(provider, token).symbol();
}

/**
 * Lets the spender take this amount, if it may not yet, in the transaction that `take` sends. Never more, and after a
 * refusal no longer: an allowance that stays is a risk. Only an end of the process in between leaves one.
 */
export async function withAllowance<T>(account: Account, taking: Taking, take: () => Promise<T>): Promise<T> {
  const { token, amount, spender } = taking;
  if (token === ZERO_ADDRESS) return take();
  const before = await erc20(account.provider, token).allowance(account.address, spender);
  if (before >= amount) return take();
  await replace(account, taking, before, amount);
  try {
    return await take();
  } catch (thrown) {
    await takeBack(account, taking, before, thrown);
    throw thrown;
  }
}

/** Whether the spender may take it already. */
export async function isAllowed({ provider, address }: Account, taking: Taking): Promise<boolean> {
  return (await erc20(provider, taking.token).allowance(address, taking.spender)) >= taking.amount;
}

async function takeBack(account: Account, taking: Taking, before: Amount, why: unknown): Promise<void> {
  try {
    await replace(account, taking, taking.amount, before);
  } catch (thrown) {
    const { token, amount, spender } = taking;
    throw new HashlaneError(
      "transaction_failed",
      {
        failed: "the money was not taken, and the approval of the token could not be taken back",
        given: { token, amount, spender, refusal: reasonOf(why), reason: reasonOf(thrown) },
        next: `Approve ${before} for this spender, or let it take what it was allowed.`,
      },
      { cause: thrown },
    );
  }
}

/** Some tokens change an allowance only from or to zero. */
async function replace(account: Account, taking: Taking, from: Amount, to: Amount): Promise<void> {
  if (from > 0n && to > 0n) await approve(account, taking, 0n);
  await approve(account, taking, to);
}

async function approve(account: Account, { token, spender }: Taking, amount: Amount): Promise<void> {
  const data = ERC20.encodeFunctionData("approve", [spender, amount]) as Hex;
  await transact(account, "approving the token", { to: token, data, value: 0n, pushes: false });
}

function erc20(provider: JsonRpcApiProvider, token: Address): Erc20 {
  return new Contract(token, ERC20, provider) as unknown as Erc20;
}
