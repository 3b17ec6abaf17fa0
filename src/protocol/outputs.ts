import type { Transaction } from "./chain-facts.ts";
import type { Message } from "./messages.ts";
import type { FailCode } from "./onion/failure.ts";
import type { OpeningRefusal } from "./liquidity-terms.ts";
import type {
  Address,
  Amount,
  Body,
  ChannelId,
  Commitment,
  Deposits,
  NodeId,
  Params,
  PaymentHash,
  PaymentTag,
  Secret,
  Seq,
  Side,
  Signature,
} from "./types.ts";

/** Why a command was not carried out; nothing has changed. */
export interface Refusal {
  readonly code:
    | "unknown_channel"
    | "channel_not_open"
    | "not_enough_balance"
    | "no_route"
    | "fee_above_limit"
    | "invoice_malformed"
    | "view_stale"
    | "invoice_expired"
    | "invoice_wrong_chain"
    | "invoice_duplicate"
    | "already_paid"
    | "payment_under_way"
    | "own_invoice"
    | "bad_amount"
    | "channel_frozen"
    | "withdrawal_under_way"
    | "peer_not_connected"
    | "opening_impossible"
    | "not_lost"
    | "no_recovery_period"
    | "not_empty"
    | "unknown_invoice"
    | "invoice_not_held"
    | "invoice_ended"
    | "wrong_secret"
    | "unknown_payee"
    | "own_payment"
    | "tower_record_wrong"
    | "bad_text";
  /** What failed, with which values, what to do next. */
  readonly message: string;
}

