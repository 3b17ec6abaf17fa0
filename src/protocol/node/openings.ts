import { fundingConsentDigest } from "../eip712.ts";
import { channelId, otherSide, ownerOf, paramsId, sideOf } from "../identity.ts";
import type { Command } from "../inputs.ts";
import { receiveUpdate } from "../lane-held.ts";
import { enqueue, makeUpdate } from "../lane-own.ts";
import { LEAST_BOUGHT_SALT } from "../liquidity-terms.ts";
import type { Change, Message } from "../messages.ts";
import type { Refusal } from "../outputs.ts";
import type { ChannelId, Deposits, Digest, NodeId, PaymentTag, Signature } from "../types.ts";
import { newChannel } from "./new-channel.ts";
import { greet } from "./peers.ts";
import { isBeforeMark } from "./restore.ts";
import type { Channel, NodeState, Opening } from "./state.ts";
import { heldView, leastChallengePeriod, ownTerms } from "./terms.ts";
import { dropMessage, notify, putChannel, refuse, send, short, type Work } from "./work.ts";

/** No peer can have an answer of ours hold for longer. */
export const MAX_OPENING_SECONDS = 24 * 3600;

/** Consents of ours that one peer holds and has not used; a purchase that failed holds up no other one. */
export const MOST_AGREED = 4;

type Ask = Extract<Message, { kind: "openAsk" }>;
type Terms = Pick<Opening, "params" | "life" | "amounts" | "fee" | "validUntil">;

/** The fee is the first payment in the channel: its state means nothing until the channel is there. */
function feeChange(channel: ChannelId, { fee }: Terms): Change {
  return { kind: "pay", amount: fee, tag: channel as string as PaymentTag };
}

function idOf({ ctx }: Work, { params, life }: Terms): ChannelId {
  return channelId(ctx.crypto, paramsId(ctx.crypto, ctx.domain, params), life);
}

/** The channel as it will be when both have brought their amounts. */
function channelOf(work: Work, terms: Terms): Channel | null {
  const { params, life, amounts } = terms;
  const side = sideOf(params, work.state.config.self);
  if (side === null) return null;
  const id = paramsId(work.ctx.crypto, work.ctx.domain, params);
  const fact = { channel: idOf(work, terms), params, paramsId: id, life, deposits: amounts };
  return { ...newChannel(fact, side), peerSeen: amounts };
}

/** What neither side can agree to. */
function whyImpossible({ state }: Work, { amounts, fee, params }: Terms, channel: Channel): string | null {
  const { config } = state;
  const { owner = config.self } = config;
  const least = leastChallengePeriod(config.claimTime);
  if (ownerOf(params, channel.side) !== owner)
    return `our side would pay ${ownerOf(params, channel.side)}, not ${owner}`;
  if (params.challengePeriod < least)
    return `its challenge period of ${params.challengePeriod} s is below ${least} s`;
  if (params.recoveryPeriod !== 0) return "it could be closed humbly";
  if (isBeforeMark(state)) return "this node was restored and has not read the chain up to then";
  if (amounts.A < 0n || amounts.B < 0n || fee < 0n) return "an amount is negative";
  if (state.channels.has(channel.channel)) return "it is open already";
  return null;
}

/** Asks a peer to bring money into a channel with us, for a fee that it gets by the opening itself. */
export function proposeOpening(
  work: Work,
  index: number,
  command: Extract<Command, { kind: "proposeOpening" }>,
): void {
  const channel = channelOf(work, command);
  const no = (code: Refusal["code"], why: string): void =>
    refuse(work, index, { code, message: `nothing was proposed: ${why}` });
  if (channel === null) return no("unknown_channel", "its Params do not name this node");
  if (command.params.salt < LEAST_BOUGHT_SALT)
    return no("opening_impossible", `its salt ${command.params.salt} is below ${LEAST_BOUGHT_SALT}`);
  const wrong = whyImpossible(work, command, channel);
  if (wrong !== null) return no("opening_impossible", wrong);
  const { peer, side } = channel;
  if (!work.state.connected.has(peer))
    return no("peer_not_connected", `${peer} is not connected and has to agree`);
  if (command.validUntil <= work.state.head.time) return no("opening_impossible", "its time is over");
  const signed = signFee(work, channel, command);
  if (signed === null)
    return no("not_enough_balance", `our ${command.amounts[side]} do not cover the fee and the reserve`);
  const { params, life, amounts, fee, validUntil } = command;
  const terms = { params, life, amounts, fee, validUntil };
  const opening: Opening = {
    ...terms,
    peer,
    role: "buyer",
    isAgreed: false,
    own: signed.own,
    held: channel.held,
  };
  put(work, channel.channel, opening);
  send(work, peer, { kind: "openAsk", ...terms, signature: signed.signature });
}

