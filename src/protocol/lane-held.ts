import type { Crypto } from "./crypto.ts";
import type { Effect, ForgedWhy, HeldLane, LaneRefusal, LaneTerms, LockFate, OwnLane } from "./lane.ts";
import type { Update } from "./messages.ts";
import type { Body, Lock, LockId, Seq, Signature } from "./types.ts";

/** What a received state is judged by. */
export interface HeldView {
  readonly crypto: Crypto;
  readonly terms: LaneTerms;
  /** Our own lane of the same channel. */
  readonly own: OwnLane;
  readonly fateOf: (lock: Lock) => LockFate;
}

export type Received =
  | { readonly kind: "accepted"; readonly held: HeldLane; readonly effects: readonly Effect[] }
  /** Not above what we hold, or there is no room for more updates that came early. */
  | { readonly kind: "ignored"; readonly why: "old" | "too_many_early" }
  /** Its base has not arrived; {@link takeEarly} gives it back when that has. */
  | { readonly kind: "early"; readonly held: HeldLane }
  /** Valid but for our view of the chain: kept in `held.waiting`, to be tried again with {@link retryWaiting} [LANE-4]. */
  | { readonly kind: "wait"; readonly held: HeldLane; readonly refusal: LaneRefusal }
  /** For good: the decision to close [NODE-5]. */
  | { readonly kind: "refused"; readonly refusal: LaneRefusal }
  /** Nothing shows that the payer signed this; dropped and counted. */
  | { readonly kind: "forged"; readonly why: ForgedWhy };

/** Judges an update of the peer's lane, signature first [LANE-1..4]. */
export declare function receiveUpdate(held: HeldLane, update: Update, view: HeldView): Received;

/** The next early update whose base is there now, taken out of the lane; null if there is none. */
export declare function takeEarly(held: HeldLane): { readonly held: HeldLane; readonly update: Update } | null;

/** Judges the waiting update again; null if none waits. */
export declare function retryWaiting(held: HeldLane, view: HeldView): Received | null;

/** We give a lock back: from now on the payer may drop it. Unknown ids change nothing. */
export declare function failLock(held: HeldLane, id: LockId): HeldLane;

/** Proof of the newest state, as `resume` shows it; null at seq 0. */
export declare function heldProof(
  crypto: Crypto,
  held: HeldLane,
): { readonly seq: Seq; readonly body: Body; readonly signature: Signature } | null;

/** One sentence with the values, for notices. */
export declare function describeRefusal(refusal: LaneRefusal): string;
