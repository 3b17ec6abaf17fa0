import { asciiBytes, concatBytes, fromHex, toHex } from "../bytes.ts";
import { type Graph, policyOf } from "../graph.ts";
import { enqueueLock } from "../lane-own.ts";
import type { Liquidity } from "../liquidity.ts";
import type { Instruction } from "../onion/format.ts";
import { hmac } from "../onion/mac.ts";
import { makePacket } from "../onion/packet.ts";
import { agreeOnRoute } from "../onion/route-keys.ts";
import { policyKey } from "../policy.ts";
import { EXPIRY_CLAIM_TIMES } from "../rent.ts";
import type { Hop, Outlook, Route } from "../route.ts";
import { deliveredBy, findParts, MAX_PARTS, type SplitResult } from "../split.ts";
import { Table } from "../table.ts";
import type { Address, Amount, ChannelId, HashLock, Hex, NodeId, PaymentHash, Seed } from "../types.ts";
import { busyOf } from "./busy.ts";
import { deliveryOf, sharesOf, type Terms } from "./goals.ts";
import type { Attempt, Avoided, Part, SharedKeys } from "./state.ts";
import { freeIn, isUsable } from "./terms.ts";
import { addOutgoing, putChannel, type Work } from "./work.ts";

/** How long and how often a payer uses the same route keys: what it pays with them can be told to be of one payer. */
const MAX_KEY_SECONDS = 3600;
const MAX_KEY_USES = 4096;
/** Routes whose keys a payer keeps. */
const MAX_KEPT_KEYS = 256;

export const NOTHING_AVOIDED: Avoided = { edges: [], nodes: [], scarce: [] };

const NOTHING_LEARNED: Liquidity = Table.of([]);

const ROUTE_LABEL = asciiBytes("Hashlane payment 1 route");
const PACKET_LABEL = asciiBytes("Hashlane payment 1 packet");

/**
 * Ways for what is still to be paid, as our own balances and the limits of the whole payment allow. What was learned of
 * other balances is a belief, which a payment or a deposit of others makes false at any time: where it leaves no way, a
 * way against it is better than none, but for what lacked balance in this very payment.
 */
export function planParts(
  work: Pick<Work, "ctx" | "state">,
  terms: Terms,
  attempt: Pick<Attempt, "parts" | "maxFee" | "rent" | "avoid">,
): SplitResult {
  const { graph, config, liquidity } = work.state;
  const { parts, maxFee, avoid } = attempt;
  const { free, slots } = spendableFor(work, terms.token);
  const query = {
    from: config.self,
    to: terms.payee,
    token: terms.token,
    amount: terms.amount - parts.reduce((sum, { amount }) => sum + amount, 0n),
    maxFee: maxFee - parts.reduce((sum, { fee }) => sum + fee, 0n) - rentPaid(attempt),
    claimTime: Math.max(terms.claimTime, config.claimTime),
    spendable: free,
    slots,
    maxParts: MAX_PARTS - parts.length,
    maxHops: terms.maxHops,
    outlook: outlookOf(work, avoid),
  };
  const found = findParts(graph, query);
  if (found.kind !== "no_route" || liquidity.size === 0) return found;
  const outlook = outlookOf(work, { ...avoid, edges: [...avoid.edges, ...avoid.scarce] });
  return findParts(graph, { ...query, outlook: { ...outlook, liquidity: NOTHING_LEARNED } });
}

/** By all attempts of a payment: what came back is not given back [FEE-2]. */
export function rentPaid({ rent, parts }: Pick<Attempt, "rent" | "parts">): Amount {
  return parts.reduce((sum, part) => sum + part.rent, rent);
}

/** A part whose lock was never signed: nothing was paid. */
export function forgetRent(work: Work, hash: PaymentHash, number: number): void {
  const attempt = work.state.attempts.get(hash);
  if (attempt === undefined) return;
  const parts = attempt.parts.map((part) => (part.number === number ? { ...part, rent: 0n } : part));
  work.state = { ...work.state, attempts: work.state.attempts.with(hash, { ...attempt, parts }) };
}

function outlookOf(work: Pick<Work, "ctx" | "state">, { edges, nodes }: Avoided): Outlook {
  const { head, liquidity } = work.state;
  const busy = busyOf(work);
  return { now: head.time, liquidity, busy, avoid: new Set(edges), avoidNodes: new Set(nodes) };
}

interface OwnRoom {
  readonly free: ReadonlyMap<ChannelId, Amount>;
  /** Further locks. */
  readonly slots: ReadonlyMap<ChannelId, number>;
}

function spendableFor({ ctx, state }: Pick<Work, "ctx" | "state">, token: Address): OwnRoom {
  const all = new Map<ChannelId, Amount>();
  const slots = new Map<ChannelId, number>();
  for (const channel of state.channels.values()) {
    if (channel.params.token !== token || !isUsable(channel) || !state.connected.has(channel.peer)) continue;
    const { free, weight } = freeIn(ctx.domain, state, channel);
    all.set(channel.channel, weight > 0 ? free : 0n);
    slots.set(channel.channel, weight);
  }
  return { free: all, slots };
}

