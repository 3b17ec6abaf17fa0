import type { ChainFact } from "../chain-facts.ts";
import { resizeDigest } from "../eip712.ts";
import { withCapacity } from "../graph.ts";
import { otherSide } from "../identity.ts";
import type { Command } from "../inputs.ts";
import { solvencyOf } from "../lane-held.ts";
import type { Message } from "../messages.ts";
import type { Amount, ChannelId, Deposits, Digest, NodeId, Side } from "../types.ts";
import type { Channel, PendingResize } from "./state.ts";
import { countedDeposits, freeIn, heldView, isUsable } from "./terms.ts";
import { dropMessage, notify, putChannel, refuse, send, short, submit, type Work } from "./work.ts";

/** No peer can keep us from a resize of our own for longer by one of its. */
export const MAX_RESIZE_SECONDS = 24 * 3600;

type Ask = Extract<Message, { kind: "resize" }>;
type Agreement = Extract<Message, { kind: "resizeAgreed" }>;

function digestOf(
  { ctx }: Work,
  channel: ChannelId,
  { count, changes, validUntil }: Ask | PendingResize,
): Digest {
  const resize = { channel, count, changeA: changes.A, changeB: changes.B, validUntil };
  return resizeDigest(ctx.crypto, ctx.domain, resize);
}

/** Takes money out of an open channel, if the peer agrees: the side that shrinks signs first [NODE-7]. */
export function withdrawFrom(
  work: Work,
  index: number,
  command: Extract<Command, { kind: "withdraw" }>,
): void {
  const { channel: id, amount } = command;
  const channel = work.state.channels.get(id);
  const refused = whyNotWithdraw(work, channel, command);
  if (refused !== null || channel === undefined) {
    const { code, why } = refused ?? {
      code: "unknown_channel" as const,
      why: `there is no channel ${short(id)}`,
    };
    return refuse(work, index, { code, message: `nothing was withdrawn: ${why}` });
  }
  const { head, config } = work.state;
  const asked = {
    count: channel.resizes,
    changes: changesOf(channel.side, -amount),
    validUntil: head.time + Math.min(2 * config.claimTime, MAX_RESIZE_SECONDS),
    seq: channel.own.newest.seq,
  };
  const unsigned = { ...asked, by: "us" as const, agreed: null };
  const digest = digestOf(work, id, { ...unsigned, signature: NO_SIGNATURE });
  const resize: PendingResize = { ...unsigned, signature: work.ctx.signer.sign(digest) };
  putChannel(work, { ...channel, resize });
  ask(work, { ...channel, resize });
}

const NO_SIGNATURE = "0x" as PendingResize["signature"];

function changesOf(side: Side, change: bigint): Deposits {
  return side === "A" ? { A: change, B: 0n } : { A: 0n, B: change };
}

function whyNotWithdraw(
  { ctx, state }: Work,
  channel: Channel | undefined,
  { channel: id, amount }: { readonly channel: ChannelId; readonly amount: Amount },
) {
  const not = <C extends string>(code: C, why: string) => ({ code, why });
  if (channel === undefined)
    return not("unknown_channel" as const, `this node has no channel ${short(id)}; list the channels`);
  if (!isUsable(channel))
    return not(
      "channel_not_open" as const,
      `channel ${short(id)} is not open for payments; look at its status`,
    );
  if (channel.resize !== null) {
    const until = `it is over when it is final, or at ${channel.resize.validUntil}`;
    return not("withdrawal_under_way" as const, `channel ${short(id)} has a withdrawal under way; ${until}`);
  }
  if (!state.connected.has(channel.peer))
    return not(
      "peer_not_connected" as const,
      `${channel.peer} is not connected and has to agree; wait for it`,
    );
  if (amount < 1n) return not("bad_amount" as const, `the amount must be at least 1; given: ${amount}`);
  const { free } = freeIn(ctx.domain, state, channel);
  if (amount <= free) return null;
  const rest = "the reserve and what is locked stay";
  return not("not_enough_balance" as const, `${amount} is more than the ${free} that is free in it; ${rest}`);
}

function ask(work: Work, { channel, peer, resize }: Channel): void {
  if (resize?.by !== "us" || resize.agreed !== null) return;
  const { count, changes, validUntil, seq, signature } = resize;
  send(work, peer, { kind: "resize", channel, count, changes, validUntil, seq, signature });
}

/** The peer wants to take money out of its side. */
export function onResize(work: Work, from: NodeId, message: Ask): void {
  const channel = work.state.channels.get(message.channel);
  if (channel?.phase.kind !== "open") return;
  if (isSame(channel.resize, message)) return agree(work, channel);
  const wrong = whyWrong(work, channel, message);
  if (wrong !== null) {
    dropMessage(work, from, `resize of channel ${message.channel}: ${wrong}`);
    return;
  }
  if (!isCovered(work, channel, message)) return;
  const { count, changes, validUntil, seq, signature } = message;
  const agreed = work.ctx.signer.sign(digestOf(work, message.channel, message));
  const resize: PendingResize = { count, changes, validUntil, seq, by: "peer", signature, agreed };
  putChannel(work, { ...channel, resize });
  agree(work, { ...channel, resize });
}

function isSame(known: PendingResize | null, { count, changes, validUntil }: Ask): boolean {
  return (
    known?.by === "peer" &&
    known.count === count &&
    known.validUntil === validUntil &&
    known.changes.A === changes.A &&
    known.changes.B === changes.B
  );
}

