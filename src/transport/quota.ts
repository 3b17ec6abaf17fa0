import type { Timers } from "./timers.ts";

const WINDOW_MS = 1000;

/** How much of a peer is read in a second. */
export class Quota {
  readonly #timers: Timers;
  readonly #bytesPerSecond: number;
  readonly #onRefilled: () => void;
  #used = 0;
  #cancel: (() => void) | null = null;

  constructor(timers: Timers, bytesPerSecond: number, onRefilled: () => void) {
    this.#timers = timers;
    this.#bytesPerSecond = bytesPerSecond;
    this.#onRefilled = onRefilled;
  }

  get isSpent(): boolean {
    return this.#used >= this.#bytesPerSecond;
  }

  /** The second begins with the first bytes after a pause, so that an idle peer costs no timer. */
  take(bytes: number): void {
    this.#used += bytes;
    this.#cancel ??= this.#timers.after(WINDOW_MS, () => {
      this.#cancel = null;
      this.#used = 0;
      this.#onRefilled();
    });
  }

  stop(): void {
    this.#cancel?.();
  }
}
