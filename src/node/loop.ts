import type { ChainCursor } from "../chain/port.ts";
import { HashlaneError } from "../protocol/error.ts";
import type { Input } from "../protocol/inputs.ts";
import type { NodeState } from "../protocol/node/state.ts";
import { runBatch, type Step } from "../protocol/node/step.ts";
import type { Context } from "../protocol/node/work.ts";
import type { Output } from "../protocol/outputs.ts";
import type { Log } from "../store/port.ts";
import { encodeRecord } from "./record.ts";
import { saveSnapshot, type Replayed } from "./replay.ts";

/** Inputs that belong in one batch, with what is to happen when they have been dealt with. */
export interface Entry {
  readonly inputs: readonly Input[];
  /** How far these facts bring the reading of the chain. */
  readonly cursor?: ChainCursor;
  /** The batch is durable, sent and submitted; its notices follow. `index`: of the first of the inputs in the batch. */
  readonly onDone?: (step: Step, index: number) => void;
}

export interface LoopParts {
  readonly ctx: Context;
  readonly log: Log;
  readonly replayed: Replayed;
  /** Records between two snapshots. */
  readonly snapshotEvery: number;
  perform(output: Output): void;
  /** A batch is durable, and its outputs are performed. */
  onDurable?(): void;
  /** Nothing more is done after this; what is on disk is right. */
  onFailure(error: HashlaneError): void;
}

/** Larger groups of inputs are split over batches, so that no single write grows without bound. */
const MAX_BATCH_INPUTS = 1024;

/** The heart of a node: take what has come in, run it, make it durable, and only then act on it [NODE-1]. */
export class Loop {
  readonly #parts: LoopParts;
  #state: NodeState;
  #cursor: ChainCursor | null;
  #behind: number;
  #queue: Entry[] = [];
  #running: Promise<void> | null = null;
  #ended = false;

  constructor(parts: LoopParts) {
    this.#parts = parts;
    this.#state = parts.replayed.state;
    this.#cursor = parts.replayed.cursor;
    this.#behind = parts.replayed.behind;
  }

  /** As of the last durable batch. */
  get state(): NodeState {
    return this.#state;
  }

  /** False if the loop has ended. */
  push(entry: Entry): boolean {
    if (this.#ended) return false;
    this.#queue.push(entry);
    this.#running ??= this.#run();
    return true;
  }

  /** Deals with what has come in, then leaves a snapshot. */
  async stop(): Promise<void> {
    while (this.#running !== null) await this.#running;
    if (this.#ended) return;
    this.#ended = true;
    if (this.#behind > 0) await saveSnapshot(this.#parts.log, this.#state, this.#cursor);
  }

  async #run(): Promise<void> {
    // What arrives in the same turn, such as the frames of one read, shares the first batch.
    await Promise.resolve();
    try {
      while (this.#queue.length > 0) await this.#runBatch(this.#takeEntries());
    } catch (error) {
      this.#ended = true;
      this.#queue = [];
      this.#parts.onFailure(failureOf(error));
    }
    this.#running = null;
  }

  #takeEntries(): readonly Entry[] {
    let inputs = 0;
    let count = 0;
    for (const entry of this.#queue) {
      inputs += entry.inputs.length;
      if (count > 0 && inputs > MAX_BATCH_INPUTS) break;
      count++;
    }
    return this.#queue.splice(0, count);
  }

  async #runBatch(entries: readonly Entry[]): Promise<void> {
    const { ctx, log, snapshotEvery } = this.#parts;
    const inputs = entries.flatMap((entry) => entry.inputs);
    const cursor = entries.findLast((entry) => entry.cursor !== undefined)?.cursor ?? null;
    const step = runBatch(this.#state, inputs, ctx);
    await log.append([encodeRecord({ inputs, signed: step.signed, cursor })]);
    this.#state = step.state;
    this.#cursor = cursor ?? this.#cursor;
    for (const output of step.outputs) if (output.kind !== "notice") this.#parts.perform(output);
    // Before the notices: whoever asked by a command must be ready for what comes of it in the same batch.
    let index = 0;
    for (const entry of entries) {
      entry.onDone?.(step, index);
      index += entry.inputs.length;
    }
    for (const output of step.outputs) if (output.kind === "notice") this.#parts.perform(output);
    this.#parts.onDurable?.();
    if (++this.#behind < snapshotEvery) return;
    await saveSnapshot(log, this.#state, this.#cursor);
    this.#behind = 0;
  }
}

export function failureOf(cause: unknown): HashlaneError {
  if (cause instanceof HashlaneError) return cause;
  return new HashlaneError(
    "node_failed",
    {
      failed: "the node met a fault of its own and stopped before it acted on anything that is not on disk",
      given: { reason: cause instanceof Error ? cause.message : String(cause) },
      next: "Keep its directory, report the fault with its stack, and start the node again.",
    },
    { cause },
  );
}
