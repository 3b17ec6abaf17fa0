import { newHeldLane, newOwnLane, type HeldLane, type OwnLane } from "../lane.ts";
import { totalOf, weightOf } from "../locks.ts";
import type { SignedState } from "../messages.ts";
import type { Amount, LaneLock, LaneState } from "../types.ts";
import { learnSecret } from "./claims.ts";
import type { Channel, IncomingLock, OutgoingLock, OwnInvoice } from "./state.ts";
import {
  addIncoming,
  addOutgoing,
  removeIncoming,
  removeOutgoing,
  updateChannel,
  type Work,
} from "./work.ts";

const NO_TERMS = { reserve: 0n, reserveBasis: 0n };

function sums(locks: readonly LaneLock[]) {
  return {
    locked: totalOf(locks),
    weight: locks.reduce((sum, { lock }) => sum + weightOf(lock), 0),
  };
}

/** A lane of ours that is only known, and signed no further. */
export function ownLaneAt(newest: LaneState): OwnLane {
  const nextLockId = (newest.locks.at(-1)?.id ?? 0) + 1;
  return { ...newOwnLane(NO_TERMS), newest, acked: newest, nextLockId, ...sums(newest.locks) };
}

/** A lane of the peer that grows no further. */
export function heldLaneAt({ state, signature }: SignedState): HeldLane {
  const { seq, sent, locks } = state;
  return {
    ...newHeldLane(NO_TERMS),
    newest: state,
    signature,
    bases: [{ seq, sent, pays: [] }],
    changedAt: seq,
    lastLockId: locks.at(-1)?.id ?? 0,
    ...sums(locks),
  };
}

/** After the lanes were set: what is known of single locks follows them. The registry decides about all of them. */
export function alignLocks(work: Work, { channel: id, own, held, incoming, outgoing }: Channel): void {
  const [ours, theirs] = [idsOf(own.newest), idsOf(held.newest)];
  for (const known of outgoing) if (!ours.has(known.id)) removeOutgoing(work, id, known);
  for (const known of incoming) if (!theirs.has(known.id)) removeIncoming(work, id, known);
  const [out, come] = [idsOf({ locks: outgoing }), idsOf({ locks: incoming })];
  for (const { id: lock, lock: terms } of own.newest.locks) {
    if (terms.kind === "hash" && !out.has(lock)) addOutgoing(work, id, unknownOutgoing(lock, terms));
  }
  for (const { id: lock, lock: terms } of held.newest.locks) {
    if (!come.has(lock)) addIncoming(work, id, unknownIncoming(lock, terms));
  }
  claimOwn(work, held.newest);
}

function idsOf({ locks }: { readonly locks: readonly { readonly id: number }[] }): ReadonlySet<number> {
  return new Set(locks.map(({ id }) => id));
}

/** Nothing but its terms is known: it is ours if a witness turns up. */
function unknownIncoming(id: number, lock: IncomingLock["lock"]): IncomingLock {
  return { id, lock, key: null, fate: { kind: "delivered" } };
}

function unknownOutgoing(id: number, lock: OutgoingLock["lock"]): OutgoingLock {
  return { id, lock, origin: { kind: "payment", part: 0 }, asked: false, failed: null, won: false };
}

/**
 * A lock that pays an invoice of ours in full, or one whose witness was released before, came, as far as we can know,
 * while we ran. What waits for its owner's word goes on waiting.
 */
function claimOwn(work: Work, { locks }: LaneState): void {
  for (const { lock } of locks) {
    if (lock.kind !== "hash") continue;
    const invoice = work.state.invoices.get(lock.hash);
    if (invoice === undefined || invoice.secret === null || !isClaimable(invoice, lock.amount)) continue;
    learnSecret(work, lock.hash, invoice.secret, "own");
  }
}

function isClaimable({ status, isHold, amount }: OwnInvoice, shown: Amount): boolean {
  return status === "claimed" || (status === "open" && !isHold && shown >= amount);
}

/** Sets the lanes to what was shown, and whatever hangs on single locks. */
export function adopt(work: Work, id: Channel["channel"], own: OwnLane, held: HeldLane): void {
  updateChannel(work, id, (channel) => ({ ...channel, own, held, waitingSince: null }));
  const channel = work.state.channels.get(id);
  if (channel !== undefined) alignLocks(work, channel);
}
