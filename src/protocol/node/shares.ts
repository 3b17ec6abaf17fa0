import { totalOf, weightOf } from "../locks.ts";
import { MAX_LOCK_WEIGHT } from "../lane.ts";
import type { Amount, NodeId, UnixSeconds } from "../types.ts";
import type { Channel, History, NodeState, OutgoingLock } from "./state.ts";
import type { Work } from "./work.ts";

const DAY = 86_400;
/** What counts is won in this period or the one before; who brings nothing for so long is forgotten. */
export const HISTORY_PERIOD = 14 * DAY;
/** A neighbour has a history when the first of its locks was won so long ago, */
export const HISTORY_AGE = 3 * DAY;
/** and when so many of them were won. */
export const HISTORY_LOCKS = 10;

/** One part of so many of a lane [FEE-3]. */
const SHARE_WITH_HISTORY = 2;
const SHARE_WITHOUT = 10;

/** The history with periods that are over moved on; undefined if nothing of it counts any more. */
function historyAt(history: History | undefined, now: UnixSeconds): History | undefined {
  if (history === undefined) return undefined;
  const over = Math.floor(Math.max(0, now - history.period) / HISTORY_PERIOD);
  if (over === 0) return history;
  const wonBefore = over === 1 ? history.won : 0;
  if (wonBefore === 0) return undefined;
  return { since: history.since, period: history.period + over * HISTORY_PERIOD, won: 0, wonBefore };
}

export function hasHistory({ histories, head }: NodeState, neighbour: NodeId): boolean {
  const history = historyAt(histories.get(neighbour), head.time);
  if (history === undefined || head.time < history.since + HISTORY_AGE) return false;
  return history.won + history.wonBefore >= HISTORY_LOCKS;
}

/** A lock of this neighbour went on and was won. */
export function countWon(work: Work, neighbour: NodeId): void {
  const { histories, head } = work.state;
  const before = historyAt(histories.get(neighbour), head.time);
  const fresh = { since: head.time, period: head.time, won: 0, wonBefore: 0 };
  const history = before ?? fresh;
  work.state = { ...work.state, histories: histories.with(neighbour, { ...history, won: history.won + 1 }) };
}

/** At each final block: what does not count is not kept, nor is it of who has no channel with us any more. */
export function forgetHistories(work: Work): void {
  const { histories, head, graph, channels } = work.state;
  if (histories.size === 0) return;
  let left = histories;
  for (const [neighbour, history] of histories.entries()) {
    const hasChannel = (graph.channelsOf.get(neighbour) ?? []).some((id) => channels.has(id));
    const now = hasChannel ? historyAt(history, head.time) : undefined;
    if (now === undefined) left = left.without(neighbour);
    else if (now !== history) left = left.with(neighbour, now);
  }
  if (left !== histories) work.state = { ...work.state, histories: left };
}

/**
 * Whether another lock of this neighbour would fill more of a lane of ours than one may: of its slots, or of what it
 * could carry if it carried nothing now. `free`: what it can still carry.
 */
export function isOverShare(
  state: NodeState,
  lane: Channel,
  neighbour: NodeId,
  { amount, free }: { readonly amount: Amount; readonly free: Amount },
): boolean {
  const share = hasHistory(state, neighbour) ? SHARE_WITH_HISTORY : SHARE_WITHOUT;
  const standing = lane.outgoing.filter(({ won }) => !won);
  const theirs = standing.filter((out) => isFrom(state, out, neighbour));
  const slots = theirs.reduce((sum, { lock }) => sum + weightOf(lock), 1);
  if (slots > Math.floor(MAX_LOCK_WEIGHT / share)) return true;
  return totalOf(theirs) + amount > (free + totalOf(standing)) / BigInt(share);
}

function isFrom({ channels }: NodeState, { origin }: OutgoingLock, neighbour: NodeId): boolean {
  return origin.kind === "forward" && channels.get(origin.channel)?.peer === neighbour;
}
