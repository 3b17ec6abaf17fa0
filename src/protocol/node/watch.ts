import { forgetExpired } from "../onion/replays.ts";
import type { ChannelId } from "../types.ts";
import { answerIfUseful, settleIfUseful } from "./closing.ts";
import { commitmentOf } from "../locks.ts";
import { endGatherings } from "./gather.ts";
import { leave, submitClose } from "./leave.ts";
import { forgetQuotas } from "./quotas.ts";
import { forgetOpenings } from "./openings.ts";
import { expireDead, queuedWins } from "./outgoing.ts";
import { advanceRecovery } from "./recovery.ts";
import { claimKnown, forgetSettled, recordDue } from "./records.ts";
import { tendResize } from "./resize.ts";
import { submitCooperative } from "./shutdown.ts";
import { forgetHistories } from "./shares.ts";
import type { Channel } from "./state.ts";
import { fateOf, isLive, knownSecret } from "./terms.ts";
import { retryHeld } from "./updates.ts";
import { short, updateChannel, type Work } from "./work.ts";

/** A new final block: asks again for everything that the state still wants from the chain or from time. */
export function onHead(work: Work, head: { readonly number: number; readonly time: number }): void {
  const { number, time } = head;
  work.state = { ...work.state, head: { number, time } };
  const ids = [...work.state.channels.keys()];
  for (const id of ids) retryHeld(work, id);
  claimKnown(work);
  for (const id of ids) {
    const channel = work.state.channels.get(id);
    if (channel !== undefined) expireDead(work, channel);
    submitClose(work, id);
    advanceRecovery(work, id);
    submitCooperative(work, id);
    tendResize(work, id);
    answerIfUseful(work, id);
    settleIfUseful(work, id);
  }
  endGatherings(work);
  recordDue(work);
  forgetSettled(work);
  forgetPackets(work);
  forgetQuotas(work);
  forgetOpenings(work);
  forgetHistories(work);
}

/** What has expired is refused for that. */
function forgetPackets(work: Work): void {
  let { seen } = work.state;
  for (const [peer, packets] of seen.entries()) {
    const left = forgetExpired(packets, work.state.head.time);
    if (left === null) seen = seen.without(peer);
    else if (left !== packets) seen = seen.with(peer, left);
  }
  work.state = { ...work.state, seen };
}

/**
 * After the signing of a batch with a new block: leaves channels whose peer lets a lock stand beyond its expiry.
 * The second such block decides, because the peer sees the end of a lock no earlier than we do.
 */
export function leaveOverdue(work: Work): void {
  for (const channel of [...work.state.channels.values()]) {
    if (!isLive(channel)) continue;
    const why = whyOverdue(work, channel);
    if (why === null) {
      if (channel.overdueSince !== null) mark(work, channel.channel, null);
    } else if (channel.overdueSince === null) {
      mark(work, channel.channel, work.state.head.time);
    } else if (channel.overdueSince < work.state.head.time) {
      leave(work, channel.channel, why);
    }
  }
}

function mark(work: Work, id: ChannelId, overdueSince: number | null): void {
  updateChannel(work, id, (channel) => ({ ...channel, overdueSince }));
}

function whyOverdue({ state }: Work, channel: Channel): string | null {
  const { incoming, outgoing, peer } = channel;
  for (const { lock, fate } of incoming) {
    if (lock.expiry > state.head.time || fate.kind === "failed") continue;
    if (knownSecret(state, lock) === undefined || fateOf(state, lock) !== "recorded") continue;
    return `lock ${short(commitmentOf(lock))} of ${lock.amount} was recorded in time, but the peer has not paid it`;
  }
  if (state.connected.has(peer)) return null;
  const given = queuedWins(channel);
  const late = [...incoming, ...outgoing.filter(({ id, won }) => !won && !given.has(id))].find(
    ({ lock }) => lock.expiry <= state.head.time,
  );
  if (late === undefined) return null;
  const { lock } = late;
  return `lock ${short(commitmentOf(lock))} expired at ${lock.expiry} and the peer is not there to resolve it`;
}
