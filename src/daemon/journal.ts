import { DatabaseSync, type SQLInputValue, type SQLOutputValue, type StatementSync } from "node:sqlite";
import { HashlaneError } from "../protocol/error.ts";

/** Each brings the tables below from one version to the next; a new journal goes through all of them. */
const UPGRADES = [
  `
  ALTER TABLE payments ADD COLUMN label TEXT;
  ALTER TABLE invoices ADD COLUMN label TEXT;
  ALTER TABLE invoices ADD COLUMN kind TEXT NOT NULL DEFAULT 'asked';
  CREATE INDEX payments_by_label ON payments (label);
  CREATE INDEX invoices_by_label ON invoices (label);
`,
  "ALTER TABLE peers ADD COLUMN owner TEXT;",
  "ALTER TABLE payments ADD COLUMN rent TEXT;",
  `
  CREATE TABLE outbox (nonce INTEGER PRIMARY KEY, posted TEXT NOT NULL) STRICT;
`,
];
const VERSION = 1 + UPGRADES.length;

const TABLES = `
  CREATE TABLE events (cursor INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, kind TEXT NOT NULL,
    data TEXT NOT NULL) STRICT;
  CREATE TABLE payments (id INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL UNIQUE, request TEXT NOT NULL,
    hash TEXT NOT NULL, invoice TEXT NOT NULL, payee TEXT NOT NULL, token TEXT NOT NULL, amount TEXT NOT NULL,
    maxFee TEXT NOT NULL, description TEXT NOT NULL, fee TEXT, status TEXT NOT NULL, proof TEXT, code TEXT,
    message TEXT, created TEXT NOT NULL, ended TEXT) STRICT;
  CREATE INDEX payments_by_hash ON payments (hash);
  CREATE TABLE invoices (id INTEGER PRIMARY KEY AUTOINCREMENT, hash TEXT NOT NULL UNIQUE, invoice TEXT NOT NULL,
    token TEXT NOT NULL, amount TEXT NOT NULL, description TEXT NOT NULL, created INTEGER NOT NULL,
    expires INTEGER NOT NULL) STRICT;
  CREATE TABLE operations (key TEXT PRIMARY KEY, request TEXT NOT NULL, kind TEXT NOT NULL, channel TEXT NOT NULL,
    token TEXT NOT NULL, amount TEXT NOT NULL, params TEXT NOT NULL, life INTEGER NOT NULL, goal TEXT NOT NULL,
    status TEXT NOT NULL) STRICT;
  CREATE TABLE peers (node TEXT PRIMARY KEY, address TEXT NOT NULL) STRICT;
  CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
`;

export type Row = Readonly<Record<string, SQLOutputValue>>;

/** Writes that are made durable together. */
interface Group {
  readonly done: Promise<void>;
  readonly end: (failure: Error | null) => void;
}

/**
 * What the daemon promises its callers and the core does not keep: keys of requests, the order of payments and
 * invoices, events with cursors. Every write is durable when it returns, but for those of {@link grouped}.
 */
export class Journal {
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  #group: Group | null = null;
  #isWithin = false;

  constructor(path: string) {
    this.#database = openDatabase(path);
  }

  /** All rows of a query. */
  all(sql: string, ...values: SQLInputValue[]): readonly Row[] {
    return this.#statement(sql).all(...values);
  }

  first(sql: string, ...values: SQLInputValue[]): Row | null {
    return this.#statement(sql).get(...values) ?? null;
  }

  /** Number of the row that was added, and how many were changed. */
  run(sql: string, ...values: SQLInputValue[]): { readonly added: number; readonly changed: number } {
    const { lastInsertRowid, changes } = this.#statement(sql).run(...values);
    if (!this.#isWithin) this.#commit();
    return { added: Number(lastInsertRowid), changed: Number(changes) };
  }

  /** All writes of the work at once, or none if it throws; durable when it returns. */
  transaction(work: () => void): void {
    this.#commit();
    this.#begin();
    this.#within(work);
    this.#commit();
  }

  /**
   * The same, but durable only when the promise resolves: all that is asked for in one turn shares one sync. Everybody
   * who reads sees the writes at once.
   */
  grouped(work: () => void): Promise<void> {
    const group = this.#group ?? this.#begin();
    this.#within(work);
    return group.done;
  }

  setting(name: string): string | null {
    return textOf(this.first("SELECT value FROM settings WHERE name = ?", name)?.value ?? null);
  }

  setSetting(name: string, value: string): void {
    this.run(
      "INSERT INTO settings VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value",
      name,
      value,
    );
  }

  close(): void {
    this.#commit();
    this.#database.close();
  }

  #statement(sql: string): StatementSync {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const statement = this.#database.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }

  #begin(): Group {
    this.#database.exec("BEGIN");
    let end: Group["end"] = () => undefined;
    const done = new Promise<void>((resolve, reject) => {
      end = (failure) => (failure === null ? resolve() : reject(failure));
    });
    // Whoever asked hears of it; a group that nobody waits for is a transaction, which throws.
    done.catch(() => undefined);
    const group = { done, end };
    this.#group = group;
    setImmediate(() => {
      if (this.#group === group) this.#tryCommit();
    });
    return group;
  }

  #within(work: () => void): void {
    this.#database.exec("SAVEPOINT work");
    this.#isWithin = true;
    try {
      work();
      this.#database.exec("RELEASE work");
    } catch (thrown) {
      this.#database.exec("ROLLBACK TO work; RELEASE work");
      throw thrown;
    } finally {
      this.#isWithin = false;
    }
  }

  #commit(): void {
    const group = this.#group;
    if (group === null) return;
    this.#group = null;
    try {
      this.#database.exec("COMMIT");
      group.end(null);
    } catch (thrown) {
      if (this.#database.isTransaction) this.#database.exec("ROLLBACK");
      group.end(thrown instanceof Error ? thrown : new Error("the journal could not be written"));
      throw thrown;
    }
  }

  /** Nobody is there to catch; those who wait are told. */
  #tryCommit(): void {
    try {
      this.#commit();
    } catch {
      return;
    }
  }
}

/** Of a column that is a text or null. */
export function textOf(value: SQLOutputValue | undefined): string | null {
  return typeof value === "string" ? value : null;
}

function openDatabase(path: string): DatabaseSync {
  let database: DatabaseSync | null = null;
  try {
    database = new DatabaseSync(path);
    database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA busy_timeout = 5000;");
    const version = Number(database.prepare("PRAGMA user_version").get()?.user_version);
    if (version === VERSION) return database;
    if (version > VERSION) throw new Error(`it has version ${version}, and this program knows ${VERSION}`);
    const steps = [TABLES, ...UPGRADES].slice(version).join("");
    database.exec(`BEGIN; ${steps} PRAGMA user_version = ${VERSION}; COMMIT;`);
    return database;
  } catch (cause) {
    database?.close();
    throw new HashlaneError(
      "journal_damaged",
      {
        failed: "the daemon's journal cannot be opened",
        given: { file: path, reason: cause instanceof Error ? cause.message : String(cause) },
        next:
          "Check the disk and that the file is the daemon's own. Without it keys of past requests are unknown: move " +
          "it away only if no caller will send an old request again. No channel depends on it.",
      },
      { cause },
    );
  }
}
