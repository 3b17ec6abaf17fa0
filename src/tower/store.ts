import type { DatabaseSync, SQLInputValue, SQLOutputValue, StatementSync } from "node:sqlite";
import type { ChainCursor } from "../chain/port.ts";
import { fromHex, toHex } from "../protocol/bytes.ts";
import type { ChainFact } from "../protocol/chain-facts.ts";
import type { Appointment } from "../protocol/tower.ts";
import type { Address, Body, ChannelId, Seq, Side, UnixSeconds } from "../protocol/types.ts";
import { applyFact, decodeClosing, type KnownClosing } from "./closings.ts";
import { openTowerDatabase } from "./database.ts";
import { packAppointment, unpackAppointment } from "./packing.ts";
import { WitnessTable } from "./witness-table.ts";

/** Blocks after its end before a channel's record goes: so long a chain that is read anew can bring it back. */
export const KEEP_BLOCKS = 10_000;

export interface Head {
  readonly number: number;
  readonly time: UnixSeconds;
}

/** A record under the names that it follows from. */
export interface Entry {
  readonly channel: ChannelId;
  readonly client: Address;
  readonly body: Body;
  readonly appointment: Appointment;
}

/** What became of an entry: kept, or why not. */
export type PutResult =
  | { readonly kind: "kept" }
  /** A newer state is held. */
  | { readonly kind: "older"; readonly held: Seq }
  /** Another state of this number is held: the first one stays. */
  | { readonly kind: "taken" }
  /** What the payer sent or acknowledged does not fall. */
  | { readonly kind: "falls"; readonly held: Appointment["state"] }
  | { readonly kind: "ended" };

/** A close that somebody whom we guard may answer. */
export interface Case {
  readonly channel: ChannelId;
  readonly appointment: Appointment;
  readonly closing: KnownClosing;
}

type Row = Readonly<Record<string, SQLOutputValue>>;

/**
 * One record of constant size for each guarded side of a channel, the closes that the chain shows, and how far it was
 * read. What a method has written is on disk when it returns.
 */
export class TowerStore {
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  readonly witnesses: WitnessTable;
  #records: number;

  constructor(path: string) {
    this.#database = openTowerDatabase(path);
    this.witnesses = new WitnessTable({
      run: (sql, ...values) => this.#run(sql, ...values),
      all: (sql, ...values) => this.#all(sql, ...values),
      together: (work) => this.#together(work),
    });
    this.#records = Number(this.#all("SELECT count(*) AS n FROM records")[0]?.n ?? 0);
  }

  /** Of all clients. */
  get records(): number {
    return this.#records;
  }

