import type { Crypto, Signer } from "./crypto.ts";
import { laneDigest } from "./eip712.ts";
import {
  type Effect,
  type HeldLane,
  type LaneTerms,
  MAX_LOCK_WEIGHT,
  type OwnLane,
  type OwnState,
  WINDOW_BYTES,
  WINDOW_STATES,
} from "./lane.ts";
import { applyChanges, indexOfLock } from "./lane-state.ts";
import { stateBody, weightOf } from "./locks.ts";
import type { Change, Update } from "./messages.ts";
import type { Amount, Body, LaneState, Lock, LockId, Seq } from "./types.ts";
import { changeSize, sizeOfChanges } from "./wire-change.ts";

/** What may still be spent: `free` over all kinds, `weight` for further locks. */
export interface Spendable {
  readonly free: Amount;
  readonly weight: number;
}

/** Money of the payer that no state has given away: what [LANE-2] compares with the reserve. */
function balance(own: OwnLane, held: HeldLane, deposit: bigint): bigint {
  return deposit + held.newest.sent - own.newest.sent - own.locked;
}

/** What the next state may spend under a reserve [LANE-2]. */
function budget(own: OwnLane, held: HeldLane, terms: LaneTerms, reserve: Amount): bigint {
  return balance(own, held, terms.deposit) - own.unackedDrops - reserve;
}

/**
 * [LANE-2] [LOCK-3] with everything that is queued; `free` is never negative. `held` is the peer's lane of the channel.
 * A reserve that the next state would make binding is kept from now on.
 */
export function spendable(own: OwnLane, held: HeldLane, terms: LaneTerms): Spendable {
  const binds = own.reserveBinds || balance(own, held, terms.reserveBasis) >= terms.reserve;
  const free = budget(own, held, terms, binds ? terms.reserve : 0n) - own.queuedSpend;
  const weight = MAX_LOCK_WEIGHT - own.weight - own.queuedWeight;
  return { free: free > 0n ? free : 0n, weight: Math.max(0, weight) };
}

/** Whether a direct payment, or a lock and its rent, of this amount fits now. */
export function canSpend(
  own: OwnLane,
  held: HeldLane,
  terms: LaneTerms,
  amount: Amount,
  as: "pay" | "lock",
): boolean {
  const { free, weight } = spendable(own, held, terms);
  return amount <= free && (as === "pay" || weight > 0);
}

function spendOf(change: Change): Amount {
  if (change.kind === "pay") return change.amount;
  return change.kind === "add" ? change.lock.amount + (change.rent ?? 0n) : 0n;
}

function weightOfChange(change: Change): number {
  return change.kind === "add" ? weightOf(change.lock) : 0;
}

function withQueue(own: OwnLane, queue: readonly Change[]): OwnLane {
  const queuedSpend = queue.reduce((sum, change) => sum + spendOf(change), 0n);
  const queuedWeight = queue.reduce((sum, change) => sum + weightOfChange(change), 0);
  return { ...own, queue, queuedSpend, queuedWeight };
}

function append(own: OwnLane, change: Change): OwnLane {
  return {
    ...own,
    queue: [...own.queue, change],
    queuedSpend: own.queuedSpend + spendOf(change),
    queuedWeight: own.queuedWeight + weightOfChange(change),
  };
}

function isRemoval(change: Change): change is Exclude<Change, { kind: "pay" | "add" }> {
  return change.kind !== "pay" && change.kind !== "add";
}

/** Queues a change for the next state; a removal of a lock that is not there or is being removed already is left out. */
export function enqueue(own: OwnLane, change: Exclude<Change, { kind: "add" }>): OwnLane {
  if (isRemoval(change)) {
    if (indexOfLock(own.newest.locks, change.id) < 0) return own;
    if (own.queue.some((queued) => isRemoval(queued) && queued.id === change.id)) return own;
  }
  return append(own, change);
}

/** Queues a lock under the next id; the state that adds it pays the rent [FEE-2]. */
export function enqueueLock(
  own: OwnLane,
  lock: Lock,
  packet: Uint8Array,
  rent: Amount = 0n,
): { readonly own: OwnLane; readonly id: LockId } {
  const id = own.nextLockId;
  const add = { kind: "add", id, lock, packet, ...(rent > 0n ? { rent } : {}) } as const;
  return { own: append({ ...own, nextLockId: id + 1 }, add), id };
}

/** Takes changes out of the queue again; nothing of them was signed. */
export function withdraw(
  own: OwnLane,
  unwanted: (change: Change) => boolean,
): { readonly own: OwnLane; readonly withdrawn: readonly Change[] } {
  const withdrawn = own.queue.filter((change) => unwanted(change));
  if (withdrawn.length === 0) return { own, withdrawn };
  const kept = own.queue.filter((change) => !withdrawn.includes(change));
  return { own: withQueue(own, kept), withdrawn };
}

/** Whether a state of the peer that changed more than `ack` is not acknowledged yet [NODE-6]. */
export function owesAck(own: OwnLane, held: HeldLane): boolean {
  return held.changedAt > own.newest.ack;
}

/** How many states that ask for an acknowledgement still wait for it. */
function unacknowledgedStates(own: OwnLane): number {
  return own.tail.filter(({ update }) => update.changes.length > 0).length;
}

