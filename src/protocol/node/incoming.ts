import { policyOf } from "../graph.ts";
import { failLock } from "../lane-held.ts";
import { canSpend, enqueueLock } from "../lane-own.ts";
import { type FailCode, makeFailure } from "../onion/failure.ts";
import type { ForwardInstruction } from "../onion/format.ts";
import { type Opened, openPacket } from "../onion/packet.ts";
import { admit, nothingSeen } from "../onion/replays.ts";
import { feeOf } from "../route.ts";
import { commitmentOf } from "../locks.ts";
import { countedLife, rentOf, rentTermsOf } from "../rent.ts";
import type { Amount, ChannelId, HashLock, Lock, LockId, RentTerms } from "../types.ts";
import { holdPart } from "./gather.ts";
import { isOverShare } from "./shares.ts";
import type { Channel, NodeState } from "./state.ts";
import { freeIn, isUsable, ownTerms } from "./terms.ts";
import { addIncoming, addOutgoing, notify, putChannel, send, updateChannel, type Work } from "./work.ts";

/** A lock that the peer has just added, with what its packet holds. */
export interface NewLock {
  readonly id: LockId;
  readonly lock: Lock;
  readonly packet: Uint8Array;
  /** What came with it, for us and the nodes after us [FEE-2]. */
  readonly rent?: Amount;
}

type NewHashLock = NewLock & { readonly lock: HashLock };

type Verdict = { readonly kind: "done" } | Failing;
interface Failing {
  readonly kind: "fail";
  readonly code: FailCode;
  /** What we ask for, if that is why. */
  readonly asked?: RentTerms;
}
type Readable = Exclude<Opened, { kind: "unreadable" }>;

/** Characters of a channel's whole id. */
const FULL_ID = 66;
const DONE: Verdict = { kind: "done" };
const fail = (code: FailCode): Failing => ({ kind: "fail", code });

/** Forwards a lock at once, takes it as the payee, or gives it back [NODE-3] [LANE-4]. */
export function onLockAdded(work: Work, id: ChannelId, added: NewLock): void {
  const { lock } = added;
  const { amount, expiry } = lock;
  notify(work, { kind: "lockAdded", channel: id, direction: "in", hash: commitmentOf(lock), amount, expiry });
  const channel = work.state.channels.get(id);
  if (channel === undefined) return;
  // We take part in no streams: what comes with a chain lock is not read.
  if (lock.kind === "chain") reject(work, channel, added, null, null);
  else takeHashLock(work, channel, { ...added, lock });
}

function takeHashLock(work: Work, channel: Channel, added: NewHashLock): void {
  const opened = open(work, channel, added);
  if (opened.kind === "unreadable") {
    reject(work, channel, added, null, null);
    return;
  }
  const verdict = judge(work, channel, added, opened);
  if (verdict.kind === "done") return;
  const failure = makeFailure(work.ctx.crypto, opened.key, verdict.code, verdict.asked);
  reject(work, channel, added, opened.key, failure);
}

function open({ ctx, state }: Work, { params, peer }: Channel, { lock, packet }: NewHashLock): Opened {
  const { hash, expiry } = lock;
  const context = { domain: ctx.domain, token: params.token, hash, expiry };
  return openPacket(ctx.crypto, packet, context, (point) => ctx.keys.open(peer, point, state.head.time));
}

function judge(work: Work, channel: Channel, added: NewHashLock, opened: Readable): Verdict {
  const { hash, expiry } = added.lock;
  const { peer, phase } = channel;
  const seen = admit(work.state.seen.get(peer) ?? nothingSeen(), { ...opened, expiry });
  if (seen === null) return fail("replayed");
  work.state = { ...work.state, seen: work.state.seen.with(peer, seen) };
  const { state } = work;
  if (opened.kind === "unknown") return fail("bad_packet");
  if (phase.kind !== "open") return fail("unknown_channel");
  if (state.recorded.has(hash)) return fail("unknown_payment");
  if (opened.kind !== "forward") {
    const refused = holdPart(work, channel, added, opened);
    return refused === null ? DONE : fail(refused);
  }
  if (expiry < state.head.time + 2 * state.config.claimTime) return fail("expiry_too_soon");
  // Whoever knows the witness could take it here without the payee.
  if (state.secrets.has(hash) || state.invoices.has(hash)) return fail("unknown_payment");
  return forward(work, channel, added, opened);
}

