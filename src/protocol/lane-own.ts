import type { Crypto, Signer } from "./crypto.ts";
import type { Effect, HeldLane, LaneTerms, OwnLane } from "./lane.ts";
import type { Change, Update } from "./messages.ts";
import type { Amount, Body, LaneState, Lock, LockId, Seq } from "./types.ts";

/** What may still be spent: `free` over all kinds, `weight` for further locks. */
export interface Spendable {
  readonly free: Amount;
  readonly weight: number;
}

/** [LANE-2] [LOCK-3] with everything that is queued; `free` is never negative. `held` is the peer's lane of the channel. */
export declare function spendable(own: OwnLane, held: HeldLane, terms: LaneTerms): Spendable;

/** Whether a direct payment or a lock of this amount fits now. */
export declare function canSpend(
  own: OwnLane,
  held: HeldLane,
  terms: LaneTerms,
  amount: Amount,
  as: "pay" | "lock",
): boolean;

/** Queues a change for the next state; a removal of a lock that is not there or is being removed already is left out. */
export declare function enqueue(own: OwnLane, change: Exclude<Change, { kind: "add" }>): OwnLane;

/** Queues a lock under the next id. */
export declare function enqueueLock(
  own: OwnLane,
  lock: Lock,
  packet: Uint8Array,
): { readonly own: OwnLane; readonly id: LockId };

/** Takes changes out of the queue again; nothing of them was signed. */
export declare function withdraw(
  own: OwnLane,
  unwanted: (change: Change) => boolean,
): { readonly own: OwnLane; readonly withdrawn: readonly Change[] };

/** Whether a state of the peer that changed more than `ack` is not acknowledged yet [NODE-6]. */
export declare function owesAck(own: OwnLane, held: HeldLane): boolean;

export interface Made {
  readonly own: OwnLane;
  readonly update: Update;
  readonly body: Body;
  readonly effects: readonly Effect[];
}

/**
 * The next state with all queued changes that the window and the balance allow, acknowledging all that we hold;
 * null if there is nothing to change and no acknowledgement is owed. What does not fit stays queued.
 */
export declare function makeUpdate(
  own: OwnLane,
  held: HeldLane,
  terms: LaneTerms,
  ctx: { readonly crypto: Crypto; readonly signer: Signer },
): Made | null;

/** The peer's ack has grown to `ack`: forgets what it covers and tells what that was [NODE-4] [NODE-6]. */
export declare function acknowledged(
  own: OwnLane,
  ack: Seq,
): { readonly own: OwnLane; readonly covered: readonly Effect[] };

/** An own state by its number, from the peer's last ack on; null if it is older or not signed yet. */
export declare function ownStateAt(own: OwnLane, seq: Seq): LaneState | null;

export type Resend =
  | { readonly kind: "updates"; readonly updates: readonly Update[] }
  /** The peer holds less than it has acknowledged: it lost data. */
  | { readonly kind: "peerLostData"; readonly acked: Seq }
  /** The peer holds more than we know to have signed: if its proof is right, we lost data (section 3.5). */
  | { readonly kind: "weLostData"; readonly newest: Seq };

/** What the peer lacks after a reconnection, in order, byte for byte as first sent. */
export declare function resend(own: OwnLane, peerHeldSeq: Seq): Resend;
