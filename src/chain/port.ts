import type { ChainFact, Transaction } from "../protocol/chain-facts.ts";
import type { Hex } from "../protocol/types.ts";

/** The newest block whose facts were delivered: reading goes on after it. */
export interface ChainCursor {
  readonly number: number;
  /** Hash of that block: another one at the same height means that a final block was replaced. */
  readonly hash: Hex;
}

/** Facts of one or more whole blocks, in order, ending with the `head` of the newest. */
export interface ChainReport {
  readonly facts: readonly ChainFact[];
  readonly cursor: ChainCursor;
}

export type ChainProblem =
  /** Reading or sending failed for now; the port keeps trying. */
  | { readonly kind: "unreachable"; readonly message: string }
  /** Somebody else did it first, or made it impossible: no fault; the facts that tell so come when they are final. */
  | { readonly kind: "transactionOvertaken"; readonly key: string; readonly message: string }
  /** Refused, reverted or given up; the core asks again at a later `head` if it still wants it. */
  | { readonly kind: "transactionFailed"; readonly key: string; readonly message: string }
  /** It waits, and all that its budget allows is offered; or the account cannot pay for more. Nothing is given up. */
  | { readonly kind: "feeCapReached" | "fundsShort"; readonly key: string; readonly message: string }
  /** The block of the cursor is gone: what was taken for final was not. Nothing more is delivered. */
  | { readonly kind: "finalBlockReplaced"; readonly cursor: ChainCursor; readonly message: string };

export interface ChainListener {
  /** Each report once, in order; the receiver makes facts and cursor durable together. */
  onReport(report: ChainReport): void;
  onProblem(problem: ChainProblem): void;
  /** After the first look, and when it changes: null if the view of the chain is fresh, else why it is not [NODE-8]. */
  onView(stale: string | null): void;
}

/** The chain as a node sees it: final facts come in, transactions go out. */
export interface ChainPort {
  /**
   * Delivers every fact of the blocks after `from` (null: from the contract's first block).
   * Resolves once the chain answers and is the one that the port was made for; rejects otherwise.
   */
  start(from: ChainCursor | null, listener: ChainListener): Promise<void>;
  /** Takes the wish and returns; one whose `key` is under way is dropped. */
  submit(transaction: Transaction): void;
  /** Nothing is delivered afterwards; transactions that were sent stay sent. */
  stop(): Promise<void>;
}
