import type { Change, Update } from "./messages.ts";
import type {
  Address,
  Amount,
  ChannelId,
  Deposits,
  Domain,
  LaneState,
  Lock,
  LockId,
  PaymentTag,
  Seq,
  Signature,
} from "./types.ts";

/** Weight of the locks that one lane may carry [LOCK-3]; the contract has the same constant. */
export const MAX_LOCK_WEIGHT = 512;
/** Own states that change anything but `ack` and are not yet acknowledged [NODE-6]. */
export const WINDOW_STATES = 64;
/** Encoded changes that are not yet acknowledged [NODE-6]: 1 MiB with the rest of their message. */
export const WINDOW_BYTES = (1 << 20) - 256;
/** Updates kept until their base arrives [LANE-1]. */
export const MAX_EARLY_UPDATES = 64;
/** Accepted states that a later update may name as its base [LANE-1]. */
export const MAX_BASES = 64;

/** What a lane is judged by; the payer's must never be laxer than the payee's. */
export interface LaneTerms {
  readonly channel: ChannelId;
  readonly domain: Domain;
  /** Whose key signs the lane. */
  readonly payer: Address;
  /** The payer's deposit that counts for spending [LANE-5]. */
  readonly deposit: bigint;
  readonly reserve: Amount;
  /**
   * The payer's deposit by which both ends find out when the reserve begins to bind. Must be the same number at both
   * ends for the same state: that of the `opened` fact always is.
   */
  readonly reserveBasis: bigint;
}

/** An own state with the update that carried it. */
export interface OwnState {
  readonly update: Update;
  readonly state: LaneState;
}

/** The lane that we sign. */
export interface OwnLane {
  readonly newest: LaneState;
  /** Newest state that the peer has acknowledged; it and all later ones are kept with their lists [NODE-6]. */
  readonly acked: LaneState;
  /** Every state after `acked`, oldest first. */
  readonly tail: readonly OwnState[];
  /** Changes for the next state, in order. */
  readonly queue: readonly Change[];
  readonly nextLockId: LockId;
  readonly reserveBinds: boolean;
  /** Sum of the locks of `newest`. */
  readonly locked: Amount;
  /** Weight of the locks of `newest` [LOCK-3]. */
  readonly weight: number;
  /** Sum of the locks that were dropped in `tail`: they count until the peer has acknowledged that [LANE-2]. */
  readonly unackedDrops: Amount;
  /** Amounts of the payments and locks in `queue`, with the locks' rents. */
  readonly queuedSpend: Amount;
  /** Weight of the locks in `queue`. */
  readonly queuedWeight: number;
}

/** An accepted state that a later update may name as its base; its locks are those of the newest. */
export interface Base {
  readonly seq: Seq;
  readonly sent: Amount;
  /** Direct payments that came with it, after the base before it in the list. */
  readonly pays: readonly Pay[];
}

/** The lane that the peer signs and we hold. */
export interface HeldLane {
  readonly newest: LaneState;
  /** The payer's signature on `newest`; null for seq 0. */
  readonly signature: Signature | null;
  /** `newest` and, oldest first, what came before it since the last change of locks. */
  readonly bases: readonly Base[];
  /** Newest accepted state that changed more than `ack`: we owe an acknowledgement if ours is below it [NODE-6]. */
  readonly changedAt: Seq;
  /** Updates whose base has not arrived, unchecked, in order of seq. */
  readonly early: readonly Update[];
  /** An update that is valid but for our view of the chain [LANE-4]; the caller bounds its time. */
  readonly waiting: Update | null;
  readonly lastLockId: LockId;
  /** Locks of `newest` that we gave back, in order of id. */
  readonly failing: readonly LockId[];
  /** Locks that the payer dropped, which count until we have acknowledged that [LANE-2]. */
  readonly drops: readonly Drop[];
  readonly reserveBinds: boolean;
  /** Sum of the locks of `newest`. */
  readonly locked: Amount;
  /** Weight of the locks of `newest` [LOCK-3]. */
  readonly weight: number;
}

