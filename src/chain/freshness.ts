/** What a node knows of how new its view of the chain is. */
export interface View {
  /** Null: the view is fresh; else in one sentence why it is not. */
  readonly stale: string | null;
}

export interface FreshnessOptions {
  /** The newest block may be so old, and the chain so long unreadable; null: never stale. */
  readonly staleMs: number | null;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/**
 * Judges by the machine's clock whether the chain goes on before our eyes [NODE-8]. It only stops new locks: what a
 * lock is worth is decided by the chain's time alone.
 */
export class Freshness {
  readonly #options: FreshnessOptions;
  #readAt: number;

  constructor(options: FreshnessOptions) {
    this.#options = options;
    this.#readAt = options.now();
  }

  /** The chain was read; `time`: of its newest block, in Unix seconds. */
  read(time: number): View {
    const { staleMs, now } = this.#options;
    this.#readAt = now();
    const age = this.#readAt - time * 1000;
    if (staleMs === null || age <= staleMs) return { stale: null };
    return { stale: `its newest block is ${seconds(age)} s old, more than ${seconds(staleMs)} s` };
  }

  /** It could not be read. */
  failed(reason: string): View {
    const { staleMs, now } = this.#options;
    const age = now() - this.#readAt;
    if (staleMs === null || age <= staleMs) return { stale: null };
    return {
      stale: `it could not be read for ${seconds(age)} s, more than ${seconds(staleMs)} s: ${reason}`,
    };
  }
}

const seconds = (ms: number): number => Math.round(ms / 1000);
