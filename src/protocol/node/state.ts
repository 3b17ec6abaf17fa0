import type { Bucket } from "../bucket.ts";
import { emptyGraph, type Graph } from "../graph.ts";
import type { Checkpoint, ClosingRecord, ForeignRecord } from "../chain-facts.ts";
import type { HeldLane, OwnLane } from "../lane.ts";
import type { EdgeKey, Liquidity } from "../liquidity.ts";
import type { FailCode } from "../onion/failure.ts";
import type { Seen } from "../onion/replays.ts";
import type { RouteKeys } from "../onion/route-keys.ts";
import type { SignedState } from "../messages.ts";
import type { Hop } from "../route.ts";
import { Table } from "../table.ts";
import type {
  Address,
  Amount,
  ChainCommitment,
  ChannelId,
  Deposits,
  HashLock,
  Hex,
  LaneHead,
  LaneLock,
  LaneState,
  Lock,
  LockId,
  NodeId,
  Params,
  ParamsId,
  PaymentHash,
  RentTerms,
  Secret,
  Seed,
  Seq,
  Side,
  Signature,
  UnixSeconds,
} from "../types.ts";

export interface NodeConfig {
  /** Address of the key that signs our lanes. */
  readonly self: NodeId;
  /** Seconds that we want for getting a record on chain [HOP-3]. */
  readonly claimTime: number;
  /**
   * Whom our side of a channel must pay: anybody can open a channel that names our signer and an owner of their own,
   * and what we receive in it would be theirs. Left out, any owner does.
   */
  readonly owner?: Address;
  /** Whether we take payments that we have made no invoice for. */
  readonly takesSpontaneous?: boolean;
  /** Whether a neighbour's locks may take only a share of a lane [FEE-3]. */
  readonly limitsShares?: boolean;
}

/** What became of a lock that the peer pays us. */
export type IncomingFate =
  /** Locked again in the next channel. */
  | { readonly kind: "forwarded"; readonly channel: ChannelId; readonly id: LockId }
  /** Ours, and not released before the whole payment is here. `share`: of the witness, if there is no invoice. */
  | { readonly kind: "held"; readonly share: Secret | null }
  /** Ours: the witness is released. */
  | { readonly kind: "delivered" }
  /** As it was sent: null if the packet could not be read. */
  | { readonly kind: "failed"; readonly failure: Uint8Array | null };

/** A lock in the peer's lane, until it is removed or the channel has ended. */
export interface IncomingLock {
  readonly id: LockId;
  readonly lock: Lock;
  /** Of our layer of its packet: hides why it fails from everybody but the payer; null if it could not be read. */
  readonly key: Uint8Array | null;
  readonly fate: IncomingFate;
}

export type Origin =
  /** `part`: number of its packet. */
  | { readonly kind: "payment"; readonly part: number }
  /** `paid`: the incoming lock was won, so this one may be paid without a record [HOP-2]. */
  | { readonly kind: "forward"; readonly channel: ChannelId; readonly id: LockId; readonly paid: boolean };

/** A lock in our lane, until the peer's ack covers its removal [NODE-4]. */
export interface OutgoingLock {
  readonly id: LockId;
  /** We make no chain locks. */
  readonly lock: HashLock;
  readonly origin: Origin;
  /** The payee showed the witness. */
  readonly asked: boolean;
  /** The payee gave it back, with this failure. */
  readonly failed: { readonly failure: Uint8Array | null } | null;
  /** We signed that it is won. */
  readonly won: boolean;
}

/** Signature of one side on its view of the cooperative close. */
export interface StopSignature {
  /** Net amount from A to B. */
  readonly transfer: bigint;
  readonly validUntil: UnixSeconds;
  readonly signature: Signature;
}

/** A change of deposits that is signed and neither final nor expired: the smaller ones count [NODE-7]. */
export interface PendingResize {
  /** Resizes of this life before it. */
  readonly count: number;
  readonly changes: Deposits;
  readonly validUntil: UnixSeconds;
  /** Newest state of the side that asks, when it asked. */
  readonly seq: Seq;
  /** Who asked, and signed first. */
  readonly by: "us" | "peer";
  /** By whoever asked. */
  readonly signature: Signature;
  /** By the other; null until it has agreed. */
  readonly agreed: Signature | null;
}