/** Splits the queue into what the next state takes and what waits for acknowledgements or for balance. */
function takeFromQueue(
  own: OwnLane,
  held: HeldLane,
  terms: LaneTerms,
): readonly [taken: Change[], left: Change[]] {
  const taken: Change[] = [];
  const left: Change[] = [];
  if (own.queue.length === 0 || unacknowledgedStates(own) >= WINDOW_STATES) return [taken, [...own.queue]];
  let bytes = own.tail.reduce((sum, { update }) => sum + sizeOfChanges(update.changes), 0);
  let free = budget(own, held, terms, own.reserveBinds ? terms.reserve : 0n);
  let weight = MAX_LOCK_WEIGHT - own.weight;
  let waits = false;
  for (const change of own.queue) {
    bytes += changeSize(change);
    const affordable = spendOf(change) <= free && weightOfChange(change) <= weight;
    // Spending keeps its order, because the ids of locks grow; what resolves a lock never waits for balance.
    waits ||= !isRemoval(change) && !affordable;
    if (bytes > WINDOW_BYTES || (waits && !isRemoval(change))) {
      left.push(change);
      continue;
    }
    taken.push(change);
    free -= spendOf(change);
    weight -= weightOfChange(change);
  }
  return [taken, left];
}

export interface Made {
  readonly own: OwnLane;
  readonly update: Update;
  readonly body: Body;
  readonly effects: readonly Effect[];
}

/**
 * The next state with all queued changes that the window and the balance allow, acknowledging all that we hold;
 * null if there is nothing to change and no acknowledgement is owed. What does not fit stays queued.
 */
export function makeUpdate(
  own: OwnLane,
  held: HeldLane,
  terms: LaneTerms,
  ctx: { readonly crypto: Crypto; readonly signer: Signer },
): Made | null {
  const [changes, left] = takeFromQueue(own, held, terms);
  if (changes.length === 0 && !owesAck(own, held)) return null;
  const { sent, locks, seq: base } = own.newest;
  const seq = base + 1;
  const ack = held.newest.seq;
  const applied = applyChanges(
    { sent, locks, locked: own.locked, weight: own.weight, lastLockId: 0 },
    { seq, ack, changes },
  );
  if (typeof applied === "string")
    throw new Error(`own change does not apply to own state ${base}: ${applied}`);
  const { state, effects, locked, weight } = applied;
  const body = stateBody(ctx.crypto, state);
  const signature = ctx.signer.sign(laneDigest(ctx.crypto, terms.domain, terms.channel, seq, body));
  const update: Update = { kind: "update", channel: terms.channel, base, seq, ack, changes, signature };
  const made: OwnLane = {
    ...withQueue(own, left),
    newest: state,
    tail: [...own.tail, { update, state }],
    locked,
    weight,
    unackedDrops: own.unackedDrops + dropped(effects),
  };
  const reserveBinds = own.reserveBinds || balance(made, held, terms.reserveBasis) >= terms.reserve;
  return { own: { ...made, reserveBinds }, update, body, effects };
}

function dropped(effects: readonly Effect[]): Amount {
  return effects.reduce((sum, effect) => (effect.kind === "drop" ? sum + effect.lock.amount : sum), 0n);
}

function effectsOf(before: LaneState, { update }: OwnState): readonly Effect[] {
  const base = { sent: before.sent, locks: before.locks, locked: 0n, weight: 0, lastLockId: 0 };
  const applied = applyChanges(base, update);
  if (typeof applied === "string") throw new Error(`own state ${update.seq} does not apply: ${applied}`);
  return applied.effects;
}

/** The peer's ack has grown to `ack`: forgets what it covers and tells what that was [NODE-4] [NODE-6]. */
export function acknowledged(
  own: OwnLane,
  ack: Seq,
): { readonly own: OwnLane; readonly covered: readonly Effect[] } {
  const covered: Effect[] = [];
  let acked = own.acked;
  const count = own.tail.filter(({ state }) => state.seq <= ack).length;
  for (const step of own.tail.slice(0, count)) {
    covered.push(...effectsOf(acked, step));
    acked = step.state;
  }
  if (count === 0) return { own, covered };
  const unackedDrops = own.unackedDrops - dropped(covered);
  return { own: { ...own, acked, tail: own.tail.slice(count), unackedDrops }, covered };
}

/** An own state by its number, from the peer's last ack on; null if it is older or not signed yet. */
export function ownStateAt(own: OwnLane, seq: Seq): LaneState | null {
  if (seq === own.acked.seq) return own.acked;
  // Every number is signed once, so a state's place follows from its number.
  return own.tail[seq - own.acked.seq - 1]?.state ?? null;
}

export type Resend =
  | { readonly kind: "updates"; readonly updates: readonly Update[] }
  /** The peer holds less than it has acknowledged: it lost data. */
  | { readonly kind: "peerLostData"; readonly acked: Seq }
  /** The peer holds more than we know to have signed: if its proof is right, we lost data (section 3.5). */
  | { readonly kind: "weLostData"; readonly newest: Seq };

/** What the peer lacks after a reconnection, in order, byte for byte as first sent. */
export function resend(own: OwnLane, peerHeldSeq: Seq): Resend {
  if (peerHeldSeq < own.acked.seq) return { kind: "peerLostData", acked: own.acked.seq };
  if (peerHeldSeq > own.newest.seq) return { kind: "weLostData", newest: own.newest.seq };
  const missing = own.tail.filter(({ state }) => state.seq > peerHeldSeq);
  return { kind: "updates", updates: missing.map(({ update }) => update) };
}