function signFee(
  work: Work,
  channel: Channel,
  terms: Terms,
): { readonly own: Channel["own"]; readonly signature: Signature | null } | null {
  if (terms.fee === 0n) return { own: channel.own, signature: null };
  const { ctx, state } = work;
  const change = feeChange(channel.channel, terms);
  if (change.kind !== "pay") return null;
  const own = enqueue(channel.own, change);
  const made = makeUpdate(own, channel.held, ownTerms(ctx.domain, channel, state), ctx);
  if (made === null || made.update.changes.length === 0) return null;
  work.signed.push({ channel: channel.channel, seq: made.update.seq, body: made.body });
  return { own: made.own, signature: made.update.signature };
}

/** A peer wants us to bring money into a channel with it: what cannot be is dropped, the rest is for the owner to decide. */
export function onOpenAsk(work: Work, from: NodeId, message: Ask): void {
  const { params, life, amounts, fee, validUntil } = message;
  const terms = { params, life, amounts, fee, validUntil };
  const drop = (why: string): void => dropMessage(work, from, `opening of a channel: ${why}`);
  const channel = channelOf(work, terms);
  if (channel?.peer !== from) return drop("it is not one of the sender and us");
  const known = work.state.openings.get(channel.channel);
  if (known?.role === "seller" && known.isAgreed) return consent(work, channel, known);
  // The owner decides on what it was told: under the same name nothing else may take its place.
  if (known !== undefined) return drop("it is under way");
  const judged = judge(work, channel, message);
  if (typeof judged === "string") return drop(judged);
  if (agreedWith(work.state, from) >= MOST_AGREED)
    return send(work, from, { kind: "openDecline", channel: channel.channel, refusal: "busy" });
  dropUndecided(work, from);
  const opening: Opening = {
    ...terms,
    ...{ peer: from, role: "seller", isAgreed: false, own: channel.own, held: judged },
  };
  put(work, channel.channel, opening);
  notify(work, { kind: "openingAsked", channel: channel.channel, from, side: channel.side, ...terms });
}

/** The buyer's lane with the fee in it, or what is wrong. */
function judge(work: Work, channel: Channel, message: Ask): Channel["held"] | string {
  const { time } = work.state.head;
  const { validUntil, fee, amounts, signature } = message;
  const impossible = whyImpossible(work, message, channel);
  if (impossible !== null) return impossible;
  if (validUntil <= time || validUntil > time + MAX_OPENING_SECONDS)
    return `it is valid until ${validUntil}, and it is ${time}`;
  if (amounts[channel.side] === 0n) return "it asks for none of our money";
  if ((fee === 0n) !== (signature === null)) return "its fee and its signature do not belong together";
  if (signature === null) return channel.held;
  const changes = [feeChange(channel.channel, message)];
  const update = {
    kind: "update",
    channel: channel.channel,
    base: 0,
    seq: 1,
    ack: 0,
    changes,
    signature,
  } as const;
  const received = receiveUpdate(channel.held, update, heldView(work, channel));
  return received.kind === "accepted"
    ? received.held
    : `its fee is not paid by what it signed: ${received.kind}`;
}

function soldTo({ openings }: NodeState, peer: NodeId): readonly (readonly [ChannelId, Opening])[] {
  return [...openings.entries()].filter(([, one]) => one.peer === peer && one.role === "seller");
}

/** Consents that the peer can still use: to forget one before its time would be to give the channel without its fee. */
function agreedWith(state: NodeState, peer: NodeId): number {
  return soldTo(state, peer).filter(([, { isAgreed }]) => isAgreed).length;
}

/** What we have signed nothing for gives way to what the peer wants now, as when it gave up a purchase. */
function dropUndecided(work: Work, peer: NodeId): void {
  for (const [id, { isAgreed }] of soldTo(work.state, peer)) {
    if (isAgreed) continue;
    forgetOpening(work, id);
    send(work, peer, { kind: "openDecline", channel: id, refusal: "busy" });
  }
}

