import { ZERO_ADDRESS } from "../protocol/checked.ts";
import { HashlaneError } from "../protocol/error.ts";
import type { OpeningRefusal } from "../protocol/liquidity-terms.ts";
import type { QuoteMessage } from "../protocol/messages.ts";
import type { Command } from "../protocol/inputs.ts";
import { backupOf } from "../protocol/node/backup.ts";
import { previewPayment } from "../protocol/node/payments.ts";
import type { NodeBackup, OwnInvoice, Payment } from "../protocol/node/state.ts";
import type { Hop } from "../protocol/route.ts";
import { deliveredBy } from "../protocol/split.ts";
import type { Notice } from "../protocol/outputs.ts";
import type {
  Address,
  Amount,
  ChannelId,
  NodeId,
  PaymentHash,
  PaymentTag,
  Policy,
  Secret,
  Seed,
  UnixSeconds,
} from "../protocol/types.ts";
import type { Engine } from "./engine.ts";
import { guardedBy, type Guarded } from "./guarded.ts";
import {
  Pending,
  type Accepted,
  type ChannelEnd,
  type CreatedInvoice,
  type DirectReceipt,
  type PaymentReceipt,
} from "./pending.ts";
import {
  invoiceCommand,
  type InvoiceRequest,
  randomWord,
  spontaneousCommand,
  type SpontaneousRequest,
} from "./make-command.ts";
import { viewChannels, viewPolicies, type ChannelView } from "./view.ts";

/** An invoice of ours, or what came without one. */
export interface InvoiceView extends Omit<OwnInvoice, "secret" | "paymentSecret"> {
  readonly hash: PaymentHash;
}

export interface PayRequest {
  /** Text of the invoice. */
  readonly invoice: string;
  /** For fees and rents of all hops, attempts and parts together. */
  readonly maxFee: Amount;
}

export interface DirectRequest {
  readonly channel: ChannelId;
  readonly amount: Amount;
  /** Names the payment at both ends; random if left out. */
  readonly tag?: PaymentTag;
}

export interface WithdrawRequest {
  readonly channel: ChannelId;
  readonly amount: Amount;
}

/** A channel that both sides fund; ours is one of the Params. */
export type OpeningRequest = Omit<Extract<Command, { kind: "proposeOpening" }>, "kind">;

/** A record that a tower holds for a channel of ours. */
export type TowerProof = Omit<Extract<Command, { kind: "heedTower" }>, "kind">;

export interface RoutePreview {
  readonly fee: Amount;
  /** Paid with the locks, whatever comes of them. */
  readonly rent: Amount;
  readonly parts: readonly {
    /** That the payee gets. */
    readonly amount: Amount;
    readonly fee: Amount;
    readonly rent: Amount;
    readonly hops: readonly Hop[];
  }[];
}

