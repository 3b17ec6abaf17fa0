import type { ChainFact } from "./chain-facts.ts";
import type { OpeningRefusal } from "./liquidity-terms.ts";
import type { Message, QuoteMessage } from "./messages.ts";
import type {
  Address,
  Amount,
  ChannelId,
  Deposits,
  NodeId,
  Params,
  PaymentTag,
  Policy,
  Secret,
  Seed,
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
  /** Pays a signed invoice over a route that the node finds. */
  | {
      readonly kind: "payInvoice";
      readonly invoice: string;
      readonly maxFee: Amount;
      /** For the keys of the packet, if none are known for the route. */
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
  | { readonly kind: "closeAlone"; readonly channel: ChannelId };

export type Input =
  | { readonly kind: "command"; readonly command: Command }
  | { readonly kind: "message"; readonly from: NodeId; readonly message: Message }
  | { readonly kind: "connected"; readonly peer: NodeId }
  | { readonly kind: "disconnected"; readonly peer: NodeId }
  | { readonly kind: "chain"; readonly fact: ChainFact };

/** Everything that arrived together: one batch is one durable write and at most one new state per lane (section 3.4). */
export type Batch = readonly Input[];
