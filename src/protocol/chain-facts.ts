import type {
  Address,
  Amount,
  ChainCommitment,
  ChannelId,
  Deposits,
  LaneHead,
  LaneState,
  LockId,
  Params,
  ParamsId,
  Secret,
  Side,
  Signature,
  UnixSeconds,
} from "./types.ts";

/** A lane of a closing channel as the closing record keeps it [PAY-1]: `sent` grows and the list shrinks as locks are decided. */
export interface RecordedLane extends LaneHead {
  /** Whether the lock list of this state was ever shown on chain. */
  readonly shown: boolean;
  /**
   * Only where the numbers on chain are beyond a Seq, which then holds the greatest one: a hostile closer may declare
   * any, and whoever answers or settles must repeat them exactly.
   */
  readonly exact?: { readonly seq: bigint; readonly ack: bigint };
}

/** What a closing channel's slot commits to; emitted in full by every call that changes it [ST-1]. */
export interface ClosingRecord {
  readonly closer: Side;
  readonly humble: boolean;
  readonly deposits: Deposits;
  readonly paid: { readonly A: Amount; readonly B: Amount };
  /** The closer's lane, as it declared it. */
  readonly own: RecordedLane;
  /** The other side's lane, as the closer declared it. */
  readonly theirs: RecordedLane;
  /** The closer's lane as the other side answered; seq 0 if it did not [CL-5]. */
  readonly answered: RecordedLane;
}

/** How far a hash chain was opened, as the registry remembers it. */
export interface Checkpoint {
  /** Checkpoints of a chain are numbered from 1, with growing indexes. */
  readonly number: number;
  /** Links of the chain that are open. */
  readonly index: number;
  readonly time: UnixSeconds;
}

/** Facts that the chain adapter delivers, in order, once each, only when final (or at the configured depth). */
export type ChainFact =
  | {
      readonly kind: "opened";
      readonly params: Params;
      readonly paramsId: ParamsId;
      readonly channel: ChannelId;
      readonly life: number;
      readonly deposits: Deposits;
    }
  /** New totals after a deposit. */
  | { readonly kind: "deposited"; readonly channel: ChannelId; readonly deposits: Deposits }
  /** New totals after an agreement of both sides; `count`: resizes of this life so far. */
  | {
      readonly kind: "resized";
      readonly channel: ChannelId;
      readonly count: number;
      readonly deposits: Deposits;
    }
  /** Also of a channel that is closing: an ordinary close of the other side has replaced a humble one [CL-7]. */
  | {
      readonly kind: "closing";
      readonly channel: ChannelId;
      readonly record: ClosingRecord;
      readonly deadline: UnixSeconds;
      /** Packed list of the closer's own state, as posted. */
      readonly ownLocks: Uint8Array;
    }
  | { readonly kind: "answered"; readonly channel: ChannelId; readonly record: ClosingRecord }
  /** A settle that left something undecided. */
  | {
      readonly kind: "settled";
      readonly channel: ChannelId;
      readonly record: ClosingRecord;
      /** Packed list of what remains of each list that this settle was shown; null = not shown. */
      readonly remaining: {
        readonly own: Uint8Array | null;
        readonly theirs: Uint8Array | null;
        readonly answered: Uint8Array | null;
      };
    }
  | {
      readonly kind: "ended";
      readonly channel: ChannelId;
      /** Total paid to each owner over the channel's life, without withdrawals. */
      readonly paid: { readonly A: Amount; readonly B: Amount };
      readonly how: "cooperative" | "settled" | "convicted";
    }
  /** A list of witnesses was recorded first at this time. */
  | { readonly kind: "recorded"; readonly secrets: readonly Secret[]; readonly time: UnixSeconds }
  /** A hash chain was opened further than ever before. */
  | ({ readonly kind: "chainRecorded"; readonly commitment: ChainCommitment } & Checkpoint)
  /** Newest final block; comes after the facts of the blocks up to it. */
  | { readonly kind: "head"; readonly number: number; readonly time: UnixSeconds };

/** How a settle shows one lock list: which entries come with their witness, and from which record. */
export interface ShownList {
  readonly state: LaneState;
  /** Of hash locks, by their ids. */
  readonly witnesses: ReadonlyMap<LockId, Secret>;
  /** Numbers of the checkpoints by which chain locks are judged, by the ids of these. */
  readonly checkpoints: ReadonlyMap<LockId, number>;
  /** Hash locks without a witness that their payee, who sends, gives up. */
  readonly conceded: ReadonlySet<LockId>;
}

/** A witness that stands in somebody else's list: the whole list, so that the caller can build the path. */
export interface ForeignRecord {
  readonly secrets: readonly Secret[];
  readonly time: UnixSeconds;
}

/** What is lost if a transaction is final too late [HOP-2]. */
export interface Due {
  /** Its block's time has to be before this. */
  readonly by: UnixSeconds;
  /** What hangs on it; what is not known to be at stake is left out. */
  readonly stakes: readonly Stake[];
}

export interface Stake {
  readonly token: Address;
  readonly amount: Amount;
}

/** Transactions that the core wants. `key` is equal for equal wishes: one that is under way is not sent twice. */
export type Transaction = { readonly key: string; readonly due?: Due } & (
  | {
      readonly kind: "closeCooperatively";
      readonly params: Params;
      readonly life: number;
      readonly transfer: bigint;
      readonly validUntil: number;
      /** The other side's signature; our own transaction is ours. */
      readonly signature: Signature;
    }
  | {
      readonly kind: "resize";
      readonly params: Params;
      readonly life: number;
      readonly changes: Deposits;
      readonly validUntil: number;
      /** The other side's signature; our own transaction is ours. */
      readonly signature: Signature;
    }
  | {
      readonly kind: "close";
      readonly params: Params;
      readonly life: number;
      readonly own: LaneState;
      readonly theirs: LaneHead;
      readonly theirSignature: Signature | null;
      /** [CL-7]; an ordinary close if left out. */
      readonly humble?: true;
    }
  | {
      readonly kind: "answer";
      readonly params: Params;
      readonly life: number;
      readonly record: ClosingRecord;
      readonly state: LaneHead;
      readonly signature: Signature;
    }
  | {
      readonly kind: "settle";
      readonly params: Params;
      readonly life: number;
      readonly record: ClosingRecord;
      /** Lists that are shown; null = not shown. What remains of each, in order. */
      readonly own: ShownList | null;
      readonly theirs: ShownList | null;
      readonly answered: ShownList | null;
      readonly records: readonly ForeignRecord[];
    }
  | { readonly kind: "record"; readonly secrets: readonly Secret[] }
);
