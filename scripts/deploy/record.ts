import { writeFile } from "node:fs/promises";
import type { JsonRpcApiProvider } from "ethers";

import { reasonOf } from "../../src/chain/failure.ts";
import { USUAL_BOUNDS, type ChallengeBounds } from "../../src/chain/deploy.ts";
import type { Address } from "../../src/protocol/types.ts";
import { ADDRESSES, addressesText, readBook } from "../addresses.ts";
import { writeDescriptors } from "../descriptors.ts";
import { StoryFailure } from "../story/failure.ts";

/** The block that made the contract, by halving: some 25 questions to a node that keeps old states. */
export async function blockOfCreation(provider: JsonRpcApiProvider, address: Address): Promise<number> {
  const standsAt = async (block: number): Promise<boolean> => {
    try {
      return (await provider.getCode(address, block)) !== "0x";
    } catch (thrown) {
      throw new StoryFailure(
        `the chain's node does not tell the code of ${address} at block ${block} (${reasonOf(thrown)}). Ask one ` +
          "that keeps old states (an archive node).",
      );
    }
  };
  let without = -1;
  let standing = await provider.getBlockNumber();
  while (standing - without > 1) {
    const middle = Math.floor((without + standing) / 2);
    if (await standsAt(middle)) standing = middle;
    else without = middle;
  }
  return standing;
}

export function refuseToRecord(bounds: ChallengeBounds): void {
  if (JSON.stringify(bounds) === JSON.stringify(USUAL_BOUNDS)) return;
  throw new StoryFailure(
    "--record is for the contracts with the usual challenge periods. Leave out --least-challenge and --most-challenge.",
  );
}

/** Keeps in deployments/addresses.json from which block on nodes read this chain, and in erc7730/ that it is one. */
export async function recordChain(chainId: bigint, firstBlock: number): Promise<void> {
  const book = await readBook();
  if (book === null)
    throw new StoryFailure("deployments/addresses.json cannot be read. Run `npm run addresses`.");
  const chains = { ...book.chains, [chainId.toString()]: { firstBlock } };
  await writeFile(ADDRESSES, await addressesText({ ...book, chains }));
  await writeDescriptors();
}