/** A running node, for programs. What is refused or fails rejects with a {@link HashlaneError}. */
export interface HashlaneNode {
  readonly id: NodeId;
  /** Where other nodes can connect to; null if nowhere. */
  readonly address: string | null;
  /** Resolves when the node is down: to null if it was asked to stop, to the reason if it had to. */
  readonly ended: Promise<HashlaneError | null>;
  createInvoice(request: InvoiceRequest): Promise<CreatedInvoice>;
  /** Resolves when the payee has shown the witness. */
  pay(request: PayRequest): Promise<PaymentReceipt>;
  /** Pays a node that made no invoice. Resolves when it has shown the witness. */
  paySpontaneously(request: SpontaneousRequest): Promise<PaymentReceipt>;
  /** Takes what is held for an invoice; `secret` if it is known elsewhere. Resolves when that is durable. */
  settleInvoice(hash: PaymentHash, secret?: Secret): Promise<void>;
  /** Gives back what is held, and takes nothing any more. Resolves when that is durable. */
  cancelInvoice(hash: PaymentHash): Promise<void>;
  /** Pays the peer of a channel without a route; resolves when it has acknowledged. */
  payDirect(request: DirectRequest): Promise<DirectReceipt>;
  /**
   * Takes money out of an open channel, if the peer agrees. Resolves when it was asked; `channelResized` or
   * `withdrawalExpired` tells the end.
   */
  withdraw(request: WithdrawRequest): Promise<void>;
  /** Says something about the price of channels to a peer, if it is connected. */
  say(to: NodeId, message: QuoteMessage): Promise<void>;
  /** Asks a peer to bring its money into a channel; `openingAgreed` or `openingDeclined` tells its answer. */
  proposeOpening(request: OpeningRequest): Promise<void>;
  /** Brings our money into a channel that a peer asked for by `openingAsked`, or says why not. */
  answerOpening(channel: ChannelId, refusal: OpeningRefusal | null): Promise<void>;
  /** Price and limits for forwarding into a channel; told to the network. Resolves when that is durable. */
  setPolicy(policy: Omit<Policy, "node" | "seq">): Promise<void>;
  /** Resolves when the channel has ended on chain. */
  closeCooperatively(channel: ChannelId): Promise<ChannelEnd>;
  /** Without the peer; takes the channel's challenge period. Resolves when the channel has ended on chain. */
  closeAlone(channel: ChannelId): Promise<ChannelEnd>;
  /** Keeps a connection with this node as long as this one runs. */
  connect(peer: NodeId, address: string): void;
  /**
   * After data loss, when the peer is gone for good: declares what is known; takes the channel's recovery period.
   * Resolves when the channel has ended on chain.
   */
  closeHumbly(channel: ChannelId): Promise<ChannelEnd>;
  /** What towers are to know of, and can prove. */
  readonly guarded: Guarded;
  /** What a tower gave back. Resolves when what it proves is durable. */
  heedTower(record: TowerProof): Promise<void>;
  /** What this node could be restored from; no keys. */
  backup(): NodeBackup;
  channels(): readonly ChannelView[];
  /** Nodes that are connected now. */
  peers(): readonly NodeId[];
  /** Of the newest final block that was read: the node's only clock. */
  head(): { readonly number: number; readonly time: UnixSeconds };
  /** What other nodes and this one ask for forwarding, as far as this node has heard. */
  policies(): readonly Policy[];
  /** Of any open channel of the network; the zero address, which is ETH, if there is no such channel. */
  tokenOf(channel: ChannelId): Address;
  /** The ways that `pay` would try first. Throws what it would reject with. */
  previewRoute(request: PayRequest): RoutePreview;
  /** A payment of ours over a route; null if there is none with this hash. */
  payment(hash: PaymentHash): Payment | null;
  /** What became of an invoice of ours; null if there is none with this hash. */
  invoiceStatus(hash: PaymentHash): OwnInvoice["status"] | null;
  invoices(): readonly InvoiceView[];
  /** Calls for everything that happens, until the returned function is called. */
  on(listener: (notice: Notice) => void): () => void;
  /** Finishes what has come in. Payments under way stay under way, and go on at the next start. */
  stop(): Promise<void>;
}

/** `first`: a listener that misses nothing, not even what happens before the node is handed out. */
export function createNode(engine: Engine, first?: (notice: Notice) => void): HashlaneNode {
  const pending = new Pending();
  const listeners = new Set<(notice: Notice) => void>(first === undefined ? [] : [first]);
  const ended = new Promise<HashlaneError | null>((resolve) => {
    engine.listen({
      onNotice: (notice) => {
        pending.onNotice(notice);
        for (const listener of listeners) call(listener, notice);
      },
      onEnd: (failure) => {
        pending.rejectAll(failure ?? nodeStopped());
        resolve(failure);
      },
    });
  });
  return {
    id: engine.transport.id,
    get address() {
      return engine.transport.address;
    },
    ended,
    ...createCommands(engine, pending),
    connect: (peer, address) => engine.transport.connect(peer, address),
    backup: () => backupOf(engine.state, engine.ctx),
    guarded: guardedBy(engine),
    ...createViews(engine),
    on: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    stop: () => engine.stop(),
  };
}

type Views = Pick<
  HashlaneNode,
  | "channels"
  | "peers"
  | "head"
  | "policies"
  | "tokenOf"
  | "previewRoute"
  | "payment"
  | "invoiceStatus"
  | "invoices"
>;

function createViews(engine: Engine): Views {
  return {
    channels: () => viewChannels(engine.ctx.domain, engine.state),
    peers: () => [...engine.state.connected.keys()],
    head: () => engine.state.head,
    policies: () => viewPolicies(engine.state),
    tokenOf: (channel) => engine.state.graph.edges.get(channel)?.token ?? ZERO_ADDRESS,
    previewRoute: (request) => previewOf(engine, request),
    payment: (hash) => engine.state.payments.get(hash) ?? null,
    invoiceStatus: (hash) => engine.state.invoices.get(hash)?.status ?? null,
    invoices: () => [...engine.state.invoices.entries()].map(([hash, invoice]) => viewInvoice(hash, invoice)),
  };
}

