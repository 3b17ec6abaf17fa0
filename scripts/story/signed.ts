import { decodeRecord } from "../../src/node/record.ts";
import type { Signed } from "../../src/protocol/outputs.ts";
import { createMemoryStore } from "../../src/store/memory-store.ts";
import type { Store } from "../../src/store/port.ts";

/** A store in memory that lets a story see what its node has signed. */
export interface WitnessedStore extends Store {
  /** In the order of signing. */
  signed(): readonly Signed[];
}

export function createWitnessedStore(): WitnessedStore {
  const store = createMemoryStore();
  const signed: Signed[] = [];
  return {
    signed: () => signed,
    open: async (owner) => {
      const opened = await store.open(owner);
      const { log } = opened;
      return {
        ...opened,
        log: {
          append: async (records) => {
            await log.append(records);
            signed.push(...records.flatMap((record) => decodeRecord(record).signed));
          },
          writeSnapshot: (state) => log.writeSnapshot(state),
          close: () => log.close(),
        },
      };
    },
  };
}
