import type { DatabaseSync, SQLOutputValue, StatementSync } from "node:sqlite";
import type { ChannelChange } from "../chain/channel-change.ts";
import type { BlockHead, ChannelEvent, Chapter } from "../chain/history.ts";
import type { ChannelId, Hex } from "../protocol/types.ts";
import { afterChange, type ChannelLife } from "./channel-life.ts";

/** An event that was taken in, with its place in the feed. */
export interface KeptEvent {
  /** Grows with each; one that a reorganisation took out is not used again. */
  readonly cursor: number;
  readonly block: number;
  readonly transaction: Hex;
  readonly channel: ChannelId;
  /** Seconds since 1970. */
  readonly time: number;
  readonly change: ChannelChange | Undone;
}

/** The blocks above `block` left the chain, and so many events with them. */
export interface Undone {
  readonly kind: "undone";
  readonly events: number;
}

/** Blocks without events are remembered only near the tip: a reorganisation goes back to the next that is known. */
const QUIET_BLOCKS_KEPT = 512;

type Row = Readonly<Record<string, SQLOutputValue>>;

/** The index on disk. What it says of channels follows from the events that it holds, at every moment. */
export class IndexStore {
  /** Told after each change, with the channels that it touched. */
  onChange: (channels: Iterable<ChannelId>) => void = () => undefined;
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  /** The newest block that was taken in; null before the first. */
  get tip(): BlockHead | null {
    return this.blockAt(Number.MAX_SAFE_INTEGER);
  }

  /** The newest that is known at this height or below it. */
  blockAt(most: number): BlockHead | null {
    const row = this.first("SELECT * FROM blocks WHERE number <= ? ORDER BY number DESC LIMIT 1", most);
    return row === null ? null : headOf(row);
  }

  /** Every one that is known up to this height, from the lowest. */
  blocksUpTo(most: number): readonly BlockHead[] {
    return this.all("SELECT * FROM blocks WHERE number <= ? ORDER BY number", most).map(headOf);
  }

  /** Of the newest event. */
  get cursor(): number {
    return Number(this.first("SELECT max(cursor) AS cursor FROM events")?.cursor ?? 0);
  }

