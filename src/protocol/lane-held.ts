import type { Crypto } from "./crypto.ts";
import { laneDigest } from "./eip712.ts";
import {
  type Base,
  type Effect,
  type ForgedWhy,
  type HeldLane,
  type LaneRefusal,
  type LaneTerms,
  type LockFate,
  MAX_BASES,
  MAX_EARLY_UPDATES,
  MAX_LOCK_WEIGHT,
  type OwnLane,
  type Pay,
  WINDOW_BYTES,
} from "./lane.ts";
import { ownStateAt } from "./lane-own.ts";
import { type Applied, applyChanges, indexOfLock } from "./lane-state.ts";
import { stateBody } from "./locks.ts";
import type { Update } from "./messages.ts";
import type { Amount, Body, Lock, LockId, Seq, Signature } from "./types.ts";
import { sizeOfChanges } from "./wire-change.ts";

/** What a received state is judged by. */
export interface HeldView {
  readonly crypto: Crypto;
  readonly terms: LaneTerms;
  /** Our own lane of the same channel. */
  readonly own: OwnLane;
  readonly fateOf: (lock: Lock) => LockFate;
}

export type Received =
  | { readonly kind: "accepted"; readonly held: HeldLane; readonly effects: readonly Effect[] }
  /** Not above what we hold, or there is no room for more updates that came early. */
  | { readonly kind: "ignored"; readonly why: "old" | "too_many_early" }
  /** Its base has not arrived; {@link takeEarly} gives it back when that has. */
  | { readonly kind: "early"; readonly held: HeldLane }
  /** Valid but for our view of the chain: kept in `held.waiting`, to be tried again with {@link retryWaiting} [LANE-4]. */
  | { readonly kind: "wait"; readonly held: HeldLane; readonly refusal: LaneRefusal }
  /** For good: the decision to close [NODE-5]. */
  | { readonly kind: "refused"; readonly refusal: LaneRefusal }
  /** Nothing shows that the payer signed this; dropped and counted. */
  | { readonly kind: "forged"; readonly why: ForgedWhy };

/** Judges an update of the peer's lane, signature first [LANE-1..4]. */
export function receiveUpdate(held: HeldLane, update: Update, view: HeldView): Received {
  if (update.seq <= held.newest.seq) return { kind: "ignored", why: "old" };
  if (update.base >= update.seq) return { kind: "forged", why: "base_not_below_seq" };
  if (update.base > held.newest.seq) return keepEarly(held, update);
  const base = held.bases.find(({ seq }) => seq === update.base);
  if (base === undefined) return { kind: "forged", why: "base_too_old" };
  const applied = applyToBase(held, base, update);
  if (typeof applied === "string") return { kind: "forged", why: applied };
  if (!isSigned(applied, update, view)) return { kind: "forged", why: "wrong_signer" };
  const refusal = broken(held, applied, update, view);
  if (refusal !== null) return { kind: "refused", refusal };
  const early = tooEarly(held, applied, view);
  if (early !== null) return { kind: "wait", held: { ...held, waiting: update }, refusal: early };
  return accept(held, applied, update, view);
}

function keepEarly(held: HeldLane, update: Update): Received {
  const others = held.early.filter(({ seq }) => seq !== update.seq);
  const bytes = [...others, update].reduce((sum, { changes }) => sum + sizeOfChanges(changes), 0);
  // An honest peer's unacknowledged states are within these bounds, so nothing of its is lost.
  if (others.length >= MAX_EARLY_UPDATES || bytes > WINDOW_BYTES)
    return { kind: "ignored", why: "too_many_early" };
  const early = [...others, update].sort((a, b) => a.seq - b.seq);
  return { kind: "early", held: { ...held, early } };
}

/** Bases have the locks of the newest state, so the totals are the same. */
function applyToBase(held: HeldLane, base: Base, update: Update): Applied | ForgedWhy {
  const { locked, weight, lastLockId } = held;
  return applyChanges({ sent: base.sent, locks: held.newest.locks, locked, weight, lastLockId }, update);
}

function isSigned(applied: Applied, update: Update, { crypto, terms }: HeldView): boolean {
  const body = stateBody(crypto, applied.state);
  const digest = laneDigest(crypto, terms.domain, terms.channel, update.seq, body);
  return crypto.recover(digest, update.signature) === terms.payer;
}

/** What no fresher view of the chain can repair. */
function broken(held: HeldLane, applied: Applied, update: Update, view: HeldView): LaneRefusal | null {
  return (
    brokenOrder(held, applied, update, view.own) ??
    brokenSkip(held, applied, update) ??
    brokenRemoval(held, applied, view) ??
    tooHeavy(applied)
  );
}

