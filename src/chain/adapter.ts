import { FundingAdapter__factory, type FundingAdapter } from "../../typechain-types/index.ts";
import { must, parseAddress } from "../protocol/checked.ts";
import type { Address, Hex } from "../protocol/types.ts";
import type { Account } from "./account.ts";
import type { Contracts } from "./contracts.ts";
import { addressOfCode, place, type Placed } from "./factory.ts";

/** Permit2 stands there on most chains. */
export const PERMIT2 = must(parseAddress("0x000000000022d473030f116ddee9f6b43ac78ba3"));

function initCodeOf(hashlane: Address): Hex {
  const values = FundingAdapter__factory.createInterface().encodeDeploy([hashlane, PERMIT2]);
  return `${FundingAdapter__factory.bytecode}${values.slice(2)}` as Hex;
}

/** Where the usual factory puts the FundingAdapter of this Hashlane: the address decides the code. */
export function adapterAddress(hashlane: Address): Address {
  return addressOfCode(initCodeOf(hashlane));
}

/** Deploys it, or finds it there. The usual factory must stand. Rejects with `transaction_failed`. */
export function placeAdapter(account: Account, hashlane: Address): Promise<Placed> {
  return place(account, "the FundingAdapter", initCodeOf(hashlane));
}

/** Null if it is not on this chain. */
export async function findAdapter({ provider, domain }: Contracts): Promise<FundingAdapter | null> {
  const address = adapterAddress(domain.contract);
  const code = await provider.getCode(address);
  return code === "0x" ? null : FundingAdapter__factory.connect(address, provider);
}

/** The side of a call that brings nothing. */
export const NOTHING = {
  consent: { otherAmount: 0n, validUntil: 0n, signature: "0x" },
  permit: { value: 0n, deadline: 0n, signature: "0x" },
  amount: 0n,
  otherAmount: 0n,
  validAfter: 0n,
  validBefore: 0n,
  salt: 0n,
  nonce: 0n,
  deadline: 0n,
  signature: "0x",
} as const;