  /** All or nothing. Events of a block are kept with its time. */
  add({ events, blocks }: Chapter): void {
    const times = new Map(blocks.map(({ number, time }) => [number, time]));
    const changed = new Map<ChannelId, ChannelLife>();
    this.#atomically(() => {
      for (const event of events) {
        const time = times.get(event.block) ?? 0;
        this.#addEvent(event, time);
        const { channel, change, block, transaction } = event;
        const before = changed.get(channel) ?? this.life(channel);
        changed.set(channel, afterChange(before, channel, change, { block, time, transaction }));
      }
      for (const life of changed.values()) this.#putLife(life);
      const eventful = new Set(events.map(({ block }) => block));
      for (const block of blocks) this.#putBlock(block, eventful.has(block.number));
      this.#forgetQuietBlocks();
    });
    this.onChange(changed.keys());
  }

  /** Takes out what the blocks above `ancestor` brought; how many events that were. */
  rollBack(ancestor: number): number {
    const sql =
      "SELECT channel, count(*) AS n FROM events WHERE block > ? AND channel != '' GROUP BY channel";
    const gone = this.all(sql, ancestor).map(({ channel, n }) => [channel as ChannelId, Number(n)] as const);
    const count = gone.reduce((sum, [, events]) => sum + events, 0);
    this.#atomically(() => {
      this.run("DELETE FROM events WHERE block > ?", ancestor);
      this.run("DELETE FROM blocks WHERE number > ?", ancestor);
      for (const [channel] of gone) this.#tellAgain(channel);
      if (count > 0) this.#addUndone(ancestor, count);
    });
    this.onChange(gone.map(([channel]) => channel));
    return count;
  }

  life(channel: ChannelId): ChannelLife | null {
    const row = this.first("SELECT life FROM channels WHERE channel = ?", channel);
    return row === null ? null : (JSON.parse(String(row.life)) as ChannelLife);
  }

  /** In order. */
  eventsOf(channel: ChannelId): readonly KeptEvent[] {
    return this.all("SELECT * FROM events WHERE channel = ? ORDER BY block, position", channel).map(eventOf);
  }

  /** What came after the cursor, oldest first. */
  eventsAfter(cursor: number, limit: number): readonly KeptEvent[] {
    return this.all("SELECT * FROM events WHERE cursor > ? ORDER BY cursor LIMIT ?", cursor, limit).map(
      eventOf,
    );
  }

  /** Before the cursor, newest first. */
  eventsBefore(cursor: number, limit: number): readonly KeptEvent[] {
    const sql = "SELECT * FROM events WHERE cursor < ? ORDER BY cursor DESC LIMIT ?";
    return this.all(sql, cursor, limit).map(eventOf);
  }

  /** Every event of channels, in the order of the chain. */
  *allEvents(): Generator<KeptEvent> {
    const sql = "SELECT * FROM events WHERE channel != '' ORDER BY block, position";
    for (const row of this.#prepare(sql).iterate()) yield eventOf(row);
  }

  all(sql: string, ...values: (string | number)[]): readonly Row[] {
    return this.#prepare(sql).all(...values);
  }

  first(sql: string, ...values: (string | number)[]): Row | null {
    return this.#prepare(sql).get(...values) ?? null;
  }

  run(sql: string, ...values: (string | number)[]): void {
    this.#prepare(sql).run(...values);
  }

  close(): void {
    this.#database.close();
  }

  #prepare(sql: string): StatementSync {
    const known = this.#statements.get(sql) ?? this.#database.prepare(sql);
    this.#statements.set(sql, known);
    return known;
  }

  #atomically(work: () => void): void {
    this.#database.exec("BEGIN IMMEDIATE");
    try {
      work();
      this.#database.exec("COMMIT");
    } catch (thrown) {
      this.#database.exec("ROLLBACK");
      throw thrown;
    }
  }

  #addEvent({ block, index, transaction, channel, change }: ChannelEvent, time: number): void {
    const sql =
      "INSERT INTO events (block, position, tx, channel, kind, time, data) VALUES (?, ?, ?, ?, ?, ?, ?)";
    this.run(sql, block, index, transaction, channel, change.kind, time, JSON.stringify(change));
  }

  #addUndone(ancestor: number, events: number): void {
    const change: Undone = { kind: "undone", events };
    const sql =
      "INSERT INTO events (block, position, tx, channel, kind, time, data) VALUES (?, -1, '', '', 'undone', ?, ?)";
    this.run(sql, ancestor, this.blockAt(ancestor)?.time ?? 0, JSON.stringify(change));
  }

  #tellAgain(channel: ChannelId): void {
    const left = this.eventsOf(channel);
    const life = left.reduce<ChannelLife | null>(
      (before, { change, block, time, transaction }) =>
        afterChange(before, channel, change as ChannelChange, { block, time, transaction }),
      null,
    );
    if (life === null) this.run("DELETE FROM channels WHERE channel = ?", channel);
    else this.#putLife(life);
  }

  #putLife(life: ChannelLife): void {
    const { channel, phase, token, signerA, signerB, ownerA, ownerB, opened } = life;
    const values = [
      channel,
      phase,
      token,
      signerA,
      signerB,
      ownerA,
      ownerB,
      opened.time,
      JSON.stringify(life),
    ];
    this.run("INSERT OR REPLACE INTO channels VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", ...values);
  }

  #putBlock({ number, hash, time }: BlockHead, isEventful: boolean): void {
    this.run("INSERT OR REPLACE INTO blocks VALUES (?, ?, ?, ?)", number, hash, time, isEventful ? 1 : 0);
  }

  #forgetQuietBlocks(): void {
    const sql = "DELETE FROM blocks WHERE eventful = 0 AND number <= (SELECT max(number) FROM blocks) - ?";
    this.run(sql, QUIET_BLOCKS_KEPT);
  }
}

function headOf({ number, hash, time }: Row): BlockHead {
  return { number: Number(number), hash: hash as Hex, time: Number(time) };
}

function eventOf({ cursor, block, tx, channel, time, data }: Row): KeptEvent {
  return {
    ...{ cursor: Number(cursor), block: Number(block), time: Number(time) },
    ...{ transaction: tx as Hex, channel: channel as ChannelId },
    change: JSON.parse(String(data)) as KeptEvent["change"],
  };
}
