import type { ChainListener, ChainPort, ChainProblem } from "../chain/port.ts";
import { HashlaneError } from "../protocol/error.ts";
import type { Input } from "../protocol/inputs.ts";
import type { NodeState } from "../protocol/node/state.ts";
import type { Context } from "../protocol/node/work.ts";
import type { Notice, Output } from "../protocol/outputs.ts";
import type { NodeId } from "../protocol/types.ts";
import type { Log } from "../store/port.ts";
import type { Transport, TransportListener } from "../transport/port.ts";
import { failureOf, Loop, type Entry } from "./loop.ts";
import type { Replayed } from "./replay.ts";

export interface EngineParts {
  readonly ctx: Context;
  readonly log: Log;
  readonly replayed: Replayed;
  readonly snapshotEvery: number;
  readonly transport: Transport;
  readonly chain: ChainPort;
  readonly peers?: readonly { readonly id: NodeId; readonly address: string }[];
  readonly onProblem?: (problem: string) => void;
}

export interface EngineEvents {
  onNotice(notice: Notice): void;
  /** The node is down; null if it was asked to stop. */
  onEnd(failure: HashlaneError | null): void;
}

/** Feeds the loop from the chain and the peers, and carries its outputs to them. */
export class Engine {
  readonly #parts: EngineParts;
  readonly #loop: Loop;
  readonly #durable = new Set<() => void>();
  #events: EngineEvents | null = null;
  #ending: Promise<void> | null = null;
  #onFirstHead: () => void = () => undefined;

  constructor(parts: EngineParts) {
    this.#parts = parts;
    this.#loop = new Loop({
      ...parts,
      perform: (output) => this.#perform(output),
      onDurable: () => this.#durable.forEach((listener) => listener()),
      onFailure: (error) => void this.#end(error),
    });
  }

  get state(): NodeState {
    return this.#loop.state;
  }

  get transport(): Transport {
    return this.#parts.transport;
  }

  get ctx(): Context {
    return this.#parts.ctx;
  }

  /** Calls each time that a batch has become durable, until the returned function is called. */
  onDurable(listener: () => void): () => void {
    this.#durable.add(listener);
    return () => void this.#durable.delete(listener);
  }

  listen(events: EngineEvents): void {
    this.#events = events;
  }

  /** False if the node is down or going down. */
  push(entry: Entry): boolean {
    return this.#ending === null && this.#loop.push(entry);
  }

  /**
   * Resolves when the node knows the chain's time and takes connections. `consult` is called before anything is sent
   * to the chain if the store knows of channels, and before anything is said to peers; what it rejects with ends it.
   */
  async connect(consult?: () => Promise<void>): Promise<void> {
    const { chain, transport, replayed, peers = [] } = this.#parts;
    const gone = [...this.state.connected.keys()].map((peer): Input => ({ kind: "disconnected", peer }));
    if (gone.length > 0) this.push({ inputs: gone });
    if (this.state.channels.size > 0) await consult?.();
    const firstHead = new Promise<void>((resolve) => (this.#onFirstHead = resolve));
    await chain.start(replayed.cursor, this.#chainListener());
    if (replayed.cursor === null) {
      await firstHead;
      await consult?.();
    }
    if (this.#ending !== null) return;
    await transport.start(this.#transportListener());
    for (const { id, address } of peers) transport.connect(id, address);
  }

  /** Takes nothing more in, finishes what has come in, and leaves a snapshot. */
  async stop(): Promise<void> {
    await this.#end(null);
  }

  #end(failure: HashlaneError | null): Promise<void> {
    this.#ending ??= this.#shutDown(failure);
    return this.#ending;
  }

  /** Never rejects: what went wrong goes to `onEnd`. */
  async #shutDown(failure: HashlaneError | null): Promise<void> {
    this.#onFirstHead();
    const { chain, transport, log } = this.#parts;
    let outcome = failure;
    for (const part of [chain, transport, this.#loop, { stop: () => log.close() }]) {
      try {
        await part.stop();
      } catch (error) {
        outcome ??= failureOf(error);
      }
    }
    this.#events?.onEnd(outcome);
  }

  #perform(output: Output): void {
    switch (output.kind) {
      case "send":
        // One that is away now says where it stands when it is back.
        this.#parts.transport.send(output.to, output.message);
        return;
      case "submit":
        return this.#parts.chain.submit(output.transaction);
      case "notice":
        return this.#events?.onNotice(output.notice);
    }
  }

  #chainListener(): ChainListener {
    return {
      onReport: ({ facts, cursor }) => {
        const inputs = facts.map((fact): Input => ({ kind: "chain", fact }));
        this.push({ inputs, cursor, onDone: () => this.#onFirstHead() });
      },
      onProblem: (problem) => this.#onChainProblem(problem),
      onView: (stale) => {
        if (stale !== null) {
          this.#parts.onProblem?.(`the view of the chain is stale: ${stale}; nothing new is locked`);
        }
        if ((stale !== null) === this.state.isViewStale) return;
        this.push({ inputs: [{ kind: "view", isStale: stale !== null }] });
      },
    };
  }

  #onChainProblem(problem: ChainProblem): void {
    this.#parts.onProblem?.(problem.message);
    if (problem.kind !== "finalBlockReplaced") return;
    void this.#end(
      new HashlaneError("chain_failed", {
        failed: "a block that was taken for final is not in the chain any more, and this node acted on it",
        given: { block: problem.cursor.number, hash: problem.cursor.hash },
        next:
          "Check that the node talks to the right chain. If it does, start it from a new directory with more " +
          "confirmations and leave its channels by agreement.",
      }),
    );
  }

  #transportListener(): TransportListener {
    return {
      onConnected: (peer) => void this.push({ inputs: [{ kind: "connected", peer }] }),
      onDisconnected: (peer, why) => {
        this.#parts.onProblem?.(`the connection with ${peer} ended: ${why}`);
        this.push({ inputs: [{ kind: "disconnected", peer }] });
      },
      onMessage: (from, message, done) =>
        void this.push({ inputs: [{ kind: "message", from, message }], onDone: done }),
      onProblem: (problem) => this.#parts.onProblem?.(problem),
    };
  }
}
