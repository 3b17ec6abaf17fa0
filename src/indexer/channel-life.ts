import type { ChannelChange, Units } from "../chain/channel-change.ts";
import type { Address, ChannelId, Hex, Side, UnixSeconds } from "../protocol/types.ts";

/** Where and when something happened. */
export interface Moment {
  readonly block: number;
  readonly time: UnixSeconds;
  readonly transaction: Hex;
}

/** One life of a channel, as its events tell it so far. */
export interface ChannelLife {
  readonly channel: ChannelId;
  readonly life: number;
  readonly ownerA: Address;
  readonly ownerB: Address;
  readonly signerA: Address;
  readonly signerB: Address;
  readonly token: Address;
  readonly challengeSeconds: number;
  readonly recoverySeconds: number;
  readonly salt: string;
  readonly opened: Moment;
  readonly depositA: Units;
  readonly depositB: Units;
  readonly resizes: number;
  readonly phase: "open" | "closing" | "ended";
  /** The first lone close; null if there was none. */
  readonly closed: (Moment & { readonly closer: Side; readonly humble: boolean }) | null;
  /** Until when the newest close can be answered; null if there was none. */
  readonly deadline: UnixSeconds | null;
  /** Whether the other side answered or replaced the close, or convicted the closer. */
  readonly disputed: boolean;
  /** Null until its life is over. */
  readonly ended: (Moment & { readonly how: HowEnded; readonly paidA: Units; readonly paidB: Units }) | null;
}

/** By both sides' agreement, after a lone close, or by a conviction. */
export type HowEnded = "agreed" | "settled" | "convicted";

/** What becomes of a channel by one event; null before its first. Throws if it cannot follow. */
export function afterChange(
  life: ChannelLife | null,
  channel: ChannelId,
  change: ChannelChange,
  at: Moment,
): ChannelLife {
  if (change.kind === "opened") return openedLife(channel, change, at);
  if (life === null) throw new Error(`${change.kind} of channel ${channel} came before its opening`);
  switch (change.kind) {
    case "deposited":
      return { ...life, depositA: change.depositA, depositB: change.depositB };
    case "resized": {
      const { depositA, depositB, count } = change;
      return { ...life, depositA, depositB, resizes: count };
    }
    case "closing": {
      const { closer, humble } = change.record;
      const closed = life.closed ?? { ...at, closer, humble };
      const disputed = life.disputed || life.closed !== null;
      return { ...life, phase: "closing", closed, deadline: change.deadline, disputed };
    }
    case "answered":
      return { ...life, disputed: true };
    case "settled":
      return life;
    case "ended": {
      const how = life.closed === null ? "agreed" : "settled";
      return { ...life, phase: "ended", ended: { ...at, how, paidA: change.paidA, paidB: change.paidB } };
    }
    case "convicted": {
      const [paidA, paidB] = change.closer === "A" ? ["0", change.spoils] : [change.spoils, "0"];
      const ended = { ...at, how: "convicted", paidA, paidB } as const;
      return { ...life, phase: "ended", disputed: true, ended };
    }
  }
}

function openedLife(
  channel: ChannelId,
  change: Extract<ChannelChange, { kind: "opened" }>,
  opened: Moment,
): ChannelLife {
  const { life, ownerA, ownerB, signerA, signerB, token, depositA, depositB } = change;
  const { challengeSeconds, recoverySeconds, salt } = change;
  return {
    ...{ channel, life, ownerA, ownerB, signerA, signerB, token },
    ...{ challengeSeconds, recoverySeconds, salt, depositA, depositB, opened },
    ...{ resizes: 0, phase: "open", closed: null, deadline: null, disputed: false, ended: null },
  };
}

/** What the deposits are together: no payment through the channel can be greater. */
export function capacityOf({ depositA, depositB }: Pick<ChannelLife, "depositA" | "depositB">): bigint {
  return BigInt(depositA) + BigInt(depositB);
}
