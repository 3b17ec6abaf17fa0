import { cooperativeCloseDigest } from "../eip712.ts";
import { owesAck } from "../lane-own.ts";
import type { Message } from "../messages.ts";
import type { ChannelId, NodeId } from "../types.ts";
import { dropUnsigned } from "./leave.ts";
import type { Channel, Phase, StopSignature } from "./state.ts";
import { dropMessage, putChannel, send, submit, type Work } from "./work.ts";

/** For how long a signature on the cooperative close holds; the lanes it follows from never change again. */
const CLOSE_VALID_SECONDS = 30 * 24 * 3600;

type Shutdown = Extract<Phase, { kind: "shutdown" }>;
/** Both have to sign the same end now. */
type Agreeing = Extract<Phase, { kind: "stopped" | "frozen" }>;

const BEGINNING: Shutdown = { kind: "shutdown", asked: false, sent: false, received: false, theirs: null };

/** Begins a cooperative close, ours or the peer's [NODE-5]. */
export function beginShutdown(work: Work, id: ChannelId, by: "us" | "peer"): void {
  const channel = work.state.channels.get(id);
  if (channel === undefined) return;
  const { phase } = channel;
  if (phase.kind !== "open" && phase.kind !== "shutdown") return;
  const before = phase.kind === "shutdown" ? phase : BEGINNING;
  const next = by === "us" ? { ...before, asked: true } : { ...before, received: true };
  putChannel(work, { ...channel, phase: next });
  dropUnsigned(work, id);
}

/** After each batch's signing: says `shutdown` when all that is queued is signed, `stop` when both lanes are at rest. */
export function advanceShutdown(work: Work, id: ChannelId): void {
  const channel = work.state.channels.get(id);
  if (channel?.phase.kind !== "shutdown") return;
  let { phase } = channel;
  if (!phase.sent && !channel.own.queue.some(({ kind }) => kind === "pay" || kind === "add")) {
    phase = { ...phase, sent: true };
    putChannel(work, { ...channel, phase });
    send(work, channel.peer, { kind: "shutdown", channel: id });
  }
  if (phase.sent && phase.received && isAtRest(channel)) stop(work, channel, phase);
}

/** Free of locks, and nobody has anything left to acknowledge: then neither lane can change any more. */
function isAtRest({ own, held }: Channel): boolean {
  const free = own.newest.locks.length === 0 && held.newest.locks.length === 0;
  const acked = own.tail.every(({ update }) => update.changes.length === 0);
  return free && acked && own.queue.length === 0 && !owesAck(own, held);
}

function stop(work: Work, channel: Channel, { asked, theirs }: Shutdown): void {
  const ours = signClose(work, channel, transferOf(channel));
  const stopped: Channel = {
    ...channel,
    phase: { kind: "stopped", asked, ours, theirs: null, signedAt: null },
  };
  putChannel(work, stopped);
  sendStop(work, stopped);
  if (theirs !== null) takeSignature(work, channel.channel, theirs);
}

function transferOf({ side, own, held }: Channel): bigint {
  const net = own.newest.sent - held.newest.sent;
  return side === "A" ? net : -net;
}

/** Our signature on the end of a channel whose lanes never change again. */
export function signClose({ ctx, state }: Work, channel: Channel, transfer: bigint): StopSignature {
  const validUntil = state.head.time + CLOSE_VALID_SECONDS;
  const close = { channel: channel.channel, transfer, validUntil };
  return {
    transfer,
    validUntil,
    signature: ctx.signer.sign(cooperativeCloseDigest(ctx.crypto, ctx.domain, close)),
  };
}

/** Both messages at once, and again after each reconnection. */
export function sendStop(work: Work, { channel, peer, own, held, phase }: Channel): void {
  if (phase.kind !== "stopped") return;
  send(work, peer, { kind: "stop", channel, lastSeq: own.newest.seq, heldSeq: held.newest.seq });
  send(work, peer, { kind: "closing", channel, ...phase.ours });
}

export function onStop(work: Work, from: NodeId, message: Extract<Message, { kind: "stop" }>): void {
  const channel = work.state.channels.get(message.channel);
  if (channel === undefined || (channel.phase.kind !== "shutdown" && channel.phase.kind !== "stopped"))
    return;
  const [lastSeq, heldSeq] = [channel.held.newest.seq, channel.own.newest.seq];
  if (message.lastSeq === lastSeq && message.heldSeq === heldSeq) return;
  const said = `stop at states ${message.lastSeq} and ${message.heldSeq}`;
  dropMessage(work, from, `${said}, but ours are ${lastSeq} and ${heldSeq}; close alone if the peer insists`);
}

/** The peer's signature on the cooperative close; it may be at rest, and say so, before we are. */
export function onClosing(work: Work, from: NodeId, message: Extract<Message, { kind: "closing" }>): void {
  const channel = work.state.channels.get(message.channel);
  if (channel === undefined || !canAgree(channel.phase)) return;
  const { transfer, validUntil, signature } = message;
  const digest = cooperativeCloseDigest(work.ctx.crypto, work.ctx.domain, message);
  if (work.ctx.crypto.recover(digest, signature) !== channel.peer) {
    dropMessage(work, from, "cooperative close that the peer did not sign");
    return;
  }
  const theirs = { transfer, validUntil, signature };
  if (channel.phase.kind !== "shutdown" && channel.phase.ours !== null)
    takeSignature(work, channel.channel, theirs);
  else putChannel(work, { ...channel, phase: { ...channel.phase, theirs } });
}

function canAgree(phase: Phase): phase is Shutdown | Agreeing {
  return phase.kind === "shutdown" || phase.kind === "stopped" || phase.kind === "frozen";
}

/** The other side's signature, once ours is there to be compared with it. */
export function takeSignature(work: Work, id: ChannelId, theirs: StopSignature): void {
  const channel = work.state.channels.get(id);
  if (channel === undefined) return;
  const { phase, peer } = channel;
  if ((phase.kind !== "stopped" && phase.kind !== "frozen") || phase.ours === null) return;
  const expected = phase.ours.transfer;
  if (theirs.transfer !== expected) {
    const why = `cooperative close with transfer ${theirs.transfer}, but the final states give ${expected}`;
    dropMessage(work, peer, why);
    return;
  }
  const signedAt = phase.signedAt ?? work.state.head.time;
  putChannel(work, { ...channel, phase: { ...phase, theirs, signedAt } });
  submitCooperative(work, channel.channel);
}

/** The side that asked submits; after a claimTime the other does so too. */
export function submitCooperative(work: Work, id: ChannelId): void {
  const channel = work.state.channels.get(id);
  if (channel?.phase.kind !== "stopped" && channel?.phase.kind !== "frozen") return;
  const { ours, theirs } = channel.phase;
  if (ours === null || theirs === null || !isOurTurn(work, channel.phase)) return;
  const { params, life } = channel;
  const due = { by: theirs.validUntil, stakes: [] };
  submit(work, { kind: "closeCooperatively", key: `closeCooperatively:${id}`, due, params, life, ...theirs });
}

function isOurTurn({ state }: Work, { asked, signedAt }: Agreeing): boolean {
  return asked || (signedAt !== null && state.head.time >= signedAt + state.config.claimTime);
}
