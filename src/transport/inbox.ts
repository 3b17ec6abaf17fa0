import type { Limits } from "./limits.ts";
import { Quota } from "./quota.ts";
import type { Timers } from "./timers.ts";

export interface InboxParts {
  readonly limits: Limits;
  readonly timers: Timers;
  /** Deals with a frame, and calls `done` when that is over. */
  deliver(frame: Uint8Array, done: () => void): void;
  /** Reading may go on. */
  onRoom(): void;
}

/** What a peer said and is not dealt with: bounded by its bytes, and by how much comes in a second. */
export class Inbox {
  readonly #parts: InboxParts;
  readonly #quota: Quota;
  /** Those that were under way when reading stopped: no more than one chunk and one frame. */
  #held: Uint8Array[] = [];
  #waitingBytes = 0;
  #isDelivering = false;
  #isStopped = false;

  constructor(parts: InboxParts) {
    this.#parts = parts;
    this.#quota = new Quota(parts.timers, parts.limits.quotaBytes, () => this.#goOn());
  }

  get isFull(): boolean {
    return this.#waitingBytes > this.#parts.limits.inboxBytes || this.#quota.isSpent;
  }

  push(frame: Uint8Array): void {
    this.#held.push(frame);
    this.#deliver();
  }

  stop(): void {
    this.#isStopped = true;
    this.#held = [];
    this.#quota.stop();
  }

  #goOn(): void {
    if (this.isFull || this.#isStopped) return;
    this.#deliver();
    // eslint-disable-next-line @typescript-eslint/no-unnecessary-condition -- delivering may fill it again, or end it all
    if (!this.isFull && !this.#isStopped) this.#parts.onRoom();
  }

  #deliver(): void {
    if (this.#isDelivering) return;
    this.#isDelivering = true;
    let at = 0;
    while (at < this.#held.length && !this.isFull && !this.#isStopped) {
      const frame = this.#held[at++];
      if (frame !== undefined) this.#deliverOne(frame);
    }
    this.#held = this.#held.slice(at);
    this.#isDelivering = false;
  }

  #deliverOne(frame: Uint8Array): void {
    const { length } = frame;
    this.#waitingBytes += length;
    this.#quota.take(length);
    let waits = true;
    this.#parts.deliver(frame, () => {
      if (!waits) return;
      waits = false;
      this.#waitingBytes -= length;
      if (!this.#isDelivering) this.#goOn();
    });
  }
}