export interface Drop {
  readonly seq: Seq;
  readonly amount: Amount;
}

export interface Pay {
  readonly kind: "pay";
  readonly amount: Amount;
  readonly tag: PaymentTag;
}

/** A change as it took effect; a removed lock comes with its terms. */
export type Effect =
  | Pay
  | Extract<Change, { kind: "add" }>
  | { readonly kind: "win" | "drop" | "expire"; readonly id: LockId; readonly lock: Lock };

/**
 * What our final block says about a lock [NODE-4]: `dead` if its time is at or past the expiry and no record was made
 * in time, `recorded` if one was, `open` otherwise.
 */
export type LockFate = "open" | "dead" | "recorded";

/** Why a state that the peer signed is not accepted. Values are what was found, then what it was held against. */
export type LaneRefusal =
  | { readonly rule: "LANE-1"; readonly code: "ack_fell"; readonly ack: Seq; readonly was: Seq }
  | { readonly rule: "LANE-1"; readonly code: "ack_not_signed"; readonly ack: Seq; readonly signed: Seq }
  | { readonly rule: "LANE-1"; readonly code: "sent_fell"; readonly sent: Amount; readonly was: Amount }
  /** A state that skips numbers, or a base that is not the newest, may only add direct payments. */
  | { readonly rule: "LANE-1"; readonly code: "skip_changes_locks"; readonly seq: Seq; readonly base: Seq }
  /** A direct payment that an accepted state after the base holds is missing. */
  | { readonly rule: "LANE-1"; readonly code: "payment_lost"; readonly tag: PaymentTag; readonly base: Seq }
  | {
      readonly rule: "LANE-2";
      readonly code: "insolvent";
      readonly needed: Amount;
      readonly available: bigint;
    }
  | { readonly rule: "LANE-3"; readonly code: "not_failed"; readonly id: LockId }
  | { readonly rule: "LANE-3"; readonly code: "not_dead"; readonly id: LockId; readonly expiry: number }
  | { readonly rule: "LANE-3"; readonly code: "recorded_in_time"; readonly id: LockId }
  | {
      readonly rule: "LOCK-3";
      readonly code: "too_many_locks";
      readonly weight: number;
      readonly limit: number;
    };

/** Why nothing shows that the payer signed a state [LANE-4]. */
export type ForgedWhy =
  | "wrong_signer"
  /** The changes cannot be applied to the base: there is no body that the signature could be of. */
  | "unknown_lock"
  | "lock_id_not_growing"
  | "sent_overflow"
  /** Older than the last accepted change of locks, or than we keep. */
  | "base_too_old"
  | "base_not_below_seq";

/** 1 % of what both sides brought at opening, rounded up. */
export function reserveOf(opened: Deposits): Amount {
  return (opened.A + opened.B + 99n) / 100n;
}

const EMPTY: LaneState = { seq: 0, sent: 0n, ack: 0, locks: [] };

/** The lane that we sign, at seq 0. */
export function newOwnLane(terms: Pick<LaneTerms, "reserve" | "reserveBasis">): OwnLane {
  return {
    newest: EMPTY,
    acked: EMPTY,
    tail: [],
    queue: [],
    nextLockId: 1,
    reserveBinds: terms.reserveBasis >= terms.reserve,
    locked: 0n,
    weight: 0,
    unackedDrops: 0n,
    queuedSpend: 0n,
    queuedWeight: 0,
  };
}

/** The lane that the peer signs, at seq 0. */
export function newHeldLane(terms: Pick<LaneTerms, "reserve" | "reserveBasis">): HeldLane {
  return {
    newest: EMPTY,
    signature: null,
    bases: [{ seq: 0, sent: 0n, pays: [] }],
    changedAt: 0,
    early: [],
    waiting: null,
    lastLockId: 0,
    failing: [],
    drops: [],
    reserveBinds: terms.reserveBasis >= terms.reserve,
    locked: 0n,
    weight: 0,
  };
}