/** A channel that both sides fund in one transaction, before it is on chain. */
export interface Opening {
  readonly params: Params;
  readonly life: number;
  /** What each side brings. */
  readonly amounts: Deposits;
  /** That the buyer pays the seller, by the first state of its lane. */
  readonly fee: Amount;
  /** Until then it can be opened. */
  readonly validUntil: UnixSeconds;
  readonly peer: NodeId;
  /** We ask for the peer's money, or it asks for ours. */
  readonly role: "buyer" | "seller";
  /** The seller has given its consent. */
  readonly isAgreed: boolean;
  /** Our lane and the peer's as the channel begins. */
  readonly own: OwnLane;
  readonly held: HeldLane;
}

/** What is known of the lists of a closing record: what remains of each; null = unknown. */
export interface KnownLists {
  readonly own: readonly LaneLock[] | null;
  readonly theirs: readonly LaneLock[] | null;
  readonly answered: readonly LaneLock[] | null;
}

export type Phase =
  | { readonly kind: "open" }
  /** No new payments; `sent`: our `shutdown` is on its way, `received`: the peer's has come [NODE-5]. */
  | {
      readonly kind: "shutdown";
      readonly asked: boolean;
      readonly sent: boolean;
      readonly received: boolean;
      /** The peer was at rest first: its signature, to be compared when we are. */
      readonly theirs: StopSignature | null;
    }
  /** Both lanes are final. `signedAt`: chain time at which both signatures were there. */
  | {
      readonly kind: "stopped";
      readonly asked: boolean;
      readonly ours: StopSignature;
      readonly theirs: StopSignature | null;
      readonly signedAt: UnixSeconds | null;
    }
  /**
   * One side lost data, ours if the channel is marked: nothing is signed in the lanes any more, and both wait for their
   * locks to be decided [REC-3] [REC-5]. `ours`, `theirs`, `signedAt` as above.
   */
  | {
      readonly kind: "frozen";
      readonly why: string;
      readonly asked: boolean;
      readonly ours: StopSignature | null;
      readonly theirs: StopSignature | null;
      readonly signedAt: UnixSeconds | null;
    }
  /** We decided to close alone: nothing is signed, accepted or forwarded [NODE-5]. */
  | { readonly kind: "leaving"; readonly why: string; readonly humble: boolean }
  /** The chain judges. `announced`: keys of transactions that were told as decisions. */
  | {
      readonly kind: "closing";
      readonly record: ClosingRecord;
      readonly deadline: UnixSeconds;
      readonly lists: KnownLists;
      readonly announced: readonly string[];
    };

/** The restore mark of a channel: we cannot be sure of our newest state [NODE-2] [REC-1]. */
export interface Lost {
  readonly why: string;
  /** The peer has handed over the newest states of both lanes [REC-4]. */
  readonly handed: boolean;
  /** On the newest state of our lane that we know; null if we have none to show. */
  readonly signature: Signature | null;
  /** The newest state of the peer's lane that a tower holds: we had it [TOWER-4]. Absent if none told. */
  readonly tower?: LaneHead;
}

/** What a backup holds of a channel: enough to find its peer, and to hold that to what it signed. */
export interface KeptChannel {
  readonly channel: ChannelId;
  readonly params: Params;
  readonly life: number;
  readonly peer: NodeId;
  /** Newest state of our lane. */
  readonly own: LaneState;
  /** Its signature; null if it has seq 0, or if it was lost. */
  readonly ownSignature: Signature | null;
  /** Newest state of the peer's lane; null if it has signed none. */
  readonly held: SignedState | null;
  readonly incoming: readonly IncomingLock[];
  readonly outgoing: readonly OutgoingLock[];
}

/** What a node needs to be restored from; no keys, and none of what peers or the chain tell anew. */
export interface NodeBackup {
  readonly channels: readonly KeptChannel[];
  /** That can still be paid, or are being paid. */
  readonly invoices: readonly (readonly [PaymentHash, OwnInvoice])[];
  /** Under way. */
  readonly payments: readonly (readonly [PaymentHash, Payment])[];
  readonly witnesses: readonly (readonly [PaymentHash, Secret])[];
}

/** What a node that was restored has to go on. */
export interface Restored {
  readonly why: string;
  /** Channels that were opened up to this block are lost. */
  readonly upTo: number;
  /** From the backup, until the chain shows them. */
  readonly channels: Table<ChannelId, KeptChannel>;
}

