import { toQuantity } from "ethers";
import { HashlaneError } from "../protocol/error.ts";
import type { Address, Amount } from "../protocol/types.ts";
import { connectChain, type ChainSource } from "./connection.ts";
import { reasonOf } from "./failure.ts";

/** Sets what an account holds, which only development chains let one do. Rejects with `no_faucet` elsewhere. */
export async function setBalance(source: ChainSource, account: Address, wei: Amount): Promise<void> {
  const { provider, name } = await connectChain(source);
  try {
    await provider.send("hardhat_setBalance", [account, toQuantity(wei)]);
  } catch (cause) {
    throw new HashlaneError(
      "no_faucet",
      {
        failed: "this chain gives no money away",
        given: { chain: name, account, reason: reasonOf(cause) },
        next: "Leave out --faucet and send ETH to the account; only development chains have a faucet.",
      },
      { cause },
    );
  }
}