function brokenOrder(held: HeldLane, { state }: Applied, { ack }: Update, own: OwnLane): LaneRefusal | null {
  const { newest } = held;
  if (ack < newest.ack) return { rule: "LANE-1", code: "ack_fell", ack, was: newest.ack };
  const signed = own.newest.seq;
  if (ack > signed) return { rule: "LANE-1", code: "ack_not_signed", ack, signed };
  if (state.sent < newest.sent) {
    return { rule: "LANE-1", code: "sent_fell", sent: state.sent, was: newest.sent };
  }
  return null;
}

/** Direct payments that were accepted after the base [LANE-1]. */
function paysSince(held: HeldLane, base: Seq): readonly Pay[] {
  return held.bases.filter(({ seq }) => seq > base).flatMap(({ pays }) => pays);
}

function brokenSkip(held: HeldLane, applied: Applied, { base, seq }: Update): LaneRefusal | null {
  if (base === held.newest.seq && seq === base + 1) return null;
  if (applied.changesLocks) return { rule: "LANE-1", code: "skip_changes_locks", seq, base };
  const lost = withoutPays(paysSince(held, base), applied.effects)[0];
  return lost?.kind === "pay" ? { rule: "LANE-1", code: "payment_lost", tag: lost.tag, base } : null;
}

/** `effects` less those that are among `known`, each counted once. */
function withoutPays(effects: readonly Effect[], known: readonly Effect[]): readonly Effect[] {
  const keyOf = (pay: Pay): string => `${pay.tag} ${pay.amount}`;
  const left = new Map<string, number>();
  for (const effect of known) {
    if (effect.kind === "pay") left.set(keyOf(effect), (left.get(keyOf(effect)) ?? 0) + 1);
  }
  return effects.filter((effect) => {
    if (effect.kind !== "pay") return true;
    const count = left.get(keyOf(effect)) ?? 0;
    left.set(keyOf(effect), count - 1);
    return count <= 0;
  });
}

function brokenRemoval(held: HeldLane, applied: Applied, view: HeldView): LaneRefusal | null {
  const failing = new Set(held.failing);
  for (const effect of applied.effects) {
    if (effect.kind === "drop" && !failing.has(effect.id)) {
      return { rule: "LANE-3", code: "not_failed", id: effect.id };
    }
    if (effect.kind === "expire" && view.fateOf(effect.lock) === "recorded") {
      return { rule: "LANE-3", code: "recorded_in_time", id: effect.id };
    }
  }
  return null;
}

function tooHeavy({ weight }: Applied): LaneRefusal | null {
  if (weight <= MAX_LOCK_WEIGHT) return null;
  return { rule: "LOCK-3", code: "too_many_locks", weight, limit: MAX_LOCK_WEIGHT };
}

/** What a fresher view of the chain may repair: a deposit or the end of a lock that the payer sees already [LANE-4]. */
function tooEarly(held: HeldLane, applied: Applied, view: HeldView): LaneRefusal | null {
  const open = applied.effects.find(
    (effect) => effect.kind === "expire" && view.fateOf(effect.lock) === "open",
  );
  if (open?.kind === "expire") {
    return { rule: "LANE-3", code: "not_dead", id: open.id, expiry: open.lock.expiry };
  }
  const { state, locked } = applied;
  const drops = [...held.drops, ...newDrops(applied)];
  const { needed, available } = solvencyOf({ ...held, newest: state, locked, drops }, view);
  return needed <= available ? null : { rule: "LANE-2", code: "insolvent", needed, available };
}

/** What the payer must have for its newest state to stand, and what it has [LANE-2]. */
export function solvencyOf(
  held: HeldLane,
  { own, terms }: HeldView,
): { readonly needed: Amount; readonly available: bigint } {
  const drops = held.drops.filter(({ seq }) => seq > own.newest.ack);
  const reserve = held.reserveBinds ? terms.reserve : 0n;
  const needed = held.newest.sent + held.locked + sumOf(drops) + reserve;
  return { needed, available: terms.deposit + ownSentAt(own, held.newest.ack) };
}

function newDrops({ state, effects }: Applied): readonly HeldLane["drops"][number][] {
  return effects.flatMap((effect) =>
    effect.kind === "drop" ? [{ seq: state.seq, amount: effect.lock.amount }] : [],
  );
}

function sumOf(drops: HeldLane["drops"]): Amount {
  return drops.reduce((sum, { amount }) => sum + amount, 0n);
}

