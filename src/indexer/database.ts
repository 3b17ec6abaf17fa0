import { DatabaseSync } from "node:sqlite";
import { HashlaneError } from "../protocol/error.ts";

/** Another version is made anew from the chain: nothing here is known from elsewhere. */
const VERSION = 1;

const TABLES = `
  CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
  CREATE TABLE blocks (number INTEGER PRIMARY KEY, hash TEXT NOT NULL, time INTEGER NOT NULL,
    eventful INTEGER NOT NULL) STRICT;
  CREATE TABLE events (cursor INTEGER PRIMARY KEY AUTOINCREMENT, block INTEGER NOT NULL, position INTEGER NOT NULL,
    tx TEXT NOT NULL, channel TEXT NOT NULL, kind TEXT NOT NULL, time INTEGER NOT NULL, data TEXT NOT NULL) STRICT;
  CREATE INDEX events_by_channel ON events (channel, block);
  CREATE INDEX events_by_block ON events (block);
  CREATE INDEX events_by_tx ON events (tx);
  CREATE TABLE channels (channel TEXT PRIMARY KEY, phase TEXT NOT NULL, token TEXT NOT NULL, signerA TEXT NOT NULL,
    signerB TEXT NOT NULL, ownerA TEXT NOT NULL, ownerB TEXT NOT NULL, opened INTEGER NOT NULL, life TEXT NOT NULL)
    STRICT;
  CREATE INDEX channels_by_signerA ON channels (signerA);
  CREATE INDEX channels_by_signerB ON channels (signerB);
  CREATE INDEX channels_by_ownerA ON channels (ownerA);
  CREATE INDEX channels_by_ownerB ON channels (ownerB);
  CREATE INDEX channels_by_phase ON channels (phase);
  CREATE TABLE tokens (token TEXT PRIMARY KEY, symbol TEXT NOT NULL, decimals INTEGER NOT NULL) STRICT;
`;
const NAMES = ["settings", "blocks", "events", "channels", "tokens"];

/** `scope`: the chain and contract that it is of; what was kept of another is thrown away. */
export function openIndex(path: string, scope: string): DatabaseSync {
  let database: DatabaseSync | null = null;
  try {
    database = new DatabaseSync(path);
    // It can be made anew: a write that a power cut loses is read from the chain again.
    database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA busy_timeout = 5000;");
    if (scopeOf(database) !== scope) recreate(database, scope);
    return database;
  } catch (cause) {
    database?.close();
    throw new HashlaneError(
      "index_damaged",
      {
        failed: "the explorer's index cannot be opened",
        given: { file: path, reason: cause instanceof Error ? cause.message : String(cause) },
        next: "Check the disk, or remove the file: all of it is read from the chain again.",
      },
      { cause },
    );
  }
}

function scopeOf(database: DatabaseSync): string | null {
  const version = Number(database.prepare("PRAGMA user_version").get()?.user_version);
  if (version !== VERSION) return null;
  const row = database.prepare("SELECT value FROM settings WHERE name = 'scope'").get();
  return typeof row?.value === "string" ? row.value : null;
}

function recreate(database: DatabaseSync, scope: string): void {
  const drop = NAMES.map((name) => `DROP TABLE IF EXISTS ${name};`).join("");
  database.exec(`BEGIN; ${drop} ${TABLES} PRAGMA user_version = ${VERSION};`);
  database.prepare("INSERT INTO settings VALUES ('scope', ?)").run(scope);
  database.exec("COMMIT");
}
