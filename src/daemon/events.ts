import type { Event } from "../api/views.ts";
import type { Notice } from "../protocol/outputs.ts";
import type { Address, ChannelId, PaymentHash } from "../protocol/types.ts";
import type { Assets } from "./assets.ts";
import { textOf, type Journal, type Row } from "./journal.ts";

/** Older ones are forgotten: whoever follows them must not be further behind. */
const MOST_EVENTS = 100_000;
const PRUNE_EVERY = 1000;

type Listener = (event: Event) => void;
/** Tells no one anything, or too much too often: a peer can make as many as it likes. */
type Silent =
  | "commandRefused"
  | "dropped"
  | "quoteAsked"
  | "quoted"
  | "openingAsked"
  | "openingAgreed"
  | "openingDeclined";
const SILENT: ReadonlySet<Notice["kind"]> = new Set<Silent>([
  ...(["commandRefused", "dropped", "quoteAsked", "quoted"] as const),
  ...(["openingAsked", "openingAgreed", "openingDeclined"] as const),
]);
export type Told = Exclude<Notice, { kind: Silent }>;

/** What happened, with cursors, over restarts. */
export class EventLog {
  readonly #journal: Journal;
  readonly #listeners = new Set<Listener>();

  constructor(journal: Journal) {
    this.#journal = journal;
  }

  get newest(): number {
    return Number(this.#journal.first("SELECT max(cursor) AS cursor FROM events")?.cursor ?? 0);
  }

  /** Durable with the transaction that it is part of; told by {@link publish}. */
  add(kind: string, data: Event["data"]): Event {
    const at = new Date().toISOString();
    const sql = "INSERT INTO events (at, kind, data) VALUES (?, ?, ?)";
    const cursor = this.#journal.run(sql, at, kind, JSON.stringify(data)).added;
    if (cursor % PRUNE_EVERY === 0)
      this.#journal.run("DELETE FROM events WHERE cursor <= ?", cursor - MOST_EVENTS);
    return { cursor, at, kind, data };
  }

  publish(event: Event): void {
    for (const listener of this.#listeners) listener(event);
  }

  /** Oldest first. */
  after(cursor: number, limit: number): readonly Event[] {
    const sql = "SELECT * FROM events WHERE cursor > ? ORDER BY cursor LIMIT ?";
    return this.#journal.all(sql, cursor, limit).map(eventOf);
  }

  on(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }
}

function eventOf({ cursor, at, kind, data }: Row): Event {
  return {
    cursor: Number(cursor),
    at: textOf(at) ?? "",
    kind: textOf(kind) ?? "",
    data: JSON.parse(textOf(data) ?? "{}") as Event["data"],
  };
}

/** Where an event's amounts get their asset from. */
export interface Tokens {
  ofChannel(channel: ChannelId): Address;
  ofPayment(hash: PaymentHash): Address;
  ofInvoice(hash: PaymentHash): Address;
}

/** `channelOpen` becomes `channel_open`; amounts get their asset; no witness is told. */
export function describe(notice: Told, tokens: Tokens, assets: Assets): Pick<Event, "kind" | "data"> {
  const { kind, ...values } = notice;
  const token = tokenOf(notice, tokens);
  const data = Object.entries(values)
    .filter(([name]) => name !== "secret" && name !== "index" && name !== "text")
    .map(([name, value]) => [name, typeof value === "bigint" ? assets.money(value, token) : value] as const);
  return {
    kind: kind.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
    data: Object.fromEntries(data),
  };
}

function tokenOf(notice: Told, tokens: Tokens): Address {
  switch (notice.kind) {
    case "paymentSent":
    case "partSent":
    case "paymentRetried":
    case "paymentSucceeded":
    case "paymentFailed":
      return tokens.ofPayment(notice.hash);
    case "invoicePaid":
    case "invoiceCreated":
    case "invoiceHeld":
    case "invoiceCancelled":
    case "secretLearned":
      return tokens.ofInvoice(notice.hash);
    case "spontaneousReceived":
      return notice.token;
    case "directReceived":
    case "directAcknowledged":
    case "lockAdded":
    case "lockWon":
    case "lockLost":
    case "channelOpen":
    case "channelUsable":
    case "decision":
    case "channelResized":
    case "withdrawalExpired":
    case "channelEnded":
      return tokens.ofChannel(notice.channel);
  }
}

/** What each lock makes on its way, at every hop. */
const OF_LOCKS: ReadonlySet<Notice["kind"]> = new Set<Notice["kind"]>([
  ...(["lockAdded", "lockWon", "lockLost", "secretLearned"] as const),
]);

export function isOfLock({ kind }: Notice): boolean {
  return OF_LOCKS.has(kind);
}

export function isTold(notice: Notice): notice is Told {
  return !SILENT.has(notice.kind);
}
