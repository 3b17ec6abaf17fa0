import { otherSide } from "../identity.ts";
import type { Checkpoint } from "../chain-facts.ts";
import type { HeldView } from "../lane-held.ts";
import { type LaneTerms, type LockFate, reserveOf } from "../lane.ts";
import { spendable, type Spendable } from "../lane-own.ts";
import type { ChainLock, Deposits, Domain, Lock } from "../types.ts";
import type { Channel, KnownSecret, NodeState } from "./state.ts";
import type { Work } from "./work.ts";

function lesser(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}

/**
 * A close is answered within the challenge period: one claimTime to see it final, which may take as long as anything
 * that a node wants on chain, and one to get the answer there. The same is left for showing a list [LOCK-1].
 */
export function leastChallengePeriod(claimTime: number): number {
  return 2 * claimTime;
}

/** While a resize is signed and neither final nor expired, both count the smaller deposits [NODE-7]. */
export function countedDeposits({ deposits, resize }: Channel): Deposits {
  if (resize === null) return deposits;
  const { A, B } = resize.changes;
  return { A: deposits.A + lesser(A, 0n), B: deposits.B + lesser(B, 0n) };
}

/** Our lane: of our deposit counts what both have seen final [LANE-5]. */
export function ownTerms(domain: Domain, channel: Channel, state: NodeState): LaneTerms {
  const { side, opened, peerSeen } = channel;
  return {
    channel: channel.channel,
    domain,
    payer: state.config.self,
    deposit: peerSeen === null ? 0n : lesser(countedDeposits(channel)[side], peerSeen[side]),
    reserve: reserveOf(opened),
    reserveBasis: opened[side],
  };
}

/** The peer's lane: what is final in our view. */
function heldTerms(domain: Domain, of: Channel): LaneTerms {
  const { channel, side, opened, peer } = of;
  const theirs = otherSide(side);
  return {
    channel,
    domain,
    payer: peer,
    deposit: countedDeposits(of)[theirs],
    reserve: reserveOf(opened),
    reserveBasis: opened[theirs],
  };
}

/** [NODE-4] by our newest final block. */
export function fateOf(state: NodeState, lock: Lock): LockFate {
  if (isRecorded(state, lock)) return "recorded";
  return state.head.time >= lock.expiry ? "dead" : "open";
}

function isRecorded(state: NodeState, lock: Lock): boolean {
  if (lock.kind === "chain") return (newestInTime(state, lock)?.index ?? 0) > lock.start;
  const time = state.recorded.get(lock.hash);
  return time !== undefined && time < lock.expiry;
}

/** The checkpoint that gives most of a chain lock; null if none is in time. */
export function newestInTime({ checkpoints }: NodeState, lock: ChainLock): Checkpoint | null {
  return checkpoints.get(lock.commitment)?.findLast(({ time }) => time < lock.expiry) ?? null;
}

/** The witness of a lock, if we know it. */
export function knownSecret({ secrets }: NodeState, lock: Lock): KnownSecret | undefined {
  return lock.kind === "hash" ? secrets.get(lock.hash) : undefined;
}

export function heldView(work: Work, channel: Channel): HeldView {
  return {
    crypto: work.ctx.crypto,
    terms: heldTerms(work.ctx.domain, channel),
    own: channel.own,
    fateOf: (lock) => fateOf(work.state, lock),
  };
}

/** Open for new payments of ours: both sides have seen its deposits final [LANE-5]. */
export function isUsable({ phase, peerSeen }: Channel): boolean {
  return phase.kind === "open" && peerSeen !== null;
}

/** Whether lane states are still exchanged. */
export function isLive({ phase }: Channel): boolean {
  return phase.kind === "open" || phase.kind === "shutdown";
}

/**
 * Whether the peer has shown on this connection what it holds of our lane. Before that nothing is signed: our store may
 * be an old copy that is taken for the newest, and would sign one number twice [NODE-2].
 */
export function hasResumed({ connected }: NodeState, { channel, peer }: Channel): boolean {
  const resumed = connected.get(peer);
  return resumed === true || (resumed?.includes(channel) ?? false);
}

export function freeIn(domain: Domain, state: NodeState, channel: Channel): Spendable {
  return spendable(channel.own, channel.held, ownTerms(domain, channel, state));
}
