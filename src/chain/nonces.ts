import type { JsonRpcApiProvider, Signer } from "ethers";
import type { Hex } from "../protocol/types.ts";

/** Numbers of an account's transactions, which the chain executes without a gap. */
export interface Nonces {
  /** The least that no transaction known to the chain's node has. */
  next(): Promise<number>;
  /** The node has taken a transaction with this number. */
  onTaken(nonce: number, hash: Hex): void;
}

export function createNonces(provider: JsonRpcApiProvider, signer: Signer): Nonces {
  /** What the node took and may not have counted yet. */
  const taken = new Map<number, Hex>();

  async function isTaken(nonce: number): Promise<boolean> {
    const hash = taken.get(nonce);
    return hash !== undefined && (await provider.getTransaction(hash)) !== null;
  }

  return {
    next: async () => {
      let nonce = await provider.getTransactionCount(signer, "pending");
      for (const old of taken.keys()) if (old < nonce) taken.delete(old);
      // The count may lag behind what was sent. But one that the node has dropped since, as after a reorganisation,
      // must have a successor: whatever has a higher number waits for it for ever.
      while (await isTaken(nonce)) nonce += 1;
      return nonce;
    },
    onTaken: (nonce, hash) => void taken.set(nonce, hash),
  };
}
