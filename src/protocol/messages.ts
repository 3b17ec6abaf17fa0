import type { OpeningRefusal } from "./liquidity-terms.ts";
import type {
  Address,
  Amount,
  ChannelId,
  Deposits,
  Body,
  LaneState,
  LockId,
  Lock,
  Params,
  PaymentTag,
  Secret,
  Seq,
  Signature,
  SignedPolicy,
} from "./types.ts";

/** What a payer changes in its lane; any number of changes make one state (section 3.4). */
export type Change =
  /** A direct payment: raises `sent`. */
  | { readonly kind: "pay"; readonly amount: Amount; readonly tag: PaymentTag }
  /** A new lock; `packet` tells the payee what to do with it. */
  | {
      readonly kind: "add";
      readonly id: LockId;
      readonly lock: Lock;
      readonly packet: Uint8Array;
      /** Raises `sent` at once, and is not given back [FEE-2]; left out if there is none. */
      readonly rent?: Amount;
    }
  /** The lock was won: its amount moves to `sent`. */
  | { readonly kind: "win"; readonly id: LockId }
  /** The payee failed the lock. */
  | { readonly kind: "drop"; readonly id: LockId }
  /** The lock is dead by [NODE-4]. */
  | { readonly kind: "expire"; readonly id: LockId };

/** A signed state, as the changes that lead to it from the state `base` [LANE-1] [LANE-3]. */
export interface Update {
  readonly kind: "update";
  readonly channel: ChannelId;
  readonly base: Seq;
  readonly seq: Seq;
  readonly ack: Seq;
  readonly changes: readonly Change[];
  readonly signature: Signature;
}

/** What a node asks for bringing money into a channel with the other. */
export type QuoteMessage =
  | { readonly kind: "quoteAsk"; readonly token: Address; readonly amount: Amount }
  | {
      readonly kind: "quote";
      readonly token: Address;
      readonly amount: Amount;
      /** Null: it would. */
      readonly refusal: OpeningRefusal | null;
      readonly fee: Amount;
      /** For which it means to leave its money there. */
      readonly seconds: number;
      readonly least: Amount;
      readonly most: Amount;
    };
/** A state with its list and its payer's signature. */
export interface SignedState {
  readonly state: LaneState;
  readonly signature: Signature;
}

export type Message =
  | Update
  | QuoteMessage
  /** The sender wants the receiver to bring its amount into a channel of both, for the fee. */
  | {
      readonly kind: "openAsk";
      readonly params: Params;
      readonly life: number;
      readonly amounts: Deposits;
      readonly fee: Amount;
      readonly validUntil: number;
      /** On the first state of the sender's lane, which pays the fee; null if there is none. */
      readonly signature: Signature | null;
    }
  /** FundingConsent of the sender's owner: the receiver may bring the sender's money in, with its own. */
  | { readonly kind: "openConsent"; readonly channel: ChannelId; readonly signature: Signature }
  | { readonly kind: "openDecline"; readonly channel: ChannelId; readonly refusal: OpeningRefusal }
  /** The payee shows the witness and asks for the lock to be won. */
  | { readonly kind: "fulfil"; readonly channel: ChannelId; readonly id: LockId; readonly secret: Secret }
  /** The payee gives the lock back; null if it could not read the packet, and so has no key to hide a reason with. */
  | {
      readonly kind: "fail";
      readonly channel: ChannelId;
      readonly id: LockId;
      readonly failure: Uint8Array | null;
    }
  /** These deposits are final in the sender's view of the chain [LANE-5]. */
  | { readonly kind: "seen"; readonly channel: ChannelId; readonly deposits: Deposits }
  /** On connecting: newest own state, newest held state with the proof that its payer signed it (section 3.5). */
  | {
      readonly kind: "resume";
      readonly channel: ChannelId;
      readonly ownSeq: Seq;
      readonly heldSeq: Seq;
      /** Body and signature of the held state; absent for seq 0. */
      readonly held: { readonly body: Body; readonly signature: Signature } | null;
    }
  /**
   * One side lost data: the newest states of both lanes that the sender knows; null where it has none to show
   * [REC-2] [REC-3].
   */
  | {
      readonly kind: "recover";
      readonly channel: ChannelId;
      /** The sender lost data, and asks for what the receiver knows. */
      readonly lost: boolean;
      /** Of the sender's lane. */
      readonly own: SignedState | null;
      /** Of the receiver's lane. */
      readonly held: SignedState | null;
    }
  /** No new payment or lock from now on; pending ones are resolved [NODE-5]. */
  | { readonly kind: "shutdown"; readonly channel: ChannelId }
  /** Both lanes are free of locks; nothing is signed or accepted any more [NODE-5]. */
  | { readonly kind: "stop"; readonly channel: ChannelId; readonly lastSeq: Seq; readonly heldSeq: Seq }
  /** Signature on the CooperativeClose that follows from the two stopped states. */
  | {
      readonly kind: "closing";
      readonly channel: ChannelId;
      /** Net amount from A to B. */
      readonly transfer: bigint;
      readonly validUntil: number;
      readonly signature: Signature;
    }
  /** The sender wants its deposit to fall, and has signed a Resize; `seq`: of its newest state then [NODE-7]. */
  | {
      readonly kind: "resize";
      readonly channel: ChannelId;
      readonly count: number;
      readonly changes: Deposits;
      readonly validUntil: number;
      readonly seq: Seq;
      readonly signature: Signature;
    }
  /** Signature on the Resize of this count that the receiver asked for. */
  | {
      readonly kind: "resizeAgreed";
      readonly channel: ChannelId;
      readonly count: number;
      readonly signature: Signature;
    }
  /** Gossip: a signed policy, passed on to every peer if it is new. */
  | { readonly kind: "policy"; readonly signed: SignedPolicy };