/** An ack that has not fallen names a state that we keep: those from the peer's last ack on [NODE-6]. */
function ownSentAt(own: OwnLane, ack: Seq): Amount {
  const state = ownStateAt(own, ack);
  if (state === null)
    throw new Error(`own state ${ack} was forgotten although the peer had not acknowledged beyond it`);
  return state.sent;
}

function accept(held: HeldLane, applied: Applied, update: Update, view: HeldView): Received {
  const { state, locked, weight, lastLockId, changesLocks } = applied;
  const effects = withoutPays(applied.effects, paysSince(held, update.base));
  const pays = effects.filter((effect) => effect.kind === "pay");
  const base = { seq: state.seq, sent: state.sent, pays };
  const removed = new Set(effects.flatMap((effect) => (isRemoval(effect) ? [effect.id] : [])));
  const basis = view.terms.reserveBasis + ownSentAt(view.own, state.ack) - state.sent - locked;
  const next: HeldLane = {
    newest: state,
    signature: update.signature,
    bases: changesLocks ? [{ ...base, pays: [] }] : [...held.bases, base].slice(-MAX_BASES),
    changedAt: effects.length > 0 ? state.seq : held.changedAt,
    early: held.early,
    waiting: held.waiting !== null && held.waiting.seq > state.seq ? held.waiting : null,
    lastLockId,
    failing: held.failing.filter((id) => !removed.has(id)),
    drops: [...held.drops, ...newDrops(applied)].filter(({ seq }) => seq > view.own.newest.ack),
    reserveBinds: held.reserveBinds || basis >= view.terms.reserve,
    locked,
    weight,
  };
  return { kind: "accepted", held: next, effects };
}

function isRemoval(effect: Effect): effect is Exclude<Effect, { kind: "pay" | "add" }> {
  return effect.kind !== "pay" && effect.kind !== "add";
}

/** The next early update whose base is there now, taken out of the lane; null if there is none. */
export function takeEarly(held: HeldLane): { readonly held: HeldLane; readonly update: Update } | null {
  const update = held.early.find(({ base, seq }) => base <= held.newest.seq || seq <= held.newest.seq);
  if (update === undefined) return null;
  return { held: { ...held, early: held.early.filter((kept) => kept !== update) }, update };
}

/** Judges the waiting update again; null if none waits. */
export function retryWaiting(held: HeldLane, view: HeldView): Received | null {
  return held.waiting === null ? null : receiveUpdate({ ...held, waiting: null }, held.waiting, view);
}

/** We give a lock back: from now on the payer may drop it. Unknown ids change nothing. */
export function failLock(held: HeldLane, id: LockId): HeldLane {
  if (indexOfLock(held.newest.locks, id) < 0 || held.failing.includes(id)) return held;
  return { ...held, failing: [...held.failing, id].sort((a, b) => a - b) };
}

/** Proof of the newest state, as `resume` shows it; null at seq 0. */
export function heldProof(
  crypto: Crypto,
  held: HeldLane,
): { readonly seq: Seq; readonly body: Body; readonly signature: Signature } | null {
  if (held.signature === null) return null;
  return { seq: held.newest.seq, body: stateBody(crypto, held.newest), signature: held.signature };
}

/** One sentence with the values, for notices. */
export function describeRefusal(refusal: LaneRefusal): string {
  switch (refusal.code) {
    case "ack_fell":
      return `[LANE-1] ack fell from ${refusal.was} to ${refusal.ack}`;
    case "ack_not_signed":
      return `[LANE-1] ack ${refusal.ack} is beyond our newest state ${refusal.signed}`;
    case "sent_fell":
      return `[LANE-1] sent fell from ${refusal.was} to ${refusal.sent}`;
    case "skip_changes_locks":
      return `[LANE-1] state ${refusal.seq} skips from ${refusal.base} and changes locks`;
    case "payment_lost":
      return `[LANE-1] payment ${refusal.tag}, accepted after state ${refusal.base}, is missing`;
    case "insolvent":
      return `[LANE-2] the payer needs ${refusal.needed} and has ${refusal.available}`;
    case "not_failed":
      return `[LANE-3] lock ${refusal.id} was dropped, but not given back`;
    case "not_dead":
      return `[LANE-3] lock ${refusal.id} was removed before its expiry ${refusal.expiry} was final`;
    case "recorded_in_time":
      return `[LANE-3] lock ${refusal.id} was removed as expired, but its witness was recorded in time`;
    case "too_many_locks":
      return `[LOCK-3] the locks weigh ${refusal.weight}, above ${refusal.limit}`;
  }
}
