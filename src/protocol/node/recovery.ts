import { laneDigest } from "../eip712.ts";
import { judgeChainLock } from "../chain-locks.ts";
import { otherSide } from "../identity.ts";
import { MAX_LOCK_WEIGHT, type HeldLane, type OwnLane } from "../lane.ts";
import { stateBody, weightOf } from "../locks.ts";
import type { Message, SignedState } from "../messages.ts";
import type { Amount, ChannelId, LaneHead, LaneLock, LaneState, NodeId } from "../types.ts";
import { signNewest } from "./backup.ts";
import { dropUnsigned } from "./leave.ts";
import { adopt, heldLaneAt, ownLaneAt } from "./lost-lanes.ts";
import { frozen, markAll } from "./restore.ts";
import { signClose, takeSignature } from "./shutdown.ts";
import type { Channel } from "./state.ts";
import { countedDeposits, fateOf, newestInTime } from "./terms.ts";
import { dropMessage, notify, putChannel, send, updateChannel, type Work } from "./work.ts";

type Recover = Extract<Message, { kind: "recover" }>;

/** [REC-2] [REC-3] On connecting, for a channel in which one side lost data. */
export function sendRecover(work: Work, channel: Channel): void {
  const { channel: id, peer, held, lost, phase } = channel;
  const state = held.newest;
  const { signature } = held;
  send(work, peer, {
    kind: "recover",
    channel: id,
    lost: lost !== null,
    own: ownToShow(work, channel),
    held: signature === null ? null : { state, signature },
  });
  if (phase.kind === "frozen" && phase.ours !== null)
    send(work, peer, { kind: "closing", channel: id, ...phase.ours });
}

function ownToShow({ ctx }: Work, channel: Channel): SignedState | null {
  const state = channel.own.newest;
  const signature = channel.lost === null ? signNewest(channel, ctx) : channel.lost.signature;
  return signature === null ? null : { state, signature };
}

/** [REC-6] Everything is lost from now on, and every peer that is there is asked for help. */
export function onProofOfLoss(work: Work, why: string): void {
  markAll(work, why);
  for (const channel of [...work.state.channels.values()]) {
    if (channel.phase.kind === "frozen" && channel.lost !== null) sendRecover(work, channel);
  }
}

/** The newest states that the peer knows: taken over by who lost data, answered by who did not. */
export function onRecover(work: Work, from: NodeId, message: Recover): void {
  const channel = work.state.channels.get(message.channel);
  if (channel === undefined || channel.phase.kind === "leaving" || channel.phase.kind === "closing") return;
  if (!message.lost && channel.lost === null) {
    dropMessage(work, from, `states of channel ${message.channel}, for which nobody had asked`);
    return;
  }
  const problem = whyNotShown(work, channel, message);
  if (problem !== null) {
    dropMessage(work, from, `[REC-4] ${problem}; channel ${message.channel}`);
    return;
  }
  if (
    channel.lost === null &&
    message.held !== null &&
    isNews(work, channel.own.newest, message.held.state)
  ) {
    const { seq } = message.held.state;
    onProofOfLoss(
      work,
      `the peer holds our signature on state ${seq}, of which this store knows ${channel.own.newest.seq}`,
    );
  }
  const now = work.state.channels.get(message.channel) ?? channel;
  if (now.lost === null) help(work, now, message);
  else takeOver(work, now, message);
}

/** Whether a state is above the one that we know, or another one with its number. */
function isNews({ ctx: { crypto } }: Work, known: LaneState, shown: LaneState): boolean {
  if (shown.seq !== known.seq) return shown.seq > known.seq;
  return stateBody(crypto, shown) !== stateBody(crypto, known);
}

/** What was invented is no state: neither signed by whom it should be, nor a list that a lane could have. */
function whyNotShown(work: Work, { channel, peer }: Channel, { own, held }: Recover): string | null {
  const { ctx, state } = work;
  const signed = [
    { shown: own, by: peer, whose: "the peer's lane" },
    { shown: held, by: state.config.self, whose: "our lane" },
  ];
  for (const { shown, by, whose } of signed) {
    if (shown === null) continue;
    const { seq, locks } = shown.state;
    const digest = laneDigest(ctx.crypto, ctx.domain, channel, seq, stateBody(ctx.crypto, shown.state));
    if (seq === 0 || ctx.crypto.recover(digest, shown.signature) !== by)
      return `state ${seq} of ${whose} is not signed by ${by}`;
    if (!isList(locks)) return `state ${seq} of ${whose} has locks out of order, or too many`;
  }
  return null;
}

/** Ids are not in what is signed. */
function isList(locks: readonly LaneLock[]): boolean {
  const weight = locks.reduce((sum, { lock }) => sum + weightOf(lock), 0);
  return weight <= MAX_LOCK_WEIGHT && locks.every(({ id }, at) => at === 0 || id > (locks[at - 1]?.id ?? 0));
}

/** [REC-3] The peer lost data: hands over both newest states, and signs nothing more in the channel. */
function help(work: Work, channel: Channel, { own }: Recover): void {
  const { channel: id, phase } = channel;
  dropUnsigned(work, id);
  if (phase.kind !== "frozen") {
    const why = "the peer lost data and closes by agreement";
    updateChannel(work, id, (now) => ({
      ...now,
      own: { ...now.own, queue: [], queuedSpend: 0n, queuedWeight: 0 },
      phase: frozen(why, false),
    }));
    notify(work, { kind: "decision", channel: id, what: "freeze", why });
  }
  if (own !== null && isOwed(channel, own.state)) adopt(work, id, channel.own, heldLaneAt(own));
  const now = work.state.channels.get(id);
  if (now !== undefined) sendRecover(work, now);
  advanceRecovery(work, id);
}