export interface Channel {
  readonly channel: ChannelId;
  readonly params: Params;
  readonly paramsId: ParamsId;
  readonly life: number;
  readonly side: Side;
  readonly peer: NodeId;
  /** As in the `opened` fact: what the reserve follows from. */
  readonly opened: Deposits;
  readonly deposits: Deposits;
  /** What the peer said to have seen [LANE-5]. */
  readonly peerSeen: Deposits | null;
  /** Of this life, as the chain counts them. */
  readonly resizes: number;
  readonly resize: PendingResize | null;
  readonly own: OwnLane;
  readonly held: HeldLane;
  /** Chain time since which `held.waiting` waits [LANE-4]. */
  readonly waitingSince: UnixSeconds | null;
  /** First final block that saw a lock unresolved after its expiry. */
  readonly overdueSince: UnixSeconds | null;
  /** In order of id. */
  readonly incoming: readonly IncomingLock[];
  /** In order of id. */
  readonly outgoing: readonly OutgoingLock[];
  readonly phase: Phase;
  /** Null: our data is whole. */
  readonly lost: Lost | null;
}

/** A payment request of ours. */
export interface OwnInvoice {
  /** Null if it is known elsewhere, until we are told. */
  readonly secret: Secret | null;
  readonly paymentSecret: Secret;
  readonly amount: Amount;
  readonly token: Address;
  readonly expiry: UnixSeconds;
  /** The owner decides when the witness is released. */
  readonly isHold: boolean;
  /** `held`: the whole amount is here and waits for the owner; `claimed`: the witness is released. */
  readonly status: "open" | "held" | "claimed" | "paid" | "cancelled";
  /** What was won. */
  readonly received: Amount;
  /** What the payer says, if nobody asked it to pay. */
  readonly text: string | null;
}

/** Parts of one payment to us, held until they are the whole of it, or for the owner of a hold invoice. */
export interface Gathering {
  readonly total: Amount;
  readonly token: Address;
  /** When the first part came. */
  readonly since: UnixSeconds;
  /** What the payer says, if we made no invoice. */
  readonly text: string | null;
}

/** A payment of ours over a route. */
export interface Payment {
  readonly amount: Amount;
  readonly fee: Amount;
  /** Paid with its locks so far, those that came back included [FEE-2]. */
  readonly rent: Amount;
  readonly status: "pending" | "succeeded" | "failed";
}

export interface Avoided {
  readonly edges: readonly EdgeKey[];
  readonly nodes: readonly NodeId[];
  /** That had too little for a part: kept away from only where nothing that was learned of balances counts. */
  readonly scarce: readonly EdgeKey[];
}

/** What a payment of ours is for. */
export type Goal =
  | { readonly kind: "invoice"; readonly text: string }
  | {
      readonly kind: "spontaneous";
      readonly payee: NodeId;
      readonly token: Address;
      readonly text: string;
      readonly witness: Secret;
    };

/** One lock of ours for a payment, with its own way. */
export interface Part {
  /** Which packet of the payment this is, from 1. */
  readonly number: number;
  /** Of the witness, if there is no invoice. */
  readonly share: Secret | null;
  /** What the payee gets. */
  readonly amount: Amount;
  readonly fee: Amount;
  /** Paid with the lock, whatever comes of it. */
  readonly rent: Amount;
  /** The route. */
  readonly hops: readonly Hop[];
  /** Of each node's layer of the packet. */
  readonly keys: readonly Uint8Array[];
}

/** Why a payment comes to nothing, and the nodes one of which is the reason. */
export interface Reason {
  readonly code: FailCode | "expired" | "garbled_failure";
  readonly at: readonly NodeId[];
  /** What the last of them asks for, if it was paid too little rent. */
  readonly asked?: RentTerms;
}

/** What a payment of ours under way needs until it ends. */
export interface Attempt {
  readonly goal: Goal;
  /** For all parts together, and the rent of those that came back. */
  readonly maxFee: Amount;
  /** Paid with parts that came back. */
  readonly rent: Amount;
  readonly seed: Seed;
  /** Packets made so far. */
  readonly made: number;
  /** Parts that came back. */
  readonly failures: number;
  /** One was refused for its route keys: those that were known are trusted no more. */
  readonly hasNewKeys: boolean;
  /** What refused this payment already. */
  readonly avoid: Avoided;
  /** That have not come back: together never more than the amount and the highest fee. */
  readonly parts: readonly Part[];
  /** Nothing more is tried; the payment has failed when the last part is back. */
  readonly givenUp: Reason | null;
}

/** What we agreed on with the nodes of a route. */
export interface SharedKeys {
  readonly keys: RouteKeys;
  /** Number of packets made with them. */
  readonly used: number;
  readonly since: UnixSeconds;
}

