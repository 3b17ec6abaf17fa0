import type { Crypto, Signer } from "../protocol/crypto.ts";
import type { Command } from "../protocol/inputs.ts";
import { initialState, type NodeConfig } from "../protocol/node/state.ts";
import { runBatch } from "../protocol/node/step.ts";
import { KeyMemory } from "../protocol/onion/key-memory.ts";
import { HashlaneError } from "../protocol/error.ts";
import type { Domain } from "../protocol/types.ts";
import type { Store } from "../store/port.ts";
import { encodeRecord } from "./record.ts";

/** By which a store knows whose it is. */
export function ownerOfStore({ address }: Signer, { chainId, contract }: Domain): string {
  return `node ${address} of contract ${contract} on chain ${chainId}`;
}

export interface MarkOptions {
  /** Nothing was ever written to it. */
  readonly store: Store;
  readonly signer: Signer;
  readonly crypto: Crypto;
  readonly domain: Domain;
  /** Of the node that will start from the store. */
  readonly config: NodeConfig;
}

/** [REC-1] Makes the restore mark the first record of a store; it is durable when this resolves. */
export async function plantMark(
  { store, signer, crypto, domain, config }: MarkOptions,
  command: Omit<Extract<Command, { kind: "restore" }>, "kind">,
): Promise<void> {
  const { log, snapshot, records } = await store.open(ownerOfStore(signer, domain));
  try {
    if (snapshot !== null || records.length > 0) {
      throw new HashlaneError("not_empty", {
        failed: "nothing was restored: the store has a past already",
        given: { records: records.length },
        next: "Restore into a new directory.",
      });
    }
    const inputs = [{ kind: "command", command: { kind: "restore", ...command } }] as const;
    const ctx = { signer, crypto, domain, keys: new KeyMemory(crypto, signer) };
    const { signed } = runBatch(initialState(config), inputs, ctx);
    await log.append([encodeRecord({ inputs, signed, cursor: null })]);
  } finally {
    await log.close();
  }
}
