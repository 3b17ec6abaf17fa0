import { storeClosed, storeForeign, storeLocked } from "./errors.ts";
import type { Log, OpenedLog, Store } from "./port.ts";

interface Held {
  owner: string | null;
  snapshot: Uint8Array | null;
  records: Uint8Array[];
  /** The log that is open. */
  writer: Log | null;
}

/** Keeps its log as long as the object lives: for tests, simulations and nodes that hold no money. */
export function createMemoryStore(): Store {
  const held: Held = { owner: null, snapshot: null, records: [], writer: null };
  return {
    open: async (owner): Promise<OpenedLog> => {
      await Promise.resolve();
      if (held.writer !== null) throw storeLocked("memory", "this process", "Close the other log first.");
      if (held.owner !== null && held.owner !== owner) throw storeForeign("memory", held.owner, owner);
      held.owner = owner;
      held.writer = createMemoryLog(held);
      const records = held.records.map((record) => record.slice());
      return { log: held.writer, snapshot: held.snapshot?.slice() ?? null, records, notices: [] };
    },
  };
}

function createMemoryLog(held: Held): Log {
  const check = () => {
    if (held.writer !== log) throw storeClosed("memory");
  };
  const log: Log = {
    append: async (records) => {
      check();
      held.records.push(...records.map((record) => record.slice()));
      await Promise.resolve();
    },
    writeSnapshot: async (state) => {
      check();
      held.snapshot = state.slice();
      held.records = [];
      await Promise.resolve();
    },
    close: async () => {
      await Promise.resolve();
      if (held.writer === log) held.writer = null;
    },
  };
  return log;
}