/** Where a lock with some hash stands. */
export interface LockRef {
  readonly channel: ChannelId;
  readonly direction: "in" | "out";
  readonly id: LockId;
}

/** A witness that we may use. */
export interface KnownSecret {
  readonly secret: Secret;
  /** Key of the earliest final record, in `lists`. */
  readonly list: Hex | null;
}

/** Witnesses that we want recorded, in one transaction, as long as that can help. */
export interface Recording {
  readonly key: Hex;
  readonly secrets: readonly Secret[];
  readonly until: UnixSeconds;
}

/** What has come of locks that a neighbour brought and that went on; without it, it has no history [FEE-3]. */
export interface History {
  /** When the first of them was won. */
  readonly since: UnixSeconds;
  /** Begin of the period that `won` counts. */
  readonly period: UnixSeconds;
  readonly won: number;
  /** In the period before. */
  readonly wonBefore: number;
}

/** What gossip may still cost us [O10]. */
export interface Quotas {
  /** Policies of each peer that we verify. */
  readonly news: Table<NodeId, Bucket>;
  /** Policies of each peer for channels that we do not see yet. */
  readonly early: Table<NodeId, Bucket>;
  /** Policies of each end of a channel that we pass on. */
  readonly told: Table<EdgeKey, Bucket>;
}

export interface NodeState {
  readonly config: NodeConfig;
  /** Newest final block: the only clock. */
  readonly head: { readonly number: number; readonly time: UnixSeconds };
  /** [NODE-8] Nothing new is locked while it is so. */
  readonly isViewStale: boolean;
  /** With the channels whose peer has shown on this connection how far it is; true in old snapshots: all. */
  readonly connected: Table<NodeId, true | readonly ChannelId[]>;
  /** Until they end on chain. */
  readonly channels: Table<ChannelId, Channel>;
  /** Agreed on or proposed, and not on chain yet. */
  readonly openings: Table<ChannelId, Opening>;
  readonly graph: Graph;
  readonly invoices: Table<PaymentHash, OwnInvoice>;
  readonly gatherings: Table<PaymentHash, Gathering>;
  readonly payments: Table<PaymentHash, Payment>;
  /** Payments of ours that are pending. */
  readonly attempts: Table<PaymentHash, Attempt>;
  readonly quotas: Quotas;
  /** Of neighbours whose locks were won lately. */
  readonly histories: Table<NodeId, History>;
  /** What our payments have shown of balances elsewhere. */
  readonly liquidity: Liquidity;
  /** By the hash of the route's channels. */
  readonly routeKeys: Table<Hex, SharedKeys>;
  /** Packets that each peer has brought. */
  readonly seen: Table<NodeId, Seen>;
  /** All our hash locks by their hash. */
  readonly locks: Table<PaymentHash, readonly LockRef[]>;
  readonly secrets: Table<PaymentHash, KnownSecret>;
  /**
   * Earliest final record of every hash, of ours or not: such a hash is no condition any more, and a payee could show
   * an old record that we never kept.
   */
  readonly recorded: Table<PaymentHash, UnixSeconds>;
  /** Recorded lists that hold a witness of ours, whole [NODE-9]. */
  readonly lists: Table<Hex, ForeignRecord>;
  readonly recordings: readonly Recording[];
  /** Final checkpoints of every hash chain in order of number: a lock may come to us long after its chain was opened. */
  readonly checkpoints: Table<ChainCommitment, readonly Checkpoint[]>;
  /** The restore mark of the node; null if it never lost data. */
  readonly restored: Restored | null;
}

export function initialState(config: NodeConfig): NodeState {
  return {
    config,
    head: { number: 0, time: 0 },
    isViewStale: false,
    connected: Table.empty(),
    channels: Table.empty(),
    openings: Table.empty(),
    graph: emptyGraph(),
    invoices: Table.empty(),
    gatherings: Table.empty(),
    payments: Table.empty(),
    attempts: Table.empty(),
    quotas: { news: Table.empty(), early: Table.empty(), told: Table.empty() },
    histories: Table.empty(),
    liquidity: Table.empty(),
    routeKeys: Table.empty(),
    seen: Table.empty(),
    locks: Table.empty(),
    secrets: Table.empty(),
    recorded: Table.empty(),
    lists: Table.empty(),
    recordings: [],
    checkpoints: Table.empty(),
    restored: null,
  };
}