  recordsOf(client: Address): number {
    return Number(this.#all("SELECT count(*) AS n FROM records WHERE client = ?", fromHex(client))[0]?.n);
  }

  /** Of closes that are not over. */
  get closings(): number {
    return Number(this.#all("SELECT count(*) AS n FROM closings")[0]?.n);
  }

  find(channel: ChannelId, side: Side): Appointment | null {
    const sql = "SELECT record FROM records WHERE channel = ? AND side = ? AND ended IS NULL";
    const [row] = this.#all(sql, fromHex(channel), side);
    return row === undefined ? null : unpackAppointment(row.record as Uint8Array);
  }

  /** Whether a channel has ended of which a record is left. */
  hasEnded(channel: ChannelId): boolean {
    const sql = "SELECT 1 FROM records WHERE channel = ? AND ended IS NOT NULL LIMIT 1";
    return this.#all(sql, fromHex(channel)).length > 0;
  }

  /** All or none is on disk when this returns; entries of one channel count in their order. */
  put(entries: readonly Entry[], bodyOf: (appointment: Appointment) => Body): readonly PutResult[] {
    return this.#together(() => entries.map((entry) => this.#putOne(entry, bodyOf)));
  }

  #putOne(
    { channel, client, body, appointment }: Entry,
    bodyOf: (appointment: Appointment) => Body,
  ): PutResult {
    const { side, state } = appointment;
    const held = this.find(channel, side);
    if (held === null && this.hasEnded(channel)) return { kind: "ended" };
    if (held !== null) {
      if (state.seq < held.state.seq) return { kind: "older", held: held.state.seq };
      if (state.seq === held.state.seq && bodyOf(held) !== body) return { kind: "taken" };
      if (state.sent < held.state.sent || state.ack < held.state.ack)
        return { kind: "falls", held: held.state };
    }
    const sql =
      "INSERT INTO records VALUES (?, ?, ?, ?, ?, NULL) ON CONFLICT DO UPDATE " +
      "SET seq = excluded.seq, record = excluded.record";
    const values = [fromHex(channel), side, fromHex(client), state.seq, packAppointment(appointment)];
    this.#run(sql, ...values);
    if (held === null) this.#records++;
    return { kind: "kept" };
  }

  /** Null if no chain was read. */
  get cursor(): ChainCursor | null {
    return this.#fact("cursor") as ChainCursor | null;
  }

  /** Of the newest block that was read. */
  get head(): Head {
    return (this.#fact("head") as Head | null) ?? { number: 0, time: 0 };
  }

  #fact(name: string): unknown {
    const [row] = this.#all("SELECT value FROM facts WHERE name = ?", name);
    return row === undefined ? null : JSON.parse(row.value as string);
  }

  /** What blocks have brought, and that they were read: both or neither. */
  report(facts: readonly ChainFact[], cursor: ChainCursor): void {
    const head = facts.findLast((fact) => fact.kind === "head") ?? this.head;
    this.#together(() => {
      for (const fact of facts) {
        applyFact((sql, ...values) => this.#run(sql, ...values), fact, head.number);
        if (fact.kind === "recorded") this.witnesses.onRecorded(fact.secrets, head.time);
      }
      this.#forget(head);
      const sql = "INSERT INTO facts VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value";
      this.#run(sql, "cursor", JSON.stringify(cursor));
      this.#run(sql, "head", JSON.stringify({ number: head.number, time: head.time }));
    });
  }

  #forget({ number, time }: Head): void {
    const gone = this.#run("DELETE FROM records WHERE ended <= ?", number - KEEP_BLOCKS);
    this.#records -= gone;
    this.witnesses.forget(time);
  }

  /** The chain is another one than was read: what it said is void. */
  forgetChain(): void {
    this.#together(() => {
      this.#run("DELETE FROM closings");
      this.#run("DELETE FROM facts");
      this.#run("UPDATE records SET ended = NULL WHERE ended IS NOT NULL");
    });
  }

  /** Closes by the other side of whom we guard, while they can be answered. */
  cases(time: UnixSeconds): readonly Case[] {
    // CROSS: closes are few; a look at each record would take seconds.
    const sql =
      "SELECT c.channel, c.deadline, c.closing, r.side, r.record FROM closings AS c CROSS JOIN records AS r " +
      "ON r.channel = c.channel WHERE c.deadline > ? AND r.ended IS NULL";
    return this.#all(sql, time).flatMap((row) => {
      const closing = decodeClosing(row.closing as string, Number(row.deadline));
      if (closing.record.closer === row.side) return [];
      const channel = toHex<ChannelId>(row.channel as Uint8Array, 32);
      return [{ channel, closing, appointment: unpackAppointment(row.record as Uint8Array) }];
    });
  }

  close(): void {
    this.#database.close();
  }

  #statement(sql: string): StatementSync {
    const known = this.#statements.get(sql) ?? this.#database.prepare(sql);
    this.#statements.set(sql, known);
    return known;
  }

  #all(sql: string, ...values: SQLInputValue[]): readonly Row[] {
    return this.#statement(sql).all(...values);
  }

  #run(sql: string, ...values: SQLInputValue[]): number {
    return Number(this.#statement(sql).run(...values).changes);
  }

  #together<T>(work: () => T): T {
    const before = this.#records;
    this.#database.exec("BEGIN IMMEDIATE");
    try {
      const result = work();
      this.#database.exec("COMMIT");
      return result;
    } catch (thrown) {
      this.#records = before;
      this.#database.exec("ROLLBACK");
      throw thrown;
    }
  }
}
