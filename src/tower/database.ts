import { DatabaseSync } from "node:sqlite";
import { HashlaneError } from "../protocol/error.ts";

const VERSION = 1;

/** Channels come in no order: the pages of a million records are wanted all over. */
const CACHE_KIB = 65_536;

const TABLES = `
  CREATE TABLE records (channel BLOB NOT NULL, side TEXT NOT NULL, client BLOB NOT NULL, seq INTEGER NOT NULL,
    record BLOB NOT NULL, ended INTEGER, PRIMARY KEY (channel, side)) STRICT, WITHOUT ROWID;
  CREATE INDEX records_by_client ON records (client);
  CREATE INDEX records_ended ON records (ended) WHERE ended IS NOT NULL;
  CREATE TABLE closings (channel BLOB PRIMARY KEY, deadline INTEGER NOT NULL, closing TEXT NOT NULL) STRICT;
  CREATE TABLE witnesses (client BLOB NOT NULL, secret BLOB NOT NULL, before INTEGER NOT NULL,
    wanted INTEGER NOT NULL, sent INTEGER, recorded INTEGER NOT NULL DEFAULT 0, touched INTEGER NOT NULL,
    PRIMARY KEY (client, secret)) STRICT, WITHOUT ROWID;
  CREATE INDEX witnesses_by_secret ON witnesses (secret);
  CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
`;

/** Every commit is on disk when it returns; a second process is kept out. */
export function openTowerDatabase(path: string): DatabaseSync {
  let database: DatabaseSync | null = null;
  try {
    database = new DatabaseSync(path);
    database.exec(`PRAGMA cache_size = -${CACHE_KIB};`);
    database.exec("PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;");
    const version = Number(database.prepare("PRAGMA user_version").get()?.user_version);
    if (version > VERSION) throw new Error(`it has version ${version}, and this program knows ${VERSION}`);
    database.exec("BEGIN IMMEDIATE;");
    if (version === 0) database.exec(`${TABLES} PRAGMA user_version = ${VERSION};`);
    database.exec("COMMIT;");
    return database;
  } catch (cause) {
    database?.close();
    const reason = cause instanceof Error ? cause.message : String(cause);
    const isLocked = reason.includes("locked");
    throw new HashlaneError(
      isLocked ? "store_locked" : "store_damaged",
      {
        failed: isLocked ? "another process has this tower's store" : "the tower's store cannot be opened",
        given: { file: path, reason },
        next: isLocked
          ? "End that process first: one tower, one store."
          : "Check the disk and that the file is a tower's. Do not start from an empty one unless it is lost: " +
            "clients would have to bring everything again.",
      },
      { cause },
    );
  }
}