/** Locks each part in a channel of ours, with a packet of its own for the nodes on the way. */
export function sendParts(
  work: Work,
  terms: Terms,
  attempt: Attempt,
  routes: readonly Route[],
): readonly Part[] {
  const shares = sharesOf(work, attempt.goal, attempt, routes.length);
  const added = routes.map((route, at) => {
    const share = shares[at] ?? null;
    return sendPart(work, terms, attempt, { number: attempt.made + 1 + at, share, route });
  });
  const parts = [...attempt.parts, ...added];
  const now: Attempt = { ...attempt, made: attempt.made + added.length, parts };
  const { attempts, payments } = work.state;
  const fee = parts.reduce((sum, part) => sum + part.fee, 0n);
  const payment = { amount: terms.amount, fee, rent: rentPaid(now), status: "pending" } as const;
  work.state = {
    ...work.state,
    attempts: attempts.with(terms.hash, now),
    payments: payments.with(terms.hash, payment),
  };
  return added;
}

interface NewPart {
  readonly number: number;
  readonly share: Part["share"];
  readonly route: Route;
}

/** What decides on the keys of a packet. */
interface Packet {
  readonly seed: Seed;
  readonly number: number;
  readonly hasNewKeys: boolean;
}

function sendPart(work: Work, terms: Terms, attempt: Attempt, { number, share, route }: NewPart): Part {
  const { hops, fee, rent, claimTime } = route;
  const [first] = hops;
  const channel = first === undefined ? undefined : work.state.channels.get(first.channel);
  if (first === undefined || channel === undefined) throw new Error("a route begins with a channel of ours");
  const { hash, token } = terms;
  const expiry = work.state.head.time + EXPIRY_CLAIM_TIMES * claimTime;
  const lock: HashLock = { kind: "hash", amount: first.amount, expiry, hash };
  const packet = { seed: attempt.seed, number, hasNewKeys: attempt.hasNewKeys };
  const shared = takeKeys(work, packet, terms, hops);
  const { crypto, domain } = work.ctx;
  const made = makePacket(crypto, shared.keys, {
    context: { domain, token, hash, expiry },
    instructions: [...forwardsOf(hops), deliveryOf(attempt.goal, terms, share)],
    number: shared.number,
    seed: seedOf(work, packet, PACKET_LABEL),
  });
  const { own, id } = enqueueLock(channel.own, lock, made.packet, rent);
  putChannel(work, { ...channel, own });
  const origin = { kind: "payment", part: number } as const;
  addOutgoing(work, first.channel, { id, lock, origin, asked: false, failed: null, won: false });
  return { number, share, amount: deliveredBy(route), fee, rent, hops, keys: made.keys };
}

function forwardsOf([, ...rest]: readonly Hop[]): readonly Instruction[] {
  return rest.map(({ channel, amount, rent }) => {
    return { kind: "forward", channel, amount, ...(rent > 0n ? { rent } : {}) };
  });
}

function seedOf({ ctx }: Work, { seed, number }: Packet, label: Uint8Array): Uint8Array {
  return hmac(ctx.crypto, fromHex(seed), label, Uint8Array.of(number));
}

/** Nodes of a part's way, ourselves first. */
export function nodesOf(work: Work, { hops }: Part): readonly NodeId[] {
  return [work.state.config.self, ...hops.map(({ to }) => to)];
}

/** Keys that were agreed on for the same channels, or new ones. */
function takeKeys(
  work: Work,
  asked: Packet,
  terms: Terms,
  hops: readonly Hop[],
): { readonly keys: SharedKeys["keys"]; readonly number: number } {
  const { crypto } = work.ctx;
  const name = toHex(crypto.sha256(concatBytes(...hops.map(({ channel }) => fromHex(channel)))));
  const known = asked.hasNewKeys ? undefined : work.state.routeKeys.get(name);
  if (known !== undefined && isFresh(known, work.state.head.time)) {
    keepKeys(work, name, { ...known, used: known.used + 1 });
    return { keys: known.keys, number: known.used };
  }
  const keys = agreeOnRoute(crypto, seedOf(work, asked, ROUTE_LABEL), nodeKeys(work, terms, hops));
  keepKeys(work, name, { keys, used: 1, since: work.state.head.time });
  return { keys, number: 0 };
}

function isFresh({ used, since }: SharedKeys, now: number): boolean {
  return used < MAX_KEY_USES && now - since < MAX_KEY_SECONDS;
}

function keepKeys(work: Work, name: Hex, shared: SharedKeys): void {
  let { routeKeys } = work.state;
  if (!routeKeys.has(name) && routeKeys.size >= MAX_KEPT_KEYS) {
    const oldest = [...routeKeys.entries()].reduce((least, entry) =>
      entry[1].since < least[1].since ? entry : least,
    );
    routeKeys = routeKeys.without(oldest[0]);
  }
  work.state = { ...work.state, routeKeys: routeKeys.with(name, shared) };
}

/** Every node's key follows from a signature of its own: a policy's of a hop, the invoice's or a policy's of the payee. */
function nodeKeys({ ctx, state }: Work, { payeeKey }: Terms, hops: readonly Hop[]): readonly Uint8Array[] {
  const forwarding = hops.slice(1).map(({ channel, from }) => signedKey(ctx, state.graph, channel, from));
  return [...forwarding, payeeKey];
}

function signedKey(
  { crypto, domain }: Work["ctx"],
  graph: Graph,
  channel: ChannelId,
  node: NodeId,
): Uint8Array {
  const edge = graph.edges.get(channel);
  const signed = edge === undefined ? null : policyOf(edge, node);
  const key = signed === null ? null : policyKey(crypto, domain, signed);
  if (key === null) throw new Error(`a route goes over nodes with signed policies; ${node} has none`);
  return key;
}
