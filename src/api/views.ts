import type { Money } from "./amounts.ts";
import type { ProblemDocument } from "./problem.ts";

/** Answers of the API. Amounts are decimal texts with their asset, ids and hashes 0x and hex, times ISO 8601. */
export interface Info {
  readonly version: string;
  readonly alias: string;
  /** Id of the node. */
  readonly node: string;
  /** What others connect to: NODE@HOST:PORT; null if nobody can. */
  readonly uri: string | null;
  /** Where this machine takes connections of other nodes; null if nowhere. */
  readonly listens: string | null;
  /** Account that is paid when channels end and by withdrawals. */
  readonly owner: string;
  /** Account of the node's key: brings deposits in and pays for gas; the owner's, if there is no other. */
  readonly account: string;
  readonly chain: {
    readonly id: string;
    readonly contract: string;
    readonly block: number;
    readonly time: string;
  };
  readonly frozen: boolean;
  readonly channels: number;
  readonly peers: number;
  /** What the node has heard of the network. */
  readonly policiesKnown: number;
  /** In all usable channels, by asset. */
  readonly canPay: readonly Money[];
  readonly canReceive: readonly Money[];
  /** The account's ETH outside channels. */
  readonly wallet: Money;
  /** Of every asset, what the account holds outside channels. */
  readonly wallets: readonly Money[];
  /** Newest event. */
  readonly cursor: number;
}

export interface Peer {
  readonly node: string;
  /** HOST:PORT to keep a connection with; null if only it keeps one with us. */
  readonly address: string | null;
  readonly connected: boolean;
}

export interface Sides {
  readonly ours: Money;
  readonly theirs: Money;
}

export interface Channel {
  readonly channel: string;
  readonly peer: string;
  readonly connected: boolean;
  readonly status: string;
  /** Null unless one side lost data: waits_for_peer, waits_for_locks, closing or helps_peer. */
  readonly recovery: string | null;
  readonly deposits: Sides;
  /** Without what is locked. */
  readonly balance: Sides;
  /** In payments under way; ours are paid by us. */
  readonly locked: Sides;
  readonly spendable: Money;
}

/** What brought our money into a channel, or takes it out. */
export interface Operation {
  readonly key: string;
  readonly kind: "open" | "deposit" | "withdraw" | "buy";
  readonly channel: string;
  readonly amount: Money;
  readonly status: "started" | "done";
}

/** What a node asks for bringing its money into a channel with this one. */
export interface Quote {
  readonly peer: string;
  readonly amount: Money;
  readonly offered: boolean;
  /** Why not; null if it is offered. */
  readonly refusal: string | null;
  readonly fee: Money;
  /** For which it means to leave its money there: nothing forces it to. */
  readonly seconds: number;
  readonly least: Money;
  readonly most: Money;
}

/** What a program may do with a token, and how much of its budget is left. */
export interface Token {
  readonly id: string;
  readonly name: string;
  readonly allow: readonly string[];
  readonly budget: Money | null;
  readonly left: Money | null;
  /** hour, day, week or ever; null without a budget. */
  readonly per: string | null;
  readonly created: string;
  readonly revoked: string | null;
}

export interface NewToken extends Token {
  /** Shown this once. */
  readonly token: string;
}

export interface Decoded {
  readonly payee: string;
  readonly amount: Money;
  /** The zero address is ETH. */
  readonly token: string;
  readonly description: string;
  readonly hash: string;
  readonly created: string;
  readonly expires: string;
  /** By the chain's clock. */
  readonly isExpired: boolean;
  readonly claimSeconds: number;
  readonly chainId: string;
  readonly contract: string;
}

/** How a payment would go now; balances elsewhere are guessed, so that it may go another way. */
export interface PaymentRoute {
  readonly amount: Money;
  readonly fee: Money;
  /** Paid to the hops for holding it, also if it comes back. */
  readonly rent: Money;
  /** More than one if no way carries it all. */
  readonly parts: readonly {
    /** That the payee gets. */
    readonly amount: Money;
    readonly fee: Money;
    readonly rent: Money;
    readonly hops: readonly {
      readonly channel: string;
      readonly from: string;
      readonly to: string;
      readonly amount: Money;
      /** For the nodes after it. */
      readonly rent: Money;
    }[];
  }[];
}

export interface Closing {
  readonly channel: string;
  readonly peer: string;
  readonly connected: boolean;
  readonly status: string;
}

export interface Invoice {
  /** Names it. */
  readonly hash: string;
  /** For the payer; empty if it was paid without one. */
  readonly invoice: string;
  /** `held`: its payment waits for the owner; `spontaneous`: nobody asked for it. */
  readonly kind: "asked" | "held" | "spontaneous";
  readonly label: string | null;
  readonly amount: Money;
  readonly description: string;
  /**
   * `held`: the whole amount is here and waits for the owner; `claimed`: the payer's money is on its way and will come.
   */
  readonly status: "open" | "held" | "claimed" | "paid" | "cancelled" | "expired";
  readonly created: string;
  readonly expires: string;
}