type Commands = Pick<
  HashlaneNode,
  | "say"
  | "proposeOpening"
  | "answerOpening"
  | "createInvoice"
  | "settleInvoice"
  | "cancelInvoice"
  | "pay"
  | "paySpontaneously"
  | "payDirect"
  | "withdraw"
  | "setPolicy"
  | "closeCooperatively"
  | "closeAlone"
  | "closeHumbly"
  | "heedTower"
>;

function createCommands(engine: Engine, pending: Pending): Commands {
  const ask = <T>(command: Command, accepted: Accepted<T>): Promise<T> =>
    new Promise((resolve, reject: (error: HashlaneError) => void) => {
      const onDone = pending.ask({ resolve, reject }, accepted);
      if (!engine.push({ inputs: [{ kind: "command", command }], onDone })) reject(nodeStopped());
    });
  const whenSent: Accepted<PaymentReceipt> = (waiter, notices) => {
    const sent = notices.find((notice) => notice.kind === "paymentSent");
    if (sent !== undefined) pending.payment(sent.hash, waiter);
  };
  const close = (
    kind: "closeCooperatively" | "closeAlone" | "closeHumbly",
    channel: ChannelId,
  ): Promise<ChannelEnd> => ask({ kind, channel }, (waiter) => pending.end(channel, waiter));
  return {
    createInvoice: (request) => ask(invoiceCommand(request), answerInvoice),
    settleInvoice: (hash, secret) =>
      ask({ kind: "settleInvoice", hash, secret: secret ?? null }, (waiter) => waiter.resolve()),
    cancelInvoice: (hash) => ask({ kind: "cancelInvoice", hash }, (waiter) => waiter.resolve()),
    pay: ({ invoice, maxFee }) =>
      ask({ kind: "payInvoice", invoice, maxFee, seed: randomWord<Seed>() }, whenSent),
    paySpontaneously: (request) => ask(spontaneousCommand(request), whenSent),
    payDirect: ({ channel, amount, tag = randomWord<PaymentTag>() }) =>
      ask({ kind: "payDirect", channel, amount, tag }, (waiter) => pending.direct(channel, tag, waiter)),
    withdraw: ({ channel, amount }) =>
      ask({ kind: "withdraw", channel, amount }, (waiter) => waiter.resolve()),
    say: (to, message) => ask({ kind: "say", to, message }, (waiter) => waiter.resolve()),
    proposeOpening: (request) => ask({ kind: "proposeOpening", ...request }, (waiter) => waiter.resolve()),
    answerOpening: (channel, refusal) =>
      ask({ kind: "answerOpening", channel, refusal }, (waiter) => waiter.resolve()),
    setPolicy: (policy) => ask({ kind: "setPolicy", policy }, (waiter) => waiter.resolve()),
    closeCooperatively: (channel) => close("closeCooperatively", channel),
    closeAlone: (channel) => close("closeAlone", channel),
    closeHumbly: (channel) => close("closeHumbly", channel),
    heedTower: (record) => ask({ kind: "heedTower", ...record }, (waiter) => waiter.resolve()),
  };
}

function previewOf(engine: Engine, { invoice, maxFee }: PayRequest): RoutePreview {
  const preview = previewPayment({ ctx: engine.ctx, state: engine.state }, invoice, maxFee);
  if (preview.kind === "refused") throw new HashlaneError(preview.refusal.code, preview.refusal.message);
  const parts = preview.routes.map((route) => ({
    amount: deliveredBy(route),
    fee: route.fee,
    rent: route.rent,
    hops: route.hops,
  }));
  const sum = (of: "fee" | "rent"): Amount => parts.reduce((all, part) => all + part[of], 0n);
  return { fee: sum("fee"), rent: sum("rent"), parts };
}

function viewInvoice(hash: PaymentHash, invoice: OwnInvoice): InvoiceView {
  const { amount, token, expiry, isHold, status, received, text } = invoice;
  return { hash, amount, token, expiry, isHold, status, received, text };
}

const answerInvoice: Accepted<CreatedInvoice> = (waiter, notices) => {
  const created = notices.find((notice) => notice.kind === "invoiceCreated");
  if (created !== undefined) waiter.resolve({ hash: created.hash, text: created.text });
};

/** A listener's mistake is its program's: it surfaces there, and the node goes on. */
function call(listener: (notice: Notice) => void, notice: Notice): void {
  try {
    listener(notice);
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}

function nodeStopped(): HashlaneError {
  return new HashlaneError("node_stopped", {
    failed: "the node has stopped, and what was asked may still be carried out at its next start",
    next: "Start it again and look at its notices and channels before you ask anew.",
  });
}
