import type { Address, Side, UnixSeconds } from "../protocol/types.ts";

/** Base units as a decimal text, maybe negative: events are kept as plain JSON. */
export type Units = string;

/** What a closing record says, for people. */
export interface Declared {
  readonly closer: Side;
  readonly humble: boolean;
  readonly paidA: Units;
  readonly paidB: Units;
  /** The closer's lane as it declared it, the other side's, and the closer's as the other side answered. */
  readonly own: DeclaredLane;
  readonly theirs: DeclaredLane;
  readonly answered: DeclaredLane;
}

export interface DeclaredLane {
  readonly seq: number;
  readonly sent: Units;
  /** Whether locks are undecided. */
  readonly locked: boolean;
}

/** An event of a channel as the chain tells it, without what only its parties need. */
export type ChannelChange =
  | {
      readonly kind: "opened";
      readonly life: number;
      readonly ownerA: Address;
      readonly ownerB: Address;
      readonly signerA: Address;
      readonly signerB: Address;
      readonly token: Address;
      readonly challengeSeconds: number;
      readonly recoverySeconds: number;
      /** Decimal. */
      readonly salt: string;
      readonly depositA: Units;
      readonly depositB: Units;
    }
  | { readonly kind: "deposited"; readonly depositA: Units; readonly depositB: Units }
  | { readonly kind: "resized"; readonly count: number; readonly depositA: Units; readonly depositB: Units }
  | { readonly kind: "closing"; readonly deadline: UnixSeconds; readonly record: Declared }
  | { readonly kind: "answered"; readonly record: Declared }
  | { readonly kind: "settled"; readonly record: Declared }
  | { readonly kind: "ended"; readonly paidA: Units; readonly paidB: Units }
  | {
      readonly kind: "convicted";
      readonly closer: Side;
      readonly spoils: Units;
      readonly tower: Address;
      readonly reward: Units;
    };