/** What no later moment makes right. */
function whyWrong(work: Work, channel: Channel, message: Ask): string | null {
  const { side, resize, resizes, peer } = channel;
  const { count, changes, validUntil, signature } = message;
  const { time } = work.state.head;
  if (resize !== null)
    return `another one, of count ${resize.count}, is under way until ${resize.validUntil}`;
  if (count !== resizes) return `its count is ${count}, and the chain's ${resizes}`;
  if (changes[side] !== 0n) return `it changes our side by ${changes[side]}`;
  if (changes[otherSide(side)] >= 0n) return `it changes the peer's side by ${changes[otherSide(side)]}`;
  if (validUntil <= time || validUntil > time + MAX_RESIZE_SECONDS)
    return `it is valid until ${validUntil}, and it is ${time}`;
  if (work.ctx.crypto.recover(digestOf(work, message.channel, message), signature) !== peer)
    return "the peer did not sign it";
  return null;
}

/**
 * Whether the peer's lane is covered by what would be left, in all states that it had signed when it asked: those that
 * it signs later keep within the smaller deposit. If not, it asks again, and we may see a deposit or an ack meanwhile.
 */
function isCovered(work: Work, channel: Channel, { seq, changes }: Ask): boolean {
  const { held, side } = channel;
  if (held.newest.seq < seq || held.waiting !== null || held.early.length > 0) return false;
  const { needed, available } = solvencyOf(held, heldView(work, channel));
  return needed <= available + changes[otherSide(side)];
}

function agree(work: Work, channel: Channel): void {
  const { channel: id, peer, resize } = channel;
  if (resize?.by !== "peer" || resize.agreed === null) return;
  send(work, peer, { kind: "resizeAgreed", channel: id, count: resize.count, signature: resize.agreed });
  send(work, peer, { kind: "seen", channel: id, deposits: countedDeposits(channel) });
}

/** The peer has signed ours too: it can be sent. */
export function onResizeAgreed(work: Work, from: NodeId, message: Agreement): void {
  const channel = work.state.channels.get(message.channel);
  if (
    channel?.resize?.by !== "us" ||
    channel.phase.kind === "frozen" ||
    channel.resize.count !== message.count ||
    channel.resize.agreed !== null
  )
    return;
  const { resize } = channel;
  if (work.ctx.crypto.recover(digestOf(work, message.channel, resize), message.signature) !== channel.peer) {
    dropMessage(work, from, `agreement to a resize of channel ${message.channel} that the peer did not sign`);
    return;
  }
  const agreed: Channel = { ...channel, resize: { ...resize, agreed: message.signature } };
  putChannel(work, agreed);
  submitResize(work, agreed);
}

/** Whoever gains by it sends it, with the other's signature; its own transaction is its own. */
function submitResize(work: Work, { channel, params, life, side, resize }: Channel): void {
  if (resize === null) return;
  const { by, changes, validUntil, count } = resize;
  const signature = by === "us" ? resize.agreed : resize.signature;
  if (signature === null || (by === "peer" && changes[side] <= 0n)) return;
  submit(work, {
    kind: "resize",
    key: `resize:${channel}:${count}`,
    due: { by: validUntil, stakes: [] },
    params,
    life,
    changes,
    validUntil,
    signature,
  });
}

/** At each final block: asks and submits again, or forgets what can never come any more. */
export function tendResize(work: Work, id: ChannelId): void {
  const channel = work.state.channels.get(id);
  if (channel === undefined || channel.resize === null) return;
  const { resize, phase } = channel;
  if (work.state.head.time > resize.validUntil) return expire(work, channel);
  if (phase.kind === "open") ask(work, channel);
  // A channel that lost data ends with the deposits that it has.
  if (phase.kind !== "closing" && phase.kind !== "frozen") submitResize(work, channel);
}

function expire(work: Work, channel: Channel): void {
  const { channel: id, peer, resize, peerSeen, side } = channel;
  if (resize === null) return;
  // The peer may see the end of it later: until it says so, it counts the smaller deposit [LANE-5].
  const counted = countedDeposits(channel)[side];
  const seen = peerSeen === null || peerSeen[side] <= counted ? peerSeen : { ...peerSeen, [side]: counted };
  const now = { ...channel, resize: null, peerSeen: seen };
  putChannel(work, now);
  send(work, peer, { kind: "seen", channel: id, deposits: countedDeposits(now) });
  if (resize.by === "us")
    notify(work, { kind: "withdrawalExpired", channel: id, amount: -resize.changes[side] });
}

/** Deposits have changed by the agreement of both. */
export function onResized(work: Work, fact: Extract<ChainFact, { kind: "resized" }>): void {
  const { channel: id, deposits, count } = fact;
  work.state = { ...work.state, graph: withCapacity(work.state.graph, id, deposits) };
  const channel = work.state.channels.get(id);
  if (channel === undefined) return;
  const { side, deposits: before, peer } = channel;
  putChannel(work, { ...channel, deposits, resizes: count, resize: null });
  send(work, peer, { kind: "seen", channel: id, deposits });
  const [ours, theirs] = [deposits[side] - before[side], deposits[otherSide(side)] - before[otherSide(side)]];
  notify(work, { kind: "channelResized", channel: id, ours, theirs });
}
