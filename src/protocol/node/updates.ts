import { describeRefusal, receiveUpdate, type Received, retryWaiting, takeEarly } from "../lane-held.ts";
import type { Effect } from "../lane.ts";
import { acknowledged } from "../lane-own.ts";
import { commitmentOf } from "../locks.ts";
import type { Update } from "../messages.ts";
import type { ChannelId, Lock, NodeId } from "../types.ts";
import { payIfDue } from "./claims.ts";
import { onLockAdded } from "./incoming.ts";
import { leave } from "./leave.ts";
import { onCovered } from "./outgoing.ts";
import { countWon } from "./shares.ts";
import type { Channel, IncomingLock } from "./state.ts";
import { heldView, isLive } from "./terms.ts";
import {
  dropMessage,
  incomingLock,
  notify,
  outgoingLock,
  putChannel,
  putOutgoing,
  refsOf,
  removeIncoming,
  updateChannel,
  type Work,
} from "./work.ts";

/** How long a state may wait for our view of the chain [LANE-4]. */
const MAX_WAIT_SECONDS = 60;

/** A state of the peer's lane. */
export function onUpdate(work: Work, from: NodeId, update: Update): void {
  const channel = work.state.channels.get(update.channel);
  if (channel === undefined || !isLive(channel)) return;
  take(work, channel, from, receiveUpdate(channel.held, update, heldView(work, channel)));
}

/** At each final block: what waited for a deposit or for the end of a lock to be final. */
export function retryHeld(work: Work, id: ChannelId): void {
  const channel = work.state.channels.get(id);
  if (channel === undefined || !isLive(channel)) return;
  const received = retryWaiting(channel.held, heldView(work, channel));
  if (received === null) return;
  const { waitingSince } = channel;
  if (received.kind === "wait") {
    const waited = work.state.head.time - (waitingSince ?? work.state.head.time);
    if (waited >= MAX_WAIT_SECONDS) leave(work, id, `${describeRefusal(received.refusal)}, for ${waited} s`);
    return;
  }
  updateChannel(work, id, (now) => ({ ...now, waitingSince: null, held: { ...now.held, waiting: null } }));
  take(work, channel, channel.peer, received);
}

function take(work: Work, channel: Channel, from: NodeId, received: Received): void {
  switch (received.kind) {
    case "accepted":
      accept(work, channel, received);
      takeNext(work, channel.channel, from);
      return;
    case "ignored":
      return;
    case "early":
      putChannel(work, { ...channel, held: received.held });
      return;
    case "wait":
      putChannel(work, {
        ...channel,
        held: received.held,
        waitingSince: channel.waitingSince ?? work.state.head.time,
      });
      return;
    case "refused":
      leave(work, channel.channel, describeRefusal(received.refusal));
      return;
    case "forged":
      dropMessage(
        work,
        from,
        `a state of channel ${channel.channel} is not signed by the peer: ${received.why}`,
      );
      return;
  }
}

/** Early updates whose base has come. */
function takeNext(work: Work, id: ChannelId, from: NodeId): void {
  const channel = work.state.channels.get(id);
  if (channel === undefined || !isLive(channel)) return;
  const next = takeEarly(channel.held);
  if (next === null) return;
  putChannel(work, { ...channel, held: next.held });
  onUpdate(work, from, next.update);
  takeNext(work, id, from);
}

function accept(
  work: Work,
  channel: Channel,
  { held, effects }: Extract<Received, { kind: "accepted" }>,
): void {
  const { own, covered } = acknowledged(channel.own, held.newest.ack);
  const waitingSince = held.waiting === null ? null : channel.waitingSince;
  putChannel(work, { ...channel, held, own, waitingSince });
  onCovered(work, channel.channel, covered);
  for (const effect of effects) takeEffect(work, channel.channel, effect);
}

function takeEffect(work: Work, channel: ChannelId, effect: Effect): void {
  switch (effect.kind) {
    case "pay":
      notify(work, { kind: "directReceived", channel, amount: effect.amount, tag: effect.tag });
      return;
    case "add":
      onLockAdded(work, channel, effect);
      return;
    case "win":
    case "drop":
    case "expire": {
      const incoming = incomingLock(work, channel, effect.id);
      if (incoming !== undefined) endIncoming(work, channel, incoming, effect.kind === "win");
    }
  }
}

/** A lock of the peer is gone from its lane. */
export function endIncoming(work: Work, channel: ChannelId, incoming: IncomingLock, isWon: boolean): void {
  const { lock, fate } = incoming;
  const hash = commitmentOf(lock);
  const { amount } = lock;
  removeIncoming(work, channel, incoming);
  notify(work, { kind: isWon ? "lockWon" : "lockLost", channel, direction: "in", hash, amount });
  if (fate.kind === "delivered") endDelivered(work, lock, isWon);
  if (!isWon) return;
  if (fate.kind === "forwarded") {
    const neighbour = work.state.channels.get(channel)?.peer;
    if (neighbour !== undefined) countWon(work, neighbour);
    const out = outgoingLock(work, fate.channel, fate.id);
    if (out?.origin.kind !== "forward") return;
    const paid = { ...out, origin: { ...out.origin, paid: true } };
    putOutgoing(work, fate.channel, paid);
    payIfDue(work, fate.channel, paid);
  }
}

/** Counts what was won; the invoice is paid when the last part has come. */
function endDelivered(work: Work, lock: Lock, isWon: boolean): void {
  const invoice = lock.kind === "hash" ? work.state.invoices.get(lock.hash) : undefined;
  if (lock.kind !== "hash" || invoice === undefined || invoice.status === "paid") return;
  const { hash } = lock;
  const received = invoice.received + (isWon ? lock.amount : 0n);
  const isLast = !refsOf(work, hash).some(
    ({ channel, direction, id }) =>
      direction === "in" && incomingLock(work, channel, id)?.fate.kind === "delivered",
  );
  const status = isLast && received > 0n ? "paid" : invoice.status;
  work.state = {
    ...work.state,
    invoices: work.state.invoices.with(hash, { ...invoice, received, status }),
  };
  if (status === "paid") notify(work, { kind: "invoicePaid", hash, amount: received });
}
