import { ZERO_ADDRESS } from "../protocol/checked.ts";
import type { Address, Amount, Hex, Params, ParamsId, Side } from "../protocol/types.ts";
import type { Account, Call } from "./account.ts";
import type { Contracts } from "./contracts.ts";
import { transact, type Receipt } from "./receipt.ts";
import { withAllowance } from "./token.ts";

/** What an account brings into a channel, for either side. */
export interface Funding {
  readonly params: Params;
  readonly life: number;
  readonly amounts: { readonly A: Amount; readonly B: Amount };
}

/** Phase and life of a channel's slot. */
export interface Slot {
  readonly phase: "ended" | "open" | "closing";
  /** How often these Params were opened. */
  readonly life: number;
}

const PHASES = ["ended", "open", "closing"] as const;
const LIFE_MASK = (1n << 20n) - 1n;

export async function readSlot({ hashlane }: Contracts, paramsId: ParamsId): Promise<Slot> {
  const slot = await hashlane.slotOf(paramsId);
  return { phase: PHASES[Number(slot >> 254n)] ?? "ended", life: Number((slot >> 234n) & LIFE_MASK) };
}

/**
 * Opens a channel, or deposits into it if it is open in this life already. Tokens are approved first if the allowance
 * does not reach. Rejects with `transaction_failed`.
 */
export async function openChannel(
  contracts: Contracts,
  account: Account,
  { params, life, amounts }: Funding,
): Promise<Receipt> {
  const data = contracts.hashlane.interface.encodeFunctionData("open", [params, life, amounts.A, amounts.B]);
  return bring(contracts, account, "opening the channel", params.token, amounts.A + amounts.B, data);
}

/** Adds to one side of an open channel. Rejects with `transaction_failed`. */
export async function depositInto(
  contracts: Contracts,
  account: Account,
  { params, life, side, amount }: Omit<Funding, "amounts"> & { readonly side: Side; readonly amount: Amount },
): Promise<Receipt> {
  const { hashlane } = contracts;
  const { interface: abi } = hashlane;
  const [amountA, amountB] = side === "A" ? [amount, 0n] : [0n, amount];
  const data =
    params.token === ZERO_ADDRESS
      ? abi.encodeFunctionData("deposit", [await hashlane.paramsIdOf(params), life, side === "B"])
      : abi.encodeFunctionData("depositToken", [params, life, amountA, amountB]);
  return bring(contracts, account, "the deposit", params.token, amount, data);
}

/** Gives an account credit that it can withdraw or open channels with. Rejects with `transaction_failed`. */
export async function addCredit(
  contracts: Contracts,
  account: Account,
  { token, owner, amount }: { readonly token: Address; readonly owner: Address; readonly amount: Amount },
): Promise<Receipt> {
  const data = contracts.hashlane.interface.encodeFunctionData("addCredit", [token, owner, amount]);
  return bring(contracts, account, "adding credit", token, amount, data);
}

/** Pays credit of the account to any address. Rejects with `transaction_failed`. */
export function withdrawCredit(
  { hashlane, domain }: Contracts,
  account: Account,
  { token, amount, to }: { readonly token: Address; readonly amount: Amount; readonly to: Address },
): Promise<Receipt> {
  const data = hashlane.interface.encodeFunctionData("withdrawCredit", [token, amount, to]);
  const call: Call = { to: domain.contract, data: data as Hex, value: 0n, pushes: true };
  return transact(account, "withdrawing credit", call);
}

/** Money of an account inside the contract but outside channels, in base units. */
export function creditOf({ hashlane }: Contracts, token: Address, owner: Address): Promise<Amount> {
  return hashlane.creditOf(token, owner);
}

/** Sends ETH. Rejects with `transaction_failed`. */
export function transferEth(account: Account, to: Address, amount: Amount): Promise<Receipt> {
  return transact(account, "the transfer", { to, data: "0x", value: amount, pushes: false });
}

function bring(
  { domain }: Contracts,
  account: Account,
  what: string,
  token: Address,
  amount: Amount,
  data: string,
): Promise<Receipt> {
  const to = domain.contract;
  const value = token === ZERO_ADDRESS ? amount : 0n;
  return withAllowance(account, { token, amount, spender: to }, () =>
    transact(account, what, { to, data: data as Hex, value, pushes: false }),
  );
}
