import type { Interface, JsonRpcApiProvider, TransactionResponse } from "ethers";
import {
  HashTimelock__factory,
  Hashlane__factory,
  SecretRegistry__factory,
} from "../../typechain-types/index.ts";
import { HashlaneError } from "../protocol/error.ts";
import type { Amount, Hex } from "../protocol/types.ts";

/** A transaction as the chain holds it. */
export interface LedgerEntry {
  readonly hash: Hex;
  readonly block: number;
  /** Lower case. */
  readonly from: string;
  /** Name of the contract's function; `transfer` for plain ETH, `deploy` for a new contract, else the selector. */
  readonly what: string;
  readonly gasUsed: bigint;
  /** Wei paid for gas. */
  readonly fee: Amount;
  readonly succeeded: boolean;
}

const interfaces: readonly Interface[] = [
  Hashlane__factory.createInterface(),
  SecretRegistry__factory.createInterface(),
  HashTimelock__factory.createInterface(),
];

/** Every transaction of these blocks, in order; both ends included. For short stretches of a development chain. */
export async function readLedger(
  provider: JsonRpcApiProvider,
  first: number,
  last: number,
): Promise<readonly LedgerEntry[]> {
  const entries: LedgerEntry[] = [];
  for (let number = first; number <= last; number += 1) {
    const block = await provider.getBlock(number, true);
    if (block === null) throw missing("block", number);
    for (const transaction of block.prefetchedTransactions) {
      entries.push(await readEntry(provider, number, transaction));
    }
  }
  return entries;
}

async function readEntry(
  provider: JsonRpcApiProvider,
  block: number,
  { hash, from, to, data }: TransactionResponse,
): Promise<LedgerEntry> {
  const receipt = await provider.getTransactionReceipt(hash);
  if (receipt === null) throw missing("receipt", hash);
  const { gasUsed, fee, status } = receipt;
  const what = to === null ? "deploy" : data === "0x" ? "transfer" : nameOf(data.slice(0, 10));
  return {
    hash: hash as Hex,
    block,
    from: from.toLowerCase(),
    what,
    gasUsed,
    fee,
    succeeded: status === 1,
  };
}

function nameOf(selector: string): string {
  for (const one of interfaces) {
    const found = one.getFunction(selector);
    if (found !== null) return found.name;
  }
  return selector;
}

function missing(what: string, name: string | number): HashlaneError {
  return new HashlaneError("chain_failed", {
    failed: `the chain does not give a ${what} that it has counted`,
    given: { [what]: name },
    next: "Use a node that keeps its blocks, and try again.",
  });
}
