import type { Crypto } from "../protocol/crypto.ts";
import { reserveOf } from "../protocol/lane.ts";
import { headOf } from "../protocol/locks.ts";
import type { NodeState } from "../protocol/node/state.ts";
import { fateOf, knownSecret } from "../protocol/node/terms.ts";
import type { WitnessDue } from "../protocol/tower.ts";
import type { Engine } from "./engine.ts";
import type { Amount, ChannelId, LaneHead, Params, Seq, Side, Signature } from "../protocol/types.ts";

/** The newest state of a peer's lane, as a tower can show it for us. */
export interface Guardable {
  readonly channel: ChannelId;
  readonly params: Params;
  readonly life: number;
  /** Ours. */
  readonly side: Side;
  readonly seq: Seq;
  readonly signature: Signature;
  /** What a cheater loses in any case: no tower may be promised more. */
  readonly reserve: Amount;
  /** Walks the list of locks. */
  head(): LaneHead;
}

/** What towers are to know of this node, and what it knows that they can prove. */
export interface Guarded {
  /** Newest states of the peers' lanes. */
  lanes(): readonly Guardable[];
  /** Witnesses that are to be recorded if nobody pays for them. */
  unpaid(): readonly WitnessDue[];
  /** What is known of each channel, to hold towers' records against. */
  known(): readonly Known[];
  /** Whether this node goes on from what others and a backup gave it. */
  isRestored(): boolean;
  /** Calls each time that something has become durable, until the returned function is called. */
  onDurable(listener: () => void): () => void;
}

export function guardedBy(engine: Engine): Guarded {
  return {
    lanes: () => guardableIn(engine.state, engine.ctx.crypto),
    unpaid: () => unpaidIn(engine.state),
    known: () => knownIn(engine.state),
    isRestored: () => engine.state.restored !== null,
    onDurable: (listener) => engine.onDurable(listener),
  };
}

/** Of all channels in which the peer has signed something; a channel that lost data may know less than towers do. */
function guardableIn(state: NodeState, crypto: Crypto): readonly Guardable[] {
  return [...state.channels.values()].flatMap(({ channel, params, life, side, held, opened, lost }) => {
    const { newest, signature } = held;
    if (signature === null || lost !== null) return [];
    const { seq } = newest;
    const head = (): LaneHead => headOf(crypto, newest);
    return [{ channel, params, life, side, seq, signature, reserve: reserveOf(opened), head }];
  });
}

/** Witnesses of ours for which we are not paid, with the end of their last lock; first those that end first. */
function unpaidIn(state: NodeState): readonly WitnessDue[] {
  const due = new Map<WitnessDue["secret"], number>();
  for (const { incoming } of state.channels.values()) {
    for (const { lock, fate } of incoming) {
      const known = knownSecret(state, lock);
      if (known === undefined || fate.kind === "failed" || fateOf(state, lock) !== "open") continue;
      due.set(known.secret, Math.max(due.get(known.secret) ?? 0, lock.expiry));
    }
  }
  return [...due].map(([secret, before]) => ({ secret, before })).sort((a, b) => a.before - b.before);
}

/** What is known of a channel, to hold a tower's record against. */
export interface Known {
  readonly channel: ChannelId;
  readonly params: Params;
  readonly life: number;
  readonly side: Side;
  /** Of the newest state of the peer's lane. */
  readonly heldSeq: Seq;
  /** Of the newest state of ours. */
  readonly ownSeq: Seq;
  readonly isLost: boolean;
}

function knownIn(state: NodeState): readonly Known[] {
  return [...state.channels.values()].map(({ channel, params, life, side, held, own, lost }) => ({
    ...{ channel, params, life, side, isLost: lost !== null },
    ...{ heldSeq: held.newest.seq, ownSeq: own.newest.seq },
  }));
}
