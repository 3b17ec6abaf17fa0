import type { IHashlane } from "../../typechain-types/Hashlane.ts";
import type { SkippedEvent } from "../../typechain-types/Hashlane.ts";
import type { Transaction } from "../protocol/chain-facts.ts";
import type { Crypto } from "../protocol/crypto.ts";
import type { Hex, Params, Signature } from "../protocol/types.ts";
import type { Account } from "./account.ts";
import type { Call } from "./call.ts";
import { writeSignature } from "./closing.ts";
import type { Contracts } from "./contracts.ts";
import { revertOf } from "./failure.ts";
import type { Funding } from "./funding.ts";
import { transact, type Receipt } from "./receipt.ts";
import { callsOf } from "./transactions.ts";

/** An item of a batch that changed nothing. */
export interface SkippedItem {
  /** Its place in the batch. */
  readonly index: number;
  /** Name of the contract's error, null if it is none of ours. */
  readonly error: string | null;
  /** For people. */
  readonly message: string;
}

export interface BatchReceipt extends Receipt {
  /** In order. */
  readonly skipped: readonly SkippedItem[];
}

/** The other side's signature on the cooperative close of a channel; the account's own transaction is its. */
export interface CooperativeEnd {
  readonly params: Params;
  readonly life: number;
  /** Net amount from A to B. */
  readonly transfer: bigint;
  /** Unix seconds. */
  readonly validUntil: number;
  readonly signature: Signature;
}

/** Opens many channels from the account's credit. Rejects with `transaction_failed` only if the whole batch fails. */
export function openMany(
  contracts: Contracts,
  account: Account,
  fundings: readonly Funding[],
): Promise<BatchReceipt> {
  const items = fundings.map(({ params, life, amounts }) => ({
    params,
    life,
    amountA: amounts.A,
    amountB: amounts.B,
  }));
  const data = contracts.hashlane.interface.encodeFunctionData("openBatch", [items]) as Hex;
  return sendBatch(contracts, account, { what: "opening the channels", data, pushes: false });
}

/** Ends many channels by agreement; the account's parts become its credit. Rejects as {@link openMany}. */
export function closeMany(
  contracts: Contracts,
  account: Account,
  ends: readonly CooperativeEnd[],
): Promise<BatchReceipt> {
  const items: IHashlane.CooperativeEndStruct[] = ends.map((end) => ({
    ...end,
    signature: writeSignature(end.signature),
  }));
  const data = contracts.hashlane.interface.encodeFunctionData("closeBatch", [items]) as Hex;
  return sendBatch(contracts, account, { what: "closing the channels", data, pushes: true });
}

/** Settles many channels. Rejects as {@link openMany}. */
export function settleMany(
  contracts: Contracts,
  crypto: Crypto,
  account: Account,
  settles: readonly Extract<Transaction, { kind: "settle" }>[],
): Promise<BatchReceipt> {
  const items = settles.flatMap((settle) => callsOf(contracts, crypto, settle).map(({ data }) => data));
  const data = contracts.hashlane.interface.encodeFunctionData("settleBatch", [items]) as Hex;
  return sendBatch(contracts, account, { what: "settling the channels", data, pushes: true });
}

async function sendBatch(
  contracts: Contracts,
  account: Account,
  { what, data, pushes }: { readonly what: string; readonly data: Hex; readonly pushes: boolean },
): Promise<BatchReceipt> {
  const call: Call = { to: contracts.domain.contract, data, value: 0n, pushes };
  const receipt = await transact(account, what, call);
  return { ...receipt, skipped: await skippedIn(contracts, receipt) };
}

async function skippedIn(
  { provider, hashlane, domain }: Contracts,
  { hash }: Receipt,
): Promise<readonly SkippedItem[]> {
  const found = await provider.getTransactionReceipt(hash);
  if (found === null) throw new Error(`the node does not know transaction ${hash} any more`);
  return found.logs.flatMap((log) => {
    const event = log.address.toLowerCase() === domain.contract ? hashlane.interface.parseLog(log) : null;
    if (event?.name !== "Skipped") return [];
    const { index, reason } = event.args as unknown as SkippedEvent.OutputObject;
    const failure = revertOf(reason);
    const message = failure?.message ?? "it is no call of this kind, or it ran out of gas";
    return [{ index: Number(index), error: failure?.error ?? null, message }];
  });
}
