import type { Event } from "../api/views.ts";
import type { HashlaneNode } from "../node/hashlane-node.ts";
import { ZERO_ADDRESS } from "../protocol/checked.ts";
import type { Notice } from "../protocol/outputs.ts";
import type { Address, ChannelId, PaymentHash } from "../protocol/types.ts";
import type { Assets } from "./assets.ts";
import { describe, isOfLock, isTold, type EventLog, type Tokens, type Told } from "./events.ts";
import { insertReceived } from "./received.ts";
import { textOf, type Journal } from "./journal.ts";

/** Brings what the node notices into the journal, in one transaction for each turn, before anybody is told. */
export class Recorder {
  readonly #journal: Journal;
  readonly #events: EventLog;
  readonly #assets: Assets;
  readonly #tokens: Tokens;
  readonly #ofChannel = new Map<ChannelId, Address>();
  #node: HashlaneNode | null = null;
  #waiting: Told[] = [];
  #scheduled = false;
  /** Of each kind since the start, for the metrics. */
  readonly counts = new Map<string, number>();

  readonly #keepsLocks: boolean;

  /** `keepsLocks`: single locks are events too. */
  constructor(journal: Journal, events: EventLog, assets: Assets, keepsLocks: boolean) {
    this.#journal = journal;
    this.#keepsLocks = keepsLocks;
    this.#events = events;
    this.#assets = assets;
    const ofRow = (table: "payments" | "invoices") => (hash: PaymentHash) =>
      (textOf(journal.first(`SELECT token FROM ${table} WHERE hash = ?`, hash)?.token) ??
        ZERO_ADDRESS) as Address;
    this.#tokens = {
      ofChannel: (channel) => this.#ofChannel.get(channel) ?? ZERO_ADDRESS,
      ofPayment: ofRow("payments"),
      ofInvoice: ofRow("invoices"),
    };
  }

  onNotice(notice: Notice): void {
    this.counts.set(notice.kind, (this.counts.get(notice.kind) ?? 0) + 1);
    if (!isTold(notice) || (!this.#keepsLocks && isOfLock(notice))) return;
    if ("channel" in notice && !this.#ofChannel.has(notice.channel)) this.#learnTokens();
    this.#waiting.push(notice);
    this.#schedule();
  }

  /** What was noticed before the node was handed out is recorded now. */
  attach(node: HashlaneNode): void {
    this.#node = node;
    this.#learnTokens();
    this.flush();
  }

  flush(): void {
    this.#scheduled = false;
    const notices = this.#waiting;
    if (notices.length === 0) return;
    this.#waiting = [];
    const events: Event[] = [];
    this.#journal.transaction(() => {
      for (const notice of notices) {
        this.#updatePayment(notice);
        if (notice.kind === "spontaneousReceived") this.#keepReceived(notice);
        const { kind, data } = describe(notice, this.#tokens, this.#assets);
        events.push(this.#events.add(kind, data));
      }
    });
    for (const event of events) this.#events.publish(event);
  }

  /** An ended channel is gone from the node's list. */
  #learnTokens(): void {
    for (const { channel, token } of this.#node?.channels() ?? []) this.#ofChannel.set(channel, token);
  }

  #schedule(): void {
    if (this.#scheduled || this.#node === null) return;
    this.#scheduled = true;
    setImmediate(() => this.flush());
  }

  #keepReceived({ hash, token, amount, text }: Extract<Told, { kind: "spontaneousReceived" }>): void {
    const now = this.#node?.head().time ?? 0;
    insertReceived(this.#journal, { hash, token, amount, text }, now);
  }

  #updatePayment(notice: Told): void {
    const now = new Date().toISOString();
    if (notice.kind === "paymentSucceeded") {
      const { hash, secret, fee, rent } = notice;
      this.#journal.run(
        `UPDATE payments SET status = 'succeeded', proof = ?, fee = ?, rent = ?, ended = ?
         WHERE hash = ? AND status IN ('started', 'pending')`,
        ...[secret, fee.toString(), rent.toString(), now, hash],
      );
    } else if (notice.kind === "paymentFailed") {
      const { hash, code, message, rent } = notice;
      this.#journal.run(
        `UPDATE payments SET status = 'failed', code = ?, message = ?, rent = ?, ended = ?
         WHERE hash = ? AND status IN ('started', 'pending')`,
        ...[code, message, rent.toString(), now, hash],
      );
    } else if (notice.kind === "paymentSent") {
      this.#journal.run(
        "UPDATE payments SET status = 'pending' WHERE hash = ? AND status = 'started'",
        notice.hash,
      );
    }
  }
}