function reject(
  work: Work,
  { channel: id, peer }: Channel,
  { id: lock, lock: terms }: NewLock,
  key: Uint8Array | null,
  failure: Uint8Array | null,
): void {
  addIncoming(work, id, { id: lock, lock: terms, key, fate: { kind: "failed", failure } });
  updateChannel(work, id, (channel) => ({ ...channel, held: failLock(channel.held, lock) }));
  send(work, peer, { kind: "fail", channel: id, id: lock, failure });
}

/** The same condition and the same expiry in the next channel [HOP-1]. */
function forward(
  work: Work,
  upstream: Channel,
  added: NewHashLock,
  next: Extract<Opened, { kind: "forward" }>,
): Verdict {
  const { id, lock } = added;
  const from = upstream.channel;
  const named = namedChannel(work.state, next);
  const refused = whyNotForward(work.state, upstream, named, added, next);
  if (refused !== null || named === undefined) return refused ?? fail("unknown_channel");
  const channel = channelFor(work, upstream, named, next);
  if (typeof channel === "string") return fail(channel);
  const terms: HashLock = { ...lock, amount: next.amount };
  const { own, id: out } = enqueueLock(channel.own, terms, next.rest, next.rent);
  putChannel(work, { ...channel, own });
  const fate = { kind: "forwarded", channel: channel.channel, id: out } as const;
  addIncoming(work, from, { id, lock, key: next.key, fate });
  addOutgoing(work, channel.channel, {
    id: out,
    lock: terms,
    origin: { kind: "forward", channel: from, id, paid: false },
    asked: false,
    failed: null,
    won: false,
  });
  return DONE;
}

function namedChannel({ channels }: NodeState, { channel }: ForwardInstruction): Channel | undefined {
  return channel.length === FULL_ID ? channels.get(channel as ChannelId) : channels.find(channel);
}

function whyNotForward(
  state: NodeState,
  upstream: Channel,
  channel: Channel | undefined,
  { lock, rent: got = 0n }: NewHashLock,
  { amount, rent: passed = 0n }: ForwardInstruction,
): Failing | null {
  if (channel === undefined || channel.channel === upstream.channel || !isUsable(channel))
    return fail("unknown_channel");
  if (channel.params.token !== upstream.params.token) return fail("unknown_channel");
  if (state.isViewStale) return fail("stale_view");
  if (!state.connected.has(channel.peer)) return fail("peer_offline");
  const edge = state.graph.edges.get(channel.channel);
  const policy = edge === undefined ? undefined : policyOf(edge, state.config.self)?.policy;
  if (!policy?.enabled) return fail("policy");
  if (amount < policy.minAmount || amount > policy.maxAmount || amount < 1n) return fail("policy");
  if (lock.amount < amount + feeOf(policy, amount)) return fail("fee_too_low");
  const asked = rentTermsOf(policy);
  const life = countedLife(lock.expiry, state.head.time, policy.claimTime);
  return got - passed < rentOf(asked, amount, life) ? { ...fail("rent_too_low"), asked } : null;
}

/**
 * The named channel if the lock fits there, else another with the same peer [HOP-4]: the payer sees neither our balances
 * nor our slots. Always the first, so that packets of one payer seldom pass each other. What the named one lacks, if
 * none fits.
 */
function channelFor(
  work: Work,
  upstream: Channel,
  named: Channel,
  next: ForwardInstruction,
): Channel | FailCode {
  const lacks = whyNotFits(work, upstream, named, next);
  if (lacks === null) return named;
  for (const id of work.state.graph.channelsOf.get(named.peer) ?? []) {
    const other = work.state.channels.get(id);
    if (other?.peer !== named.peer || other.params.token !== named.params.token || other === upstream)
      continue;
    if (isUsable(other) && isOffered(work, id) && whyNotFits(work, upstream, other, next) === null)
      return other;
  }
  return lacks;
}

/** Whether its owner lets others pay over it at all. */
function isOffered({ state }: Work, id: ChannelId): boolean {
  const edge = state.graph.edges.get(id);
  return edge !== undefined && policyOf(edge, state.config.self)?.policy.enabled === true;
}

/** Slots, shares [FEE-3], and balance for the lock and the rent that goes with it. */
function whyNotFits(
  { ctx, state }: Work,
  upstream: Channel,
  channel: Channel,
  { amount, rent = 0n }: ForwardInstruction,
): FailCode | null {
  const { free, weight } = freeIn(ctx.domain, state, channel);
  if (weight < 1) return "too_many_locks";
  if (state.config.limitsShares === true && isOverShare(state, channel, upstream.peer, { amount, free }))
    return "share_full";
  const terms = ownTerms(ctx.domain, channel, state);
  return canSpend(channel.own, channel.held, terms, amount + rent, "lock") ? null : "no_capacity";
}
