import { DatabaseSync, type SQLOutputValue } from "node:sqlite";
import type { TowerReceipt } from "../../api/tower-routes.ts";
import { HashlaneError } from "../../protocol/error.ts";
import type { Address, ChannelId, Seq } from "../../protocol/types.ts";

/** A tower that was added. */
export interface KnownTower {
  readonly tower: Address;
  readonly url: string;
  /** PEM, if nobody vouches for it; see TowerClient. */
  readonly certificate: string | null;
}

/** Of a state of a channel's lane. */
export interface KeptReceipt {
  readonly channel: ChannelId;
  readonly seq: Seq;
  /** Of the tower's newest final block then. */
  readonly time: number;
}

const TABLES = `
  CREATE TABLE IF NOT EXISTS towers (tower TEXT PRIMARY KEY, url TEXT NOT NULL, certificate TEXT) STRICT;
  CREATE TABLE IF NOT EXISTS receipts (tower TEXT NOT NULL, channel TEXT NOT NULL, seq INTEGER NOT NULL,
    taken TEXT NOT NULL, time INTEGER NOT NULL, block INTEGER NOT NULL, signature TEXT NOT NULL,
    PRIMARY KEY (tower, channel)) STRICT, WITHOUT ROWID;
`;

/**
 * The node's towers and the newest receipt of each for each channel: evidence for people. Without it everything is
 * brought again, so that a receipt may be lost with the power.
 */
export class TowerBook {
  readonly #database: DatabaseSync;

  constructor(path: string) {
    let database: DatabaseSync | null = null;
    try {
      database = new DatabaseSync(path);
      database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA busy_timeout = 5000;");
      database.exec(TABLES);
      this.#database = database;
    } catch (cause) {
      database?.close();
      throw new HashlaneError(
        "journal_damaged",
        {
          failed: "the file with this node's towers cannot be opened",
          given: { file: path, reason: cause instanceof Error ? cause.message : String(cause) },
          next: "Move it away and add the towers again: they hold what counts.",
        },
        { cause },
      );
    }
  }

  towers(): readonly KnownTower[] {
    const rows = this.#all("SELECT tower, url, certificate FROM towers ORDER BY tower");
    return rows.map(({ tower, url, certificate }) => ({
      ...{ tower: tower as Address, url: url as string },
      certificate: typeof certificate === "string" ? certificate : null,
    }));
  }

  add({ tower, url, certificate }: KnownTower): void {
    const sql =
      "INSERT INTO towers VALUES (?, ?, ?) ON CONFLICT DO UPDATE " +
      "SET url = excluded.url, certificate = excluded.certificate";
    this.#database.prepare(sql).run(tower, url, certificate);
  }

  remove(tower: Address): void {
    this.#database.prepare("DELETE FROM towers WHERE tower = ?").run(tower);
    this.#database.prepare("DELETE FROM receipts WHERE tower = ?").run(tower);
  }

  receipts(tower: Address): readonly KeptReceipt[] {
    const rows = this.#all("SELECT channel, seq, time FROM receipts WHERE tower = ?", tower);
    return rows.map(({ channel, seq, time }) => ({
      channel: channel as ChannelId,
      ...{ seq: Number(seq), time: Number(time) },
    }));
  }

  keep(tower: Address, channel: ChannelId, seq: Seq, receipt: TowerReceipt): void {
    const sql =
      "INSERT INTO receipts VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET seq = excluded.seq, " +
      "taken = excluded.taken, time = excluded.time, block = excluded.block, signature = excluded.signature";
    const { taken, time, block, signature } = receipt;
    this.#database.prepare(sql).run(tower, channel, seq, taken, time, block, signature);
  }

  /** The channel has ended. */
  forget(tower: Address, channel: ChannelId): void {
    this.#database.prepare("DELETE FROM receipts WHERE tower = ? AND channel = ?").run(tower, channel);
  }

  close(): void {
    this.#database.close();
  }

  #all(sql: string, ...values: string[]): readonly Readonly<Record<string, SQLOutputValue>>[] {
    return this.#database.prepare(sql).all(...values);
  }
}
