import type { TransactionReceipt } from "ethers";
import { must, parseAddress } from "../protocol/checked.ts";
import { HashlaneError } from "../protocol/error.ts";
import type { Address, Hex } from "../protocol/types.ts";
import type { Account } from "./account.ts";
import type { Call } from "./call.ts";
import { failureOf } from "./failure.ts";

const RECEIPT_POLL_MS = 250;

export interface Receipt {
  readonly hash: Hex;
  readonly block: number;
  readonly gasUsed: bigint;
  /** Wei that the account paid for gas. */
  readonly fee: bigint;
  /** Address of what was deployed. */
  readonly created: Address | null;
}

/**
 * Sends and waits until a block holds it.
 * Rejects with `transaction_failed`, naming the contract's error and its values.
 */
export async function transact(account: Account, what: string, call: Call): Promise<Receipt> {
  const { nonce, hashes } = await account.send(call).catch((thrown: unknown) => {
    throw refused(account, what, thrown);
  });
  const offers = new Set(hashes);
  for (;;) {
    const posted = account.posted().find((one) => one.nonce === nonce);
    // It may have been offered again for more, so that one behind it can be mined.
    for (const hash of posted?.hashes ?? []) offers.add(hash);
    const receipts = await Promise.all(
      [...offers].map((hash) => account.provider.getTransactionReceipt(hash)),
    );
    const receipt = receipts.find((one) => one !== null);
    if (receipt !== undefined) {
      if (!account.isTended) account.forget(nonce);
      return readReceipt(account, what, call, receipt);
    }
    if (posted === undefined)
      throw refused(account, what, new Error("another transaction of the account took its number"));
    await new Promise((resolve) => setTimeout(resolve, RECEIPT_POLL_MS));
  }
}

async function readReceipt(
  account: Account,
  what: string,
  call: Call,
  receipt: TransactionReceipt,
): Promise<Receipt> {
  if (receipt.status === 0) throw refused(account, what, await whyReverted(account, call, receipt));
  const { hash, blockNumber: block, gasUsed, fee, contractAddress } = receipt;
  const created = contractAddress === null ? null : must(parseAddress(contractAddress));
  return { hash: hash as Hex, block, gasUsed, fee, created };
}

/** What the call throws when it is tried again after the block in which it reverted. */
export async function whyReverted(
  { provider, address }: Account,
  { to, data, value }: Call,
  { blockNumber }: TransactionReceipt,
): Promise<unknown> {
  try {
    await provider.call({ from: address, to, data, value, blockTag: blockNumber });
    return new Error("it reverted in its block, but would not any more");
  } catch (thrown) {
    return thrown;
  }
}

function refused(account: Account, what: string, thrown: unknown): HashlaneError {
  const { message } = failureOf(thrown);
  return new HashlaneError(
    "transaction_failed",
    {
      failed: `${what} failed`,
      given: { account: account.address, reason: message },
      next: "Nothing was changed on chain. Correct the values that the reason names and try again.",
    },
    { cause: thrown },
  );
}
