import { keccak256 } from "ethers";
import type { JsonRpcApiProvider } from "ethers";
import { HashTimelock__factory } from "../../typechain-types/index.ts";
import type { HashTimelock } from "../../typechain-types/index.ts";
import { abiEncode } from "../protocol/abi.ts";
import { ZERO_ADDRESS } from "../protocol/checked.ts";
import { HashlaneError } from "../protocol/error.ts";
import type { Address, Amount, Hex, PaymentHash, Secret, UnixSeconds } from "../protocol/types.ts";
import type { Account } from "./account.ts";
import type { Call } from "./call.ts";
import { transact, type Receipt } from "./receipt.ts";
import { withAllowance } from "./token.ts";

/** The plain on-chain HTLC where it stands. */
export interface Timelock {
  readonly provider: JsonRpcApiProvider;
  readonly address: Address;
  readonly contract: HashTimelock;
}

/** What a lock is; its id commits to all of it. */
export interface TimelockTerms {
  /** Brings the money, and gets it back after the expiry. */
  readonly sender: Address;
  /** Is paid if anybody shows the secret in time. */
  readonly receiver: Address;
  /** The zero address is ETH. */
  readonly token: Address;
  /** Base units, above zero. */
  readonly amount: Amount;
  readonly hash: PaymentHash;
  /** It can be claimed before, and refunded from then on. */
  readonly expiry: UnixSeconds;
  /** Any number; makes two otherwise equal locks differ. */
  readonly salt: bigint;
}

export type TimelockStatus = "none" | "locked" | "claimed" | "refunded";

const STATUSES: readonly TimelockStatus[] = ["none", "locked", "claimed", "refunded"];

/** Rejects with `contract_missing` if no contract stands there. */
export async function connectTimelock(provider: JsonRpcApiProvider, address: Address): Promise<Timelock> {
  if ((await provider.getCode(address)) === "0x") {
    throw new HashlaneError("contract_missing", {
      failed: "there is no HashTimelock at this address",
      given: { address },
      next: "Check the address and the chain, or deploy the contracts first.",
    });
  }
  return { provider, address, contract: HashTimelock__factory.connect(address, provider) };
}

/**
 * Locks money of the account, which the terms must name as the sender. A token is approved first if the allowance does
 * not reach. Rejects with `transaction_failed`.
 */
export function lockMoney(timelock: Timelock, account: Account, terms: TimelockTerms): Promise<Receipt> {
  const { address, contract } = timelock;
  const { token, amount } = terms;
  const data = contract.interface.encodeFunctionData("lock", [terms]) as Hex;
  const call = callOf(timelock, data, token === ZERO_ADDRESS ? amount : 0n);
  return withAllowance(account, { token, amount, spender: address }, () =>
    transact(account, "the lock", call),
  );
}

/** Pays the receiver; anybody may send it. Rejects with `transaction_failed`. */
export function claimMoney(
  timelock: Timelock,
  account: Account,
  terms: TimelockTerms,
  secret: Secret,
): Promise<Receipt> {
  const data = timelock.contract.interface.encodeFunctionData("claim", [terms, secret]) as Hex;
  return transact(account, "the claim", callOf(timelock, data));
}

/** Pays the sender back from the expiry on; anybody may send it. Rejects with `transaction_failed`. */
export function refundMoney(timelock: Timelock, account: Account, terms: TimelockTerms): Promise<Receipt> {
  const data = timelock.contract.interface.encodeFunctionData("refund", [terms]) as Hex;
  return transact(account, "the refund", callOf(timelock, data));
}

/** What has become of the lock with these terms. */
export async function readTimelock({ contract }: Timelock, terms: TimelockTerms): Promise<TimelockStatus> {
  const { sender, receiver, token, amount, hash, expiry, salt } = terms;
  const id = keccak256(abiEncode([sender, receiver, token, amount, hash, expiry, salt]));
  const status = await contract.statusOf(id);
  return STATUSES[Number(status)] ?? "none";
}

function callOf({ address }: Timelock, data: Hex, value: Amount = 0n): Call {
  return { to: address, data, value, pushes: false };
}