export interface Payment {
  readonly id: string;
  readonly key: string;
  readonly hash: string;
  readonly label: string | null;
  readonly payee: string;
  readonly amount: Money;
  readonly description: string;
  /** What the hops keep; null if it was not sent yet. */
  readonly fee: Money | null;
  /** Paid to hops for holding it, in all attempts, also if it failed; null until it has ended. */
  readonly rent: Money | null;
  readonly status: "started" | "pending" | "succeeded" | "failed";
  /** Its sha256 is `hash`; null until it is paid. */
  readonly proof: string | null;
  /** Why it failed. */
  readonly problem: { readonly code: string; readonly message: string } | null;
  readonly created: string;
  readonly ended: string | null;
}

/** Answers in the places of their requests: what became of one, or why nothing was paid for it. */
export interface PaymentBatch {
  readonly entries: readonly (
    | { readonly payment: Payment; readonly problem: null }
    | { readonly payment: null; readonly problem: ProblemDocument }
  )[];
}

export interface Policy {
  readonly channel: string;
  readonly node: string;
  readonly feeBase: Money;
  readonly feePpm: number;
  readonly minAmount: Money;
  readonly maxAmount: Money;
  readonly claimSeconds: number;
  readonly enabled: boolean;
  /** For the place of a lock, whatever comes of it. */
  readonly slotFee: Money;
  /** Millionths of the amount for each day that the lock can stand, whatever comes of it. */
  readonly rentPpm: number;
}

export interface Event {
  /** Grows with each. */
  readonly cursor: number;
  readonly at: string;
  readonly kind: string;
  readonly data: Readonly<Record<string, unknown>>;
}

export interface Finding {
  readonly check: string;
  readonly level: "ok" | "warning" | "failure";
  readonly found: string;
  /** What to do; empty if nothing. */
  readonly next: string;
}

export interface Page<T> {
  readonly entries: readonly T[];
  /** Cursor of the next page; null on the last. */
  readonly next: string | null;
}

export interface Health {
  readonly status: "ok";
}

/** A tower that guards this node. */
export interface Tower {
  /** Address of its key. */
  readonly tower: string;
  readonly url: string;
  /** `unknown` until it was asked for the first time. */
  readonly state: "unknown" | "reachable" | "unreachable";
  /** Why it is not reachable. */
  readonly problem: string | null;
  /** Channels whose newest state it holds. */
  readonly guarded: number;
  /** Channels whose newest state it does not hold yet. */
  readonly behind: number;
  /** Channels that it does not take, and the code of its refusal. */
  readonly refused: readonly { readonly channel: string; readonly code: string }[];
  /** Chain time of its newest receipt. */
  readonly lastReceipt: string | null;
}

export interface Frozen {
  readonly frozen: boolean;
}

export interface Backup {
  /** Where it is kept; null if the config names no file. */
  readonly file: string | null;
  /** Why it could not be written there; null if it was. */
  readonly problem: string | null;
  readonly channels: number;
  /** Newest block that it knows. */
  readonly block: number;
  /** The same bytes in base64. */
  readonly content: string;
}

/** What each call answers with. */
export interface Answers {
  readonly info: Info;
  readonly peers: Page<Peer>;
  readonly connect: Peer;
  readonly channels: Page<Channel>;
  readonly open: Operation;
  readonly deposit: Operation;
  readonly withdraw: Operation;
  readonly quoteLiquidity: Quote;
  readonly buyLiquidity: Operation;
  readonly close: Closing;
  readonly exit: Page<Closing>;
  readonly invoice: Invoice;
  readonly invoices: Page<Invoice>;
  readonly invoiceOf: Invoice;
  readonly settleInvoice: Invoice;
  readonly cancelInvoice: Invoice;
  readonly pay: Payment;
  readonly send: Payment;
  readonly payMany: PaymentBatch;
  readonly payments: Page<Payment>;
  readonly paymentOf: Payment;
  readonly policies: Page<Policy>;
  readonly setPolicy: Policy;
  readonly freeze: Frozen;
  readonly unfreeze: Frozen;
  readonly backup: Backup;
  readonly events: Page<Event>;
  readonly doctor: Page<Finding>;
  readonly health: Health;
  readonly towers: Page<Tower>;
  readonly addTower: Tower;
  readonly removeTower: Tower;
  readonly decode: Decoded;
  readonly route: PaymentRoute;
  readonly createToken: NewToken;
  readonly tokens: Page<Token>;
  readonly revokeToken: Token;
  readonly openapi: Readonly<Record<string, unknown>>;
}
