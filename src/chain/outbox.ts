import type { Due } from "../protocol/chain-facts.ts";
import type { Hex, UnixSeconds } from "../protocol/types.ts";
import type { Call } from "./call.ts";
import type { Fees } from "./fees.ts";

/** A transaction that was sent and is not final yet, as far as its account knows. */
export interface Posted {
  readonly nonce: number;
  /** Of the wish that it carries out; null if somebody else waits for it. */
  readonly key: string | null;
  readonly call: Call;
  readonly gasLimit: bigint;
  readonly due: Due | null;
  /** Newest offer; null if the node chose. */
  readonly fees: Fees | null;
  /** Time of the newest block when it was sent first. */
  readonly since: UnixSeconds;
  /** Newest block at its newest offer. */
  readonly atBlock: number;
  /** Of all its offers, of which one will be mined. */
  readonly hashes: readonly Hex[];
}

/**
 * Where an account keeps what it has sent, one for each number. Durable when `put` returns: what is about to leave is
 * put first, so that a restart finds it and sends nothing twice.
 */
export interface Outbox {
  all(): readonly Posted[];
  put(posted: Posted): void;
  remove(nonce: number): void;
}

export function memoryOutbox(): Outbox {
  const kept = new Map<number, Posted>();
  return {
    all: () => [...kept.values()].sort((a, b) => a.nonce - b.nonce),
    put: (posted) => void kept.set(posted.nonce, posted),
    remove: (nonce) => void kept.delete(nonce),
  };
}
