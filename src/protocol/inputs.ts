import type { ChainFact } from "./chain-facts.ts";
import type { OpeningRefusal } from "./liquidity-terms.ts";
import type { Message, QuoteMessage } from "./messages.ts";
import type { NodeBackup } from "./node/state.ts";
import type {
  Address,
  Amount,
  ChannelId,
  Deposits,
  LaneHead,
  NodeId,
  Params,
  PaymentHash,
  PaymentTag,
  Policy,
  Secret,
  Seed,
  Signature,
  UnixSeconds,
} from "./types.ts";

/** What a person or program asks of its own node. Randomness comes with the command, so that a step is a function. */
export type Command =
  | {
      readonly kind: "createInvoice";
      readonly secret: Secret;
      /** 32 random bytes that only payer and payee know; keeps hops from probing the payee. */
      readonly paymentSecret: Secret;
      readonly amount: Amount;
      readonly token: Address;
      readonly description: string;
      /** From now. */
      readonly validSeconds: number;
    }
  /** An invoice whose payment is held until `settleInvoice` or `cancelInvoice`. */
  | {
      readonly kind: "createHoldInvoice";
      readonly hash: PaymentHash;
      /** Null if it is known elsewhere. */
      readonly secret: Secret | null;
      readonly paymentSecret: Secret;
      readonly amount: Amount;
      readonly token: Address;
      readonly description: string;
      readonly validSeconds: number;
      /** How long the payment can be held at least. */
      readonly holdSeconds: number;
    }
  /** Releases the witness of a payment that is held: the given one, or the one that we know. */
  | { readonly kind: "settleInvoice"; readonly hash: PaymentHash; readonly secret: Secret | null }
  /** Takes no payment any more, and gives back what is held. */
  | { readonly kind: "cancelInvoice"; readonly hash: PaymentHash }
  /** Pays a signed invoice over a route that the node finds. */
  | {
      readonly kind: "payInvoice";
      readonly invoice: string;
      readonly maxFee: Amount;
      /** For the keys of the packet, if none are known for the route. */
      readonly seed: Seed;
    }
  /** Pays a node that made no invoice; the witness is ours and travels in the packets. */
  | {
      readonly kind: "paySpontaneously";
      readonly payee: NodeId;
      readonly token: Address;
      readonly amount: Amount;
      readonly text: string;
      readonly maxFee: Amount;
      readonly witness: Secret;
      readonly seed: Seed;
    }
  /** Pays the neighbour in one channel directly, without a lock. */
  | {
      readonly kind: "payDirect";
      readonly channel: ChannelId;
      readonly amount: Amount;
      readonly tag: PaymentTag;
    }
  | { readonly kind: "setPolicy"; readonly policy: Omit<Policy, "node" | "seq"> }
  /** Out of an open channel, if the peer agrees [NODE-7]. */
  | { readonly kind: "withdraw"; readonly channel: ChannelId; readonly amount: Amount }
  /** Asks the peer of these Params to bring its amount, for the fee. */
  | {
      readonly kind: "proposeOpening";
      readonly params: Params;
      readonly life: number;
      readonly amounts: Deposits;
      readonly fee: Amount;
      readonly validUntil: UnixSeconds;
    }
  /** Brings our amount into a channel that a peer asked for, or says why not. */
  | { readonly kind: "answerOpening"; readonly channel: ChannelId; readonly refusal: OpeningRefusal | null }
  | { readonly kind: "say"; readonly to: NodeId; readonly message: QuoteMessage }
  | { readonly kind: "closeCooperatively"; readonly channel: ChannelId }
  | { readonly kind: "closeAlone"; readonly channel: ChannelId }
  /** After data loss, when the peer does not help: declares what is known, which convicts nobody [CL-7] [REC-7]. */
  | { readonly kind: "closeHumbly"; readonly channel: ChannelId }
  /** What a tower that we had brought it to gave back [TOWER-4]. */
  | {
      readonly kind: "heedTower";
      readonly channel: ChannelId;
      readonly tower: Address;
      /** Of the peer's lane. */
      readonly state: LaneHead;
      readonly signature: Signature;
      readonly reward: Amount;
      readonly consent: Signature;
    }
  /** Sets the restore mark, on a node that knows of no channel yet [REC-1]. */
  | {
      readonly kind: "restore";
      readonly why: string;
      /** Channels that were opened up to this block are lost. */
      readonly upTo: number;
      readonly backup: NodeBackup;
    };

export type Input =
  | { readonly kind: "command"; readonly command: Command }
  | { readonly kind: "message"; readonly from: NodeId; readonly message: Message }
  | { readonly kind: "connected"; readonly peer: NodeId }
  | { readonly kind: "disconnected"; readonly peer: NodeId }
  | { readonly kind: "chain"; readonly fact: ChainFact }
  /** Whether the chain goes on before our eyes [NODE-8]; only the shell has a clock to tell by. */
  | { readonly kind: "view"; readonly isStale: boolean };

/** Everything that arrived together: one batch is one durable write and at most one new state per lane (section 3.4). */
export type Batch = readonly Input[];
