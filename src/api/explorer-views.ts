import type { Money } from "./amounts.ts";
import type { Page } from "./views.ts";

/** Answers of the explorer: public data only. Amounts, ids and times as in src/api/views.ts. */
export interface ExplorerStatus {
  readonly chainId: string;
  readonly contract: string;
  /** Newest block that the index holds; null before the first. */
  readonly block: number | null;
  readonly time: string | null;
  /** Newest block of the chain at the last look; null if it never answered. */
  readonly newest: number | null;
  readonly state: "ready" | "reading" | "chain_unreachable" | "chain_old";
  /** Why it is not ready. */
  readonly problem: string | null;
  /** Newest event. */
  readonly cursor: number;
  /** Node whose view of fees and names this is; null if none. */
  readonly node: string | null;
}

/** Percentiles by nearest rank. */
export interface SpreadView<T> {
  readonly p10: T;
  readonly median: T;
  readonly p90: T;
  readonly most: T;
}

export interface AssetView {
  readonly token: string;
  readonly channels: number;
  readonly capacity: Money;
  readonly channelCapacity: SpreadView<Money>;
}

/** As src/api/figures.ts defines each. */
export interface FiguresView {
  readonly nodes: number;
  readonly channels: number;
  readonly announced: number | null;
  readonly closing: number;
  readonly ended: number;
  readonly assets: readonly AssetView[];
  readonly opened: number;
  readonly closed: number;
  readonly loneCloses: number;
  readonly disputes: number;
  readonly convictions: number;
  readonly degree: SpreadView<number> | null;
  readonly feePpm: SpreadView<number> | null;
}

export interface NodeLine {
  readonly node: string;
  /** Null if the node that serves this does not know one. */
  readonly alias: string | null;
  readonly channels: number;
  readonly capacity: readonly Money[];
  /** When its first channel was opened. */
  readonly since: string;
}

export interface ChannelLine {
  readonly channel: string;
  readonly nodes: readonly [a: string, b: string];
  readonly aliases: readonly [a: string | null, b: string | null];
  readonly phase: "open" | "closing" | "ended";
  readonly token: string;
  readonly capacity: Money;
  readonly opened: string;
  /** Until when a close can be answered; null if none has begun. */
  readonly deadline: string | null;
  readonly how: "agreed" | "settled" | "convicted" | null;
}

export interface Overview {
  readonly status: ExplorerStatus;
  readonly figures: FiguresView;
  readonly top: {
    readonly byCapacity: readonly NodeLine[];
    readonly byChannels: readonly NodeLine[];
    readonly largest: readonly ChannelLine[];
    readonly newest: readonly ChannelLine[];
  };
  readonly recent: readonly ExplorerEvent[];
}

export interface GrowthDay {
  /** UTC. */
  readonly day: string;
  readonly nodes: number;
  readonly channels: number;
  readonly capacity: readonly Money[];
  readonly opened: number;
  readonly closed: number;
  readonly loneCloses: number;
  readonly disputes: number;
  readonly convictions: number;
}

/** The open channels, for drawing; an end is the place of its node in `nodes`. */
export interface GraphView {
  readonly nodes: readonly string[];
  readonly aliases: readonly (string | null)[];
  readonly edges: readonly (readonly [a: number, b: number])[];
}

export interface NodeDetail extends NodeLine {
  /** Accounts that fund its channels and are paid. */
  readonly owners: readonly string[];
  readonly closing: number;
  readonly ended: number;
  /** Lost by a conviction, and won by one. */
  readonly convicted: number;
  readonly victim: number;
}

export interface PolicyView {
  readonly node: string;
  readonly feeBase: Money;
  readonly feePpm: number;
  readonly minAmount: Money;
  readonly maxAmount: Money;
  readonly claimSeconds: number;
  readonly enabled: boolean;
}

export interface ChannelDetail extends ChannelLine {
  readonly life: number;
  readonly owners: readonly [a: string, b: string];
  readonly deposits: readonly [a: Money, b: Money];
  readonly challengeSeconds: number;
  readonly recoverySeconds: number;
  readonly resizes: number;
  readonly closer: "A" | "B" | null;
  readonly humble: boolean;
  readonly disputed: boolean;
  readonly paid: readonly [a: Money, b: Money] | null;
  /** Of each end that told one; null where nobody tells fees. */
  readonly policies: readonly PolicyView[] | null;
  /** Oldest first. */
  readonly events: readonly ExplorerEvent[];
  /** Other lives of the same Params. */
  readonly otherLives: readonly { readonly channel: string; readonly life: number }[];
}

export interface ExplorerEvent {
  readonly cursor: number;
  readonly kind: string;
  readonly block: number;
  readonly at: string;
  readonly transaction: string;
  readonly channel: string;
  readonly nodes: readonly [a: string, b: string] | null;
  readonly details: Readonly<Record<string, Money | string | number | boolean>>;
}

export interface Found {
  readonly kind: "node" | "owner" | "channel" | "transaction";
  /** For an owner, a node that it funds; for a transaction, a channel that it changed. */
  readonly id: string;
  readonly text: string;
}

/** What each call answers with. */
export interface ExplorerAnswers {
  readonly status: ExplorerStatus;
  readonly overview: Overview;
  readonly growth: Page<GrowthDay>;
  readonly graph: GraphView;
  readonly node: NodeDetail;
  readonly channelsOf: Page<ChannelLine>;
  readonly channel: ChannelDetail;
  readonly search: Page<Found>;
  readonly events: Page<ExplorerEvent>;
}
