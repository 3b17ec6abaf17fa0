import { ERRORS, errorOf } from "../errors.ts";
import { CALL_KINDS, type CallKind } from "../calls.ts";
import type { History, Step } from "./history.ts";

/** So many come to everything. */
const ENOUGH = 2000;
const LEAST_MEDIAN = 8;
const LEAST_SALTS = 20;

/** What histories are made of, so that a comparison which never came to a case is seen. */
export class Tally {
  #calls = 0;
  #done = 0;
  readonly #lengths: number[] = [];
  readonly #salts = new Set<bigint>();
  readonly #kinds = new Map<CallKind, { done: number; refused: number }>();
  readonly #errors = new Map<string, number>();
  readonly #events = new Map<string, number>();

  add({ steps }: History): void {
    this.#lengths.push(steps.length);
    for (const step of steps) this.#addStep(step);
  }

  #addStep({ call, refusal, events }: Step): void {
    this.#calls++;
    const kind = this.#kinds.get(call.kind) ?? { done: 0, refused: 0 };
    if (refusal === null) {
      kind.done++;
      this.#done++;
    } else {
      kind.refused++;
      count(this.#errors, refusal.message === "" ? "(without a word)" : refusal.message);
    }
    this.#kinds.set(call.kind, kind);
    if ("params" in call) this.#salts.add(call.params.salt);
    for (const { name, values } of events) {
      count(this.#events, name);
      const [, reason] = values;
      if (name === "Skipped" && reason instanceof Uint8Array)
        count(this.#errors, `skipped: ${errorOf(reason)}`);
    }
  }

  /** What these histories lack although there are enough of them to come to everything. */
  gaps(): readonly string[] {
    if (this.#lengths.length < ENOUGH) return [];
    const neverDone = CALL_KINDS.filter((kind) => (this.#kinds.get(kind)?.done ?? 0) === 0);
    const isShort = this.#median() < LEAST_MEDIAN;
    return [
      ...ERRORS.filter((name) => !this.#errors.has(name)),
      ...neverDone,
      ...(isShort ? [`a median of ${LEAST_MEDIAN} calls`] : []),
      ...(this.#salts.size < LEAST_SALTS ? [`${LEAST_SALTS} salts`] : []),
    ];
  }

  #median(): number {
    return this.#lengths.toSorted((a, b) => a - b)[this.#lengths.length >> 1] ?? 0;
  }

  lines(): readonly string[] {
    const share = ((100 * this.#done) / this.#calls).toFixed(1);
    const kinds = [...this.#kinds].map(([kind, { done, refused }]) => `${kind} ${done}+${refused}`);
    return [
      `${this.#lengths.length} histories of ${this.#calls} calls, ${this.#median()} in the median history, ${share} % carried out`,
      `calls, carried out + refused: ${kinds.toSorted().join(", ")}`,
      `errors: ${listOf(this.#errors)}`,
      `events: ${listOf(this.#events)}`,
      `salts: ${this.#salts.size}`,
    ];
  }
}

function count(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}

function listOf(counts: ReadonlyMap<string, number>): string {
  return [...counts]
    .toSorted(([left], [right]) => (left < right ? -1 : 1))
    .map(([name, times]) => `${name} ${times}`)
    .join(", ");
}
