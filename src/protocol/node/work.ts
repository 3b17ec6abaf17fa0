import type { Crypto, Signer } from "../crypto.ts";
import type { Notice, Output, Refusal, Signed } from "../outputs.ts";
import { indexOfLock } from "../lane-state.ts";
import type { KeyMemory } from "../onion/key-memory.ts";
import type { Transaction } from "../chain-facts.ts";
import type { Message } from "../messages.ts";
import type { ChannelId, Domain, HashLock, Hex, LockId, NodeId, PaymentHash, Secret } from "../types.ts";
import type { Channel, IncomingLock, LockRef, NodeState, OutgoingLock } from "./state.ts";

export interface Context {
  readonly crypto: Crypto;
  readonly signer: Signer;
  readonly domain: Domain;
  readonly keys: KeyMemory;
}

/** One batch in the making. The states are immutable; which of them is the newest changes as inputs are taken in. */
export interface Work {
  readonly ctx: Context;
  state: NodeState;
  readonly outputs: Output[];
  readonly signed: Signed[];
  /** Channels that may have something to sign at the end of the batch, in the order of their first change. */
  readonly touched: Set<ChannelId>;
}

export function notify(work: Work, notice: Notice): void {
  work.outputs.push({ kind: "notice", notice });
}

export function refuse(work: Work, index: number, refusal: Refusal): void {
  notify(work, { kind: "commandRefused", index, refusal });
}

export function dropMessage(work: Work, from: NodeId, why: string): void {
  notify(work, { kind: "dropped", from, why });
}

/** What is lost because the peer is away comes back with the exchange of `resume`. */
export function send(work: Work, to: NodeId, message: Message): void {
  if (work.state.connected.has(to)) work.outputs.push({ kind: "send", to, message });
}

export function submit(work: Work, transaction: Transaction): void {
  work.outputs.push({ kind: "submit", transaction });
}

export function putChannel(work: Work, channel: Channel): void {
  work.state = { ...work.state, channels: work.state.channels.with(channel.channel, channel) };
  work.touched.add(channel.channel);
}

export function updateChannel(work: Work, id: ChannelId, change: (channel: Channel) => Channel): void {
  const channel = work.state.channels.get(id);
  if (channel !== undefined) putChannel(work, change(channel));
}

export function incomingLock(work: Work, id: ChannelId, lock: LockId): IncomingLock | undefined {
  const locks = work.state.channels.get(id)?.incoming;
  return locks?.[indexOfLock(locks, lock)];
}

export function outgoingLock(work: Work, id: ChannelId, lock: LockId): OutgoingLock | undefined {
  const locks = work.state.channels.get(id)?.outgoing;
  return locks?.[indexOfLock(locks, lock)];
}

export function addIncoming(work: Work, id: ChannelId, lock: IncomingLock): void {
  updateChannel(work, id, (channel) => ({ ...channel, incoming: [...channel.incoming, lock] }));
  if (lock.lock.kind === "hash") addRef(work, lock.lock.hash, { channel: id, direction: "in", id: lock.id });
}

export function addOutgoing(work: Work, id: ChannelId, lock: OutgoingLock): void {
  updateChannel(work, id, (channel) => ({ ...channel, outgoing: [...channel.outgoing, lock] }));
  addRef(work, lock.lock.hash, { channel: id, direction: "out", id: lock.id });
}

export function putIncoming(work: Work, id: ChannelId, lock: IncomingLock): void {
  updateChannel(work, id, (channel) => ({ ...channel, incoming: replaceById(channel.incoming, lock) }));
}

export function putOutgoing(work: Work, id: ChannelId, lock: OutgoingLock): void {
  updateChannel(work, id, (channel) => ({ ...channel, outgoing: replaceById(channel.outgoing, lock) }));
}

export function removeIncoming(work: Work, id: ChannelId, { id: lock, lock: terms }: IncomingLock): void {
  updateChannel(work, id, (channel) => ({
    ...channel,
    incoming: withoutId(channel.incoming, lock),
  }));
  if (terms.kind === "hash") removeRef(work, terms.hash, { channel: id, direction: "in", id: lock });
}

export function removeOutgoing(work: Work, id: ChannelId, { id: lock, lock: { hash } }: OutgoingLock): void {
  updateChannel(work, id, (channel) => ({
    ...channel,
    outgoing: withoutId(channel.outgoing, lock),
  }));
  removeRef(work, hash, { channel: id, direction: "out", id: lock });
}

/** All our hash locks with this hash, as they stand now. */
export function refsOf(work: Work, hash: PaymentHash): readonly LockRef[] {
  return work.state.locks.get(hash) ?? [];
}

function replaceById<T extends { readonly id: LockId }>(locks: readonly T[], lock: T): readonly T[] {
  const at = indexOfLock(locks, lock.id);
  return at < 0 ? locks : locks.with(at, lock);
}

function withoutId<T extends { readonly id: LockId }>(locks: readonly T[], id: LockId): readonly T[] {
  const at = indexOfLock(locks, id);
  return at < 0 ? locks : locks.toSpliced(at, 1);
}

function addRef(work: Work, hash: PaymentHash, ref: LockRef): void {
  work.state = { ...work.state, locks: work.state.locks.with(hash, [...refsOf(work, hash), ref]) };
}

function removeRef(work: Work, hash: PaymentHash, ref: LockRef): void {
  const isRef = (one: LockRef): boolean =>
    one.channel === ref.channel && one.direction === ref.direction && one.id === ref.id;
  const left = refsOf(work, hash).filter((one) => !isRef(one));
  const { locks } = work.state;
  work.state = { ...work.state, locks: left.length === 0 ? locks.without(hash) : locks.with(hash, left) };
}

/** A part of a payment to us, and the channel that it stands in. */
export interface HeldPart {
  readonly channel: ChannelId;
  readonly id: LockId;
  readonly lock: IncomingLock & { readonly lock: HashLock };
  readonly share: Secret | null;
}

/** Parts of a payment to us that are held. */
export function heldParts(work: Work, hash: PaymentHash): readonly HeldPart[] {
  return refsOf(work, hash).flatMap(({ channel, direction, id }) => {
    const found = direction === "in" ? incomingLock(work, channel, id) : undefined;
    if (found?.lock.kind !== "hash" || found.fate.kind !== "held") return [];
    return [{ channel, id, lock: { ...found, lock: found.lock }, share: found.fate.share }];
  });
}

/** Text for people: enough of an id to find it. */
export function short(hex: Hex): string {
  return hex.slice(0, 10);
}
