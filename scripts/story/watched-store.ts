import { decodeRecord, type BatchRecord } from "../../src/node/record.ts";
import { createMemoryStore } from "../../src/store/memory-store.ts";
import type { Store } from "../../src/store/port.ts";

/** A store in memory that lets a story see what its node has made durable, in order. */
export function createWatchedStore(onDurable: (record: BatchRecord) => void): Store {
  const store = createMemoryStore();
  return {
    open: async (owner) => {
      const opened = await store.open(owner);
      const { log } = opened;
      return {
        ...opened,
        log: {
          append: async (records) => {
            await log.append(records);
            for (const record of records) onDurable(decodeRecord(record));
          },
          writeSnapshot: (state) => log.writeSnapshot(state),
          close: () => log.close(),
        },
      };
    },
  };
}