/** The owner's word on an opening that a peer asked for. */
export function answerOpening(
  work: Work,
  index: number,
  command: Extract<Command, { kind: "answerOpening" }>,
): void {
  const opening = work.state.openings.get(command.channel);
  const channel = opening === undefined ? null : channelOf(work, opening);
  if (opening?.role !== "seller" || channel === null) {
    const message = `nothing was answered: no peer asks for channel ${short(command.channel)} any more`;
    return refuse(work, index, { code: "unknown_channel", message });
  }
  if (command.refusal !== null) {
    work.state = { ...work.state, openings: work.state.openings.without(command.channel) };
    send(work, opening.peer, { kind: "openDecline", channel: command.channel, refusal: command.refusal });
    return;
  }
  if (ownerOf(opening.params, channel.side) !== work.state.config.self) {
    const message = `nothing was answered: the owner's key is not this node's, so that it cannot consent`;
    return refuse(work, index, { code: "opening_impossible", message });
  }
  const agreed = { ...opening, isAgreed: true };
  put(work, command.channel, agreed);
  consent(work, channel, agreed);
}

/** By the key of our owner, which is the node's own, or it is not the owner's consent. */
function consent(work: Work, channel: Channel, opening: Opening): void {
  const digest = consentDigest(work, opening, channel.side);
  const signature = work.ctx.signer.sign(digest);
  send(work, opening.peer, { kind: "openConsent", channel: channel.channel, signature });
}

function consentDigest({ ctx }: Work, { params, life, amounts, validUntil }: Terms, side: "A" | "B"): Digest {
  const id = paramsId(ctx.crypto, ctx.domain, params);
  const values = {
    paramsId: id,
    life,
    amount: amounts[side],
    otherAmount: amounts[otherSide(side)],
    validUntil,
  };
  return fundingConsentDigest(ctx.crypto, ctx.domain, values);
}

/** The peer lets us bring its money in. */
export function onOpenConsent(
  work: Work,
  from: NodeId,
  message: Extract<Message, { kind: "openConsent" }>,
): void {
  const { channel, signature } = message;
  const opening = work.state.openings.get(channel);
  if (opening?.role !== "buyer" || opening.peer !== from || opening.isAgreed) return;
  const theirs = sideOf(opening.params, from);
  if (theirs === null) return;
  const signer = work.ctx.crypto.recover(consentDigest(work, opening, theirs), signature);
  if (signer !== ownerOf(opening.params, theirs)) {
    dropMessage(work, from, `consent to channel ${channel} that the peer's owner did not sign`);
    return;
  }
  put(work, channel, { ...opening, isAgreed: true });
  notify(work, { kind: "openingAgreed", channel, from, signature });
}

export function onOpenDecline(
  work: Work,
  from: NodeId,
  message: Extract<Message, { kind: "openDecline" }>,
): void {
  const { channel, refusal } = message;
  const opening = work.state.openings.get(channel);
  if (opening?.role !== "buyer" || opening.peer !== from || opening.isAgreed) return;
  notify(work, { kind: "openingDeclined", channel, from, refusal });
}

function put(work: Work, id: ChannelId, opening: Opening): void {
  work.state = { ...work.state, openings: work.state.openings.with(id, opening) };
}

/**
 * An agreed channel is on chain: it is one as soon as both have brought what was agreed. Before, whoever opened it with
 * less could have the fee for nothing.
 */
export function beginAgreed(work: Work, id: ChannelId, deposits: Deposits): void {
  const opening = work.state.openings.get(id);
  if (opening === undefined) return;
  const { amounts, own, held, fee, role } = opening;
  if (deposits.A < amounts.A || deposits.B < amounts.B) return;
  const channel = channelOf(work, opening);
  if (channel === null) return;
  work.state = { ...work.state, openings: work.state.openings.without(id) };
  const begun: Channel = { ...channel, deposits, peerSeen: null, own, held };
  putChannel(work, begun);
  notify(work, { kind: "channelOpen", channel: id, peer: begun.peer });
  if (role === "seller" && fee > 0n)
    notify(work, { kind: "directReceived", channel: id, amount: fee, tag: id as string as PaymentTag });
  greet(work, begun);
}

/**
 * At each final block. A consent of ours cannot be used any more after its time. What we signed as a buyer is kept for
 * ever: the seller could still open the channel, alone, and in it nothing else may be signed under that number.
 */
export function forgetOpenings(work: Work): void {
  let { openings } = work.state;
  for (const [id, { role, validUntil }] of openings.entries())
    if (role === "seller" && validUntil < work.state.head.time) openings = openings.without(id);
  work.state = { ...work.state, openings };
}

export function forgetOpening(work: Work, id: ChannelId): void {
  work.state = { ...work.state, openings: work.state.openings.without(id) };
}
