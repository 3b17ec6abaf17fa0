import type { Hex } from "../../src/protocol/types.ts";
import { ZERO_WORD } from "./words.ts";

/** What the contracts know, as plain objects. All numbers are bigints. */

export interface Params {
  readonly ownerA: Hex;
  readonly ownerB: Hex;
  readonly signerA: Hex;
  readonly signerB: Hex;
  readonly token: Hex;
  readonly challengePeriod: bigint;
  readonly recoveryPeriod: bigint;
  readonly salt: bigint;
}

export interface LaneState {
  readonly seq: bigint;
  readonly ack: bigint;
  readonly sent: bigint;
  readonly locksRoot: Hex;
}

/** What is remembered of a channel that is closing. In each lane `locksRoot` is that of the undecided locks. */
export interface Closing {
  readonly depositA: bigint;
  readonly depositB: bigint;
  readonly closerIsB: boolean;
  readonly humble: boolean;
  readonly theirsShown: boolean;
  readonly answeredShown: boolean;
  /** Bits of the terms that have no meaning: zero in every true record. */
  readonly spare: bigint;
  readonly paidA: bigint;
  readonly paidB: bigint;
  readonly own: LaneState;
  readonly theirs: LaneState;
  /** All zero if there was no answer. */
  readonly answered: LaneState;
}

export interface OpenPhase {
  readonly kind: "open";
  readonly isEth: boolean;
  readonly resizes: bigint;
  readonly depositA: bigint;
  readonly depositB: bigint;
  /** Whether this life has used up the consent of the side's owner. */
  readonly consentedA: boolean;
  readonly consentedB: boolean;
}

export interface ClosingPhase {
  readonly kind: "closing";
  readonly deadline: bigint;
  readonly record: Closing;
}

export type Phase = { readonly kind: "ended" } | OpenPhase | ClosingPhase;

export interface Channel {
  readonly life: bigint;
  readonly phase: Phase;
}

export interface Checkpoint {
  readonly time: bigint;
  readonly index: bigint;
}

export const NEVER_OPENED: Channel = { life: 0n, phase: { kind: "ended" } };
export const INITIAL_LANE: LaneState = { seq: 0n, ack: 0n, sent: 0n, locksRoot: ZERO_WORD };

/** As errors name them. */
export const PHASE_NUMBERS = { ended: 0n, open: 1n, closing: 2n } as const;

export function sameLane(left: LaneState, right: LaneState): boolean {
  return (
    left.seq === right.seq &&
    left.ack === right.ack &&
    left.sent === right.sent &&
    left.locksRoot === right.locksRoot
  );
}

export function sameRecord(left: Closing, right: Closing): boolean {
  return (
    left.depositA === right.depositA &&
    left.depositB === right.depositB &&
    left.closerIsB === right.closerIsB &&
    left.humble === right.humble &&
    left.theirsShown === right.theirsShown &&
    left.answeredShown === right.answeredShown &&
    left.spare === right.spare &&
    left.paidA === right.paidA &&
    left.paidB === right.paidB &&
    sameLane(left.own, right.own) &&
    sameLane(left.theirs, right.theirs) &&
    sameLane(left.answered, right.answered)
  );
}