/** A state that was under way when the peer lost it counts like any other, if the peer could sign it. */
function isOwed(channel: Channel, state: LaneState): boolean {
  const { own, side } = channel;
  const { newest } = channel.held;
  if (state.seq <= newest.seq || state.sent < newest.sent) return false;
  if (state.ack < newest.ack || state.ack > own.newest.seq) return false;
  const locked = state.locks.reduce<Amount>((sum, { lock }) => sum + lock.amount, 0n);
  const deposit = countedDeposits(channel)[otherSide(side)];
  return state.sent + locked <= deposit + own.newest.sent;
}

/** [REC-4] The newest of what we know and of what the peer shows, unless that cannot be the newest. */
function takeOver(work: Work, channel: Channel, message: Recover): void {
  const { channel: id, peer, lost } = channel;
  if (lost === null || channel.phase.kind !== "frozen" || channel.phase.ours !== null) return;
  const own = newerOwn(work, channel, message.held);
  const held = newerHeld(channel, message.own);
  const lie = message.lost ? null : whyOlder(work, channel, message);
  const hidden = whyHidden(own.newest, held.newest);
  const problem = lie ?? hidden;
  if (problem !== null) {
    dropMessage(work, peer, `[REC-4] ${problem}; waiting for the newest states of channel ${id}`);
    return;
  }
  const signature = own === channel.own ? lost.signature : (message.held?.signature ?? null);
  updateChannel(work, id, (now) => ({ ...now, lost: { ...lost, handed: true, signature } }));
  adopt(work, id, own, held);
  advanceRecovery(work, id);
}

function newerOwn(work: Work, { own }: Channel, shown: SignedState | null): OwnLane {
  return shown !== null && isNews(work, own.newest, shown.state) ? ownLaneAt(shown.state) : own;
}

function newerHeld({ held }: Channel, shown: SignedState | null): HeldLane {
  return shown !== null && shown.state.seq > held.newest.seq ? heldLaneAt(shown) : held;
}

/** What the peer is known to have had must not be missing in what it shows. */
function whyOlder({ ctx: { crypto } }: Work, { held, lost }: Channel, message: Recover): string | null {
  const theirs = message.own?.state;
  const guarded = lost?.tower;
  if (guarded !== undefined && isBelow(theirs, guarded))
    return `the peer shows its state ${theirs?.seq ?? 0}, and a tower holds state ${guarded.seq}`;
  const known = held.newest;
  const seq = theirs?.seq ?? 0;
  if (seq < known.seq) return `the peer shows its state ${seq}, but signed state ${known.seq}, which we hold`;
  if (theirs?.seq === known.seq && stateBody(crypto, theirs) !== stateBody(crypto, known))
    return `the peer signed two states ${seq} of its lane`;
  if (theirs !== undefined && theirs.sent < known.sent)
    return `what the peer sent falls from ${known.sent} to ${theirs.sent}`;
  const ours = message.held?.state.seq ?? 0;
  return ours < known.ack ? `the peer shows our state ${ours}, but acknowledged state ${known.ack}` : null;
}

/** Less than what a tower holds, of which the list is unknown. */
function isBelow(shown: LaneState | undefined, { seq, sent, ack }: LaneHead): boolean {
  return shown === undefined || shown.seq < seq || shown.sent < sent || shown.ack < ack;
}

/** Each state says how far its signer had read the other lane. */
function whyHidden(own: LaneState, held: LaneState): string | null {
  if (held.seq < own.ack)
    return `our state ${own.seq} acknowledges state ${own.ack} of the peer, which hides it`;
  if (own.seq < held.ack) return `the peer acknowledges our state ${held.ack}, and hides it`;
  return null;
}

/** [REC-5] When every lock is decided, both sign the end that follows. */
export function advanceRecovery(work: Work, id: ChannelId): void {
  const channel = work.state.channels.get(id);
  if (channel?.phase.kind !== "frozen" || channel.phase.ours !== null) return;
  if (channel.lost?.handed === false) return;
  const [ours, theirs] = [worthOf(work, channel.own.newest), worthOf(work, channel.held.newest)];
  if (ours === null || theirs === null) return;
  const transfer = channel.side === "A" ? ours - theirs : theirs - ours;
  const signature = signClose(work, channel, transfer);
  const phase = { ...channel.phase, ours: signature };
  putChannel(work, { ...channel, phase });
  send(work, channel.peer, { kind: "closing", channel: id, ...signature });
  if (phase.theirs !== null) takeSignature(work, id, phase.theirs);
}

/** What a lane gives to its payee; null while a lock is open. */
function worthOf(work: Work, { sent, locks }: LaneState): Amount | null {
  let sum = sent;
  for (const { lock } of locks) {
    const won = wonOf(work, lock);
    if (won === null) return null;
    sum += won;
  }
  return sum;
}

function wonOf({ state }: Work, lock: LaneLock["lock"]): Amount | null {
  if (lock.kind === "hash") {
    const fate = fateOf(state, lock);
    if (fate === "open") return null;
    return fate === "recorded" ? lock.amount : 0n;
  }
  if (state.head.time < lock.expiry) return null;
  const number = newestInTime(state, lock)?.number ?? 0;
  const find = (commitment: typeof lock.commitment, at: number) =>
    state.checkpoints.get(commitment)?.[at - 1] ?? null;
  return judgeChainLock(lock, number, find, state.head.time).won;
}
