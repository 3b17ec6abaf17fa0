import { headOf } from "../locks.ts";
import { withdraw } from "../lane-own.ts";
import type { ChannelId } from "../types.ts";
import { forgetRent } from "./attempts.ts";
import { endUnpaid } from "./claims.ts";
import { signLane } from "./signing.ts";
import type { Channel } from "./state.ts";
import { hasResumed, isLive } from "./terms.ts";
import { notify, outgoingLock, putChannel, submit, updateChannel, type Work } from "./work.ts";

/** Decides to close alone [NODE-5]: from now on nothing is signed or accepted in the channel. */
export function leave(work: Work, id: ChannelId, why: string): void {
  const channel = work.state.channels.get(id);
  if (channel === undefined) return;
  if (channel.lost !== null) return;
  goTo(work, channel, why, false);
}

/** [REC-7] The way out of who lost data: nothing that the peer may show convicts. */
export function leaveHumbly(work: Work, channel: Channel): void {
  goTo(work, channel, "asked for by the owner, whose data is not the newest", true);
}

function goTo(work: Work, channel: Channel, why: string, humble: boolean): void {
  const { channel: id, phase } = channel;
  if (phase.kind === "leaving" || phase.kind === "closing") return;
  dropUnsigned(work, id);
  if (!humble) signWaiting(work, id);
  updateChannel(work, id, (now) => ({ ...now, phase: { kind: "leaving", why, humble } }));
  notify(work, { kind: "decision", channel: id, what: "close", why });
  submitClose(work, id);
}

/**
 * What waits for the peer to be back counts in the close, as the ends of dead locks, which would hold up our money. The
 * close says that our store is the newest, whatever it declares.
 */
function signWaiting(work: Work, id: ChannelId): void {
  const channel = work.state.channels.get(id);
  if (channel === undefined || !isLive(channel) || hasResumed(work.state, channel)) return;
  if (channel.own.queue.length > 0) signLane(work, channel);
}

/** Locks that wait to be signed never will be: whoever paid us for them gets them back. */
export function dropUnsigned(work: Work, id: ChannelId): void {
  const channel = work.state.channels.get(id);
  if (channel === undefined) return;
  const { own, withdrawn } = withdraw(channel.own, (change) => change.kind === "add");
  if (withdrawn.length === 0) return;
  putChannel(work, { ...channel, own });
  for (const change of withdrawn) {
    const out = change.kind === "add" ? outgoingLock(work, id, change.id) : undefined;
    if (out === undefined) continue;
    if (out.origin.kind === "payment") forgetRent(work, out.lock.hash, out.origin.part);
    endUnpaid(work, id, out, "peer_offline");
  }
}

/** Asked for again at each final block until the chain shows the close. */
export function submitClose(work: Work, id: ChannelId): void {
  const channel = work.state.channels.get(id);
  if (channel?.phase.kind !== "leaving") return;
  const { params, life, own, held } = channel;
  submit(work, {
    kind: "close",
    key: `close:${id}`,
    params,
    life,
    own: own.newest,
    theirs: headOf(work.ctx.crypto, held.newest),
    theirSignature: held.signature,
    ...(channel.phase.humble ? { humble: true } : {}),
  });
}