/** What happened, for the program around the node; never needed for safety. */
export type Notice =
  | { readonly kind: "commandRefused"; readonly index: number; readonly refusal: Refusal }
  | {
      readonly kind: "invoiceCreated";
      readonly index: number;
      readonly hash: PaymentHash;
      readonly text: string;
    }
  | { readonly kind: "invoicePaid"; readonly hash: PaymentHash; readonly amount: Amount }
  /** All of it is here, and waits for the owner. */
  | {
      readonly kind: "invoiceHeld";
      readonly hash: PaymentHash;
      readonly amount: Amount;
      /** Given back by itself from then on. */
      readonly until: number;
    }
  | { readonly kind: "invoiceCancelled"; readonly hash: PaymentHash; readonly by: "owner" | "time" }
  /** A payment without an invoice is ours; `invoicePaid` follows when it has come. */
  | {
      readonly kind: "spontaneousReceived";
      readonly hash: PaymentHash;
      readonly token: Address;
      readonly amount: Amount;
      readonly text: string;
    }
  | {
      readonly kind: "paymentSent";
      readonly index: number;
      readonly hash: PaymentHash;
      /** Nodes on the way of the first part, payer and payee included. */
      readonly route: readonly NodeId[];
      readonly locked: Amount;
    }
  /** Another part of the same payment, over its own way. */
  | {
      readonly kind: "partSent";
      readonly hash: PaymentHash;
      readonly route: readonly NodeId[];
      readonly locked: Amount;
    }
  /** Over another route, or with new route keys: a hop had refused. */
  | {
      readonly kind: "paymentRetried";
      readonly hash: PaymentHash;
      readonly route: readonly NodeId[];
      readonly locked: Amount;
    }
  | {
      readonly kind: "paymentSucceeded";
      readonly hash: PaymentHash;
      readonly secret: Secret;
      readonly amount: Amount;
      readonly fee: Amount;
      /** Paid with all its locks, those that came back included [FEE-2]. */
      readonly rent: Amount;
    }
  | {
      readonly kind: "paymentFailed";
      readonly hash: PaymentHash;
      readonly code: FailCode | "expired" | "garbled_failure";
      /** Nodes of the route, one of which gave it back or spoilt the reason; none if nobody said anything. */
      readonly at: readonly NodeId[];
      /** Paid with its locks, and not given back [FEE-2]. */
      readonly rent: Amount;
      readonly message: string;
    }
  | {
      readonly kind: "directReceived";
      readonly channel: ChannelId;
      readonly amount: Amount;
      readonly tag: PaymentTag;
    }
  /** The payee's ack covers the direct payment: it is signed by both. */
  | {
      readonly kind: "directAcknowledged";
      readonly channel: ChannelId;
      readonly amount: Amount;
      readonly tag: PaymentTag;
    }
  | {
      readonly kind: "lockAdded";
      readonly channel: ChannelId;
      readonly direction: "out" | "in";
      /** What the lock commits to: for a chain lock the first link. */
      readonly hash: Commitment;
      readonly amount: Amount;
      readonly expiry: number;
    }
  | {
      readonly kind: "lockWon";
      readonly channel: ChannelId;
      readonly direction: "out" | "in";
      readonly hash: Commitment;
      readonly amount: Amount;
    }
  | {
      readonly kind: "lockLost";
      readonly channel: ChannelId;
      readonly direction: "out" | "in";
      readonly hash: Commitment;
      readonly amount: Amount;
    }
  | { readonly kind: "secretLearned"; readonly hash: PaymentHash; readonly from: "peer" | "chain" }
  | { readonly kind: "channelOpen"; readonly channel: ChannelId; readonly peer: NodeId }
  | { readonly kind: "channelUsable"; readonly channel: ChannelId; readonly peer: NodeId }
  /** By an agreement of both; by how much our deposit and the peer's have changed. */
  | {
      readonly kind: "channelResized";
      readonly channel: ChannelId;
      readonly ours: bigint;
      readonly theirs: bigint;
    }
  /** The peer did not agree, or the chain did not take it, in time: nothing has changed. */
  | { readonly kind: "withdrawalExpired"; readonly channel: ChannelId; readonly amount: Amount }
  /** A peer asks what our money in a channel with it costs. */
  | { readonly kind: "quoteAsked"; readonly from: NodeId; readonly token: Address; readonly amount: Amount }
  | {
      readonly kind: "quoted";
      readonly from: NodeId;
      readonly token: Address;
      readonly amount: Amount;
      readonly refusal: OpeningRefusal | null;
      readonly fee: Amount;
      readonly seconds: number;
      readonly least: Amount;
      readonly most: Amount;
    }
  /** A peer asks for our amount in a channel with it; `side` is ours. */
  | {
      readonly kind: "openingAsked";
      readonly channel: ChannelId;
      readonly from: NodeId;
      readonly side: Side;
      readonly params: Params;
      readonly life: number;
      readonly amounts: Deposits;
      readonly fee: Amount;
      readonly validUntil: number;
    }
  /** The peer consents: the channel can be opened with this signature of its owner. */
  | {
      readonly kind: "openingAgreed";
      readonly channel: ChannelId;
      readonly from: NodeId;
      readonly signature: Signature;
    }
  | {
      readonly kind: "openingDeclined";
      readonly channel: ChannelId;
      readonly from: NodeId;
      readonly refusal: OpeningRefusal;
    }
  /** A decision that leads to the chain, with its reason in plain words. */
  | {
      readonly kind: "decision";
      readonly channel: ChannelId;
      readonly what: "close" | "answer" | "settle" | "record" | "freeze";
      readonly why: string;
    }
  | {
      readonly kind: "channelEnded";
      readonly channel: ChannelId;
      readonly how: "cooperative" | "settled" | "convicted";
      readonly received: Amount;
    }
  /** Something a peer sent that is no state or breaks a rule; dropped and counted [LANE-4]. */
  | { readonly kind: "dropped"; readonly from: NodeId; readonly why: string };

export type Output =
  | { readonly kind: "send"; readonly to: NodeId; readonly message: Message }
  | { readonly kind: "submit"; readonly transaction: Transaction }
  | { readonly kind: "notice"; readonly notice: Notice };

/**
 * What this batch signed, to be written with the batch: a replay that signs anything else
 * has diverged and must stop before it sends [NODE-2].
 */
export interface Signed {
  readonly channel: ChannelId;
  readonly seq: Seq;
  readonly body: Body;
}
