import { enqueue } from "../lane-own.ts";
import { commitmentOf } from "../locks.ts";
import type { Effect } from "../lane.ts";
import type { Message } from "../messages.ts";
import type { ChannelId, LockId, NodeId } from "../types.ts";
import { endUnpaid, learnSecret } from "./claims.ts";
import { endPart } from "./endings.ts";
import { hashOf } from "./hash-of.ts";
import type { Channel } from "./state.ts";
import { fateOf } from "./terms.ts";
import {
  dropMessage,
  notify,
  outgoingLock,
  putOutgoing,
  removeOutgoing,
  updateChannel,
  type Work,
} from "./work.ts";

type Fulfil = Extract<Message, { kind: "fulfil" }>;
type Fail = Extract<Message, { kind: "fail" }>;

/** The payee of one of our locks shows its witness. */
export function onFulfil(work: Work, from: NodeId, { channel, id, secret }: Fulfil): void {
  const out = outgoingLock(work, channel, id);
  // It was won already: the payee asks again after a reconnection.
  if (out === undefined || out.won) return;
  const { hash } = out.lock;
  if (hashOf(work.ctx.crypto, secret) !== hash) {
    dropMessage(work, from, `the witness of lock ${id} does not hash to ${hash}`);
    return;
  }
  if (fateOf(work.state, out.lock) === "dead") {
    dropMessage(work, from, `the witness of lock ${id} came after its expiry ${out.lock.expiry}`);
    return;
  }
  putOutgoing(work, channel, { ...out, asked: true });
  learnSecret(work, hash, secret, "peer");
}

/** The payee gives one of our locks back: it stays live until its ack covers the removal [NODE-4]. */
export function onFail(work: Work, { channel, id, failure }: Fail): void {
  const out = outgoingLock(work, channel, id);
  if (out?.failed !== null || out.asked) return;
  putOutgoing(work, channel, { ...out, failed: { failure } });
  updateChannel(work, channel, (now) => ({ ...now, own: enqueue(now.own, { kind: "drop", id }) }));
}

/** What a new state of ours did. */
export function onSigned(work: Work, channel: ChannelId, effects: readonly Effect[]): void {
  for (const effect of effects) {
    if (effect.kind === "add") {
      const { lock } = effect;
      const { amount, expiry } = lock;
      notify(work, {
        kind: "lockAdded",
        channel,
        direction: "out",
        hash: commitmentOf(lock),
        amount,
        expiry,
      });
    } else if (effect.kind === "win") {
      const out = outgoingLock(work, channel, effect.id);
      const { lock } = effect;
      const hash = commitmentOf(lock);
      notify(work, { kind: "lockWon", channel, direction: "out", hash, amount: lock.amount });
      if (out !== undefined) putOutgoing(work, channel, { ...out, won: true });
    }
  }
}

/** What the peer's ack has made final. */
export function onCovered(work: Work, channel: ChannelId, effects: readonly Effect[]): void {
  for (const effect of effects) {
    if (effect.kind === "pay") {
      notify(work, { kind: "directAcknowledged", channel, amount: effect.amount, tag: effect.tag });
    } else if (effect.kind !== "add") {
      const out = outgoingLock(work, channel, effect.id);
      if (out === undefined) continue;
      if (effect.kind === "win") removeOutgoing(work, channel, out);
      else
        endUnpaid(work, channel, out, effect.kind === "expire" ? "expired" : (out.failed ?? "peer_offline"));
    }
  }
}

/** Locks that we give to the peer as won as soon as it is back: nothing of ours hangs on its coming. */
export function queuedWins({ own }: Channel): ReadonlySet<LockId> {
  return new Set(own.queue.flatMap((change) => (change.kind === "win" ? [change.id] : [])));
}

/** At each final block: a lock of ours that is dead pays nobody any more [NODE-4]. */
export function expireDead(work: Work, owner: Channel): void {
  const { channel, outgoing } = owner;
  const given = queuedWins(owner);
  for (const { id, lock, origin, won } of outgoing) {
    if (won || given.has(id) || fateOf(work.state, lock) !== "dead") continue;
    if (origin.kind === "payment") endPart(work, lock.hash, origin.part, "expired");
    updateChannel(work, channel, (now) => ({ ...now, own: enqueue(now.own, { kind: "expire", id }) }));
  }
}
