import { laneDigest } from "../eip712.ts";
import { knownPolicies } from "../graph.ts";
import { heldProof } from "../lane-held.ts";
import { ownStateAt, resend } from "../lane-own.ts";
import { stateBody } from "../locks.ts";
import type { Message } from "../messages.ts";
import type { NodeId } from "../types.ts";
import { askForPayment } from "./claims.ts";
import { dropUnsigned } from "./leave.ts";
import { onProofOfLoss, sendRecover } from "./recovery.ts";
import { sendStop } from "./shutdown.ts";
import type { Channel } from "./state.ts";
import { countedDeposits, hasResumed, isLive } from "./terms.ts";
import { dropMessage, notify, putChannel, send, type Work } from "./work.ts";

type Resume = Extract<Message, { kind: "resume" }>;

export function onConnected(work: Work, peer: NodeId): void {
  work.state = { ...work.state, connected: work.state.connected.with(peer, []) };
  for (const signed of knownPolicies(work.state.graph)) send(work, peer, { kind: "policy", signed });
  for (const channel of channelsWith(work, peer)) greet(work, channel);
}

export function onDisconnected(work: Work, peer: NodeId): void {
  work.state = { ...work.state, connected: work.state.connected.without(peer) };
  work.ctx.keys.forget(peer);
  for (const { channel } of channelsWith(work, peer)) dropUnsigned(work, channel);
}

function channelsWith({ state }: Work, peer: NodeId): readonly Channel[] {
  const ids = state.graph.channelsOf.get(peer) ?? [];
  return ids.flatMap((id) => {
    const channel = state.channels.get(id);
    return channel === undefined ? [] : [channel];
  });
}

/** What each side says first about a channel: how far it has signed and read, and which deposits it sees. */
export function greet(work: Work, channel: Channel): void {
  const { phase, peer } = channel;
  if (phase.kind === "leaving" || phase.kind === "closing") return;
  if (phase.kind === "frozen") {
    sendRecover(work, channel);
    return;
  }
  sendResume(work, channel);
  send(work, peer, { kind: "seen", channel: channel.channel, deposits: countedDeposits(channel) });
}

function sendResume(work: Work, channel: Channel): void {
  const { peer, own, held } = channel;
  const proof = heldProof(work.ctx.crypto, held);
  send(work, peer, {
    kind: "resume",
    channel: channel.channel,
    ownSeq: own.newest.seq,
    heldSeq: held.newest.seq,
    held: proof === null ? null : { body: proof.body, signature: proof.signature },
  });
}

/** The peer tells how far it is: it gets what it lacks, and all that it may have missed (section 3.5). */
export function onResume(work: Work, from: NodeId, resume: Resume): void {
  const channel = work.state.channels.get(resume.channel);
  if (channel === undefined || !(isLive(channel) || channel.phase.kind === "stopped")) return;
  const { own } = channel;
  if (!isProven(work, channel, resume)) {
    dropMessage(work, from, `no proof that we signed state ${resume.heldSeq} of channel ${resume.channel}`);
    return;
  }
  const known = ownStateAt(own, resume.heldSeq);
  const missing = resend(own, resume.heldSeq);
  const differs =
    known !== null && resume.held !== null && stateBody(work.ctx.crypto, known) !== resume.held.body;
  if (missing.kind === "weLostData" || differs) {
    freeze(work, channel, resume);
    return;
  }
  if (missing.kind === "peerLostData") {
    const why = `the peer holds state ${resume.heldSeq} of channel ${resume.channel}, but acknowledged ${missing.acked}`;
    dropMessage(
      work,
      from,
      `${why}: it lost data and signs no more; offer it a cooperative close or close alone`,
    );
    return;
  }
  markResumed(work, channel);
  send(work, from, { kind: "seen", channel: resume.channel, deposits: countedDeposits(channel) });
  for (const update of missing.updates) send(work, from, update);
  repeatRequests(work, channel);
}

/** What had to wait is signed at the end of the batch. */
function markResumed(work: Work, channel: Channel): void {
  const { connected } = work.state;
  const resumed = connected.get(channel.peer);
  if (resumed === undefined || hasResumed(work.state, channel)) return;
  const known = resumed === true ? [] : resumed;
  work.state = { ...work.state, connected: connected.with(channel.peer, [...known, channel.channel]) };
  work.touched.add(channel.channel);
  // A peer that saw the opening first said so before we knew the channel, and was not heard.
  if (channel.peerSeen === null) sendResume(work, channel);
}

function isProven({ ctx, state }: Work, { channel }: Channel, { heldSeq, held }: Resume): boolean {
  if (held === null) return heldSeq === 0;
  const digest = laneDigest(ctx.crypto, ctx.domain, channel, heldSeq, held.body);
  return ctx.crypto.recover(digest, held.signature) === state.config.self;
}

/** [REC-6] A newer signature of ours than we know of: our data is not the newest, in this channel or any other. */
function freeze(work: Work, { own }: Channel, { heldSeq }: Resume): void {
  const known = own.newest.seq;
  onProofOfLoss(
    work,
    `the peer holds our signature on state ${heldSeq}; the newest state that we know of is ${known}`,
  );
}

function repeatRequests(work: Work, channel: Channel): void {
  const { channel: id, peer, phase, incoming } = channel;
  for (const lock of incoming) {
    if (lock.fate.kind === "failed")
      send(work, peer, { kind: "fail", channel: id, id: lock.id, failure: lock.fate.failure });
    else askForPayment(work, id, lock);
  }
  if (phase.kind === "stopped" || (phase.kind === "shutdown" && phase.sent)) {
    send(work, peer, { kind: "shutdown", channel: id });
  }
  sendStop(work, channel);
}

/** The peer sees these deposits final: we may spend by the smaller of both views [LANE-5]. */
export function onSeen(work: Work, { channel: id, deposits }: Extract<Message, { kind: "seen" }>): void {
  const channel = work.state.channels.get(id);
  if (channel === undefined) return;
  putChannel(work, { ...channel, peerSeen: deposits });
  if (channel.peerSeen === null) notify(work, { kind: "channelUsable", channel: id, peer: channel.peer });
}
