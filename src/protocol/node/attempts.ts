import { asciiBytes, concatBytes, fromHex, toHex } from "../bytes.ts";
import { type Graph, policyOf } from "../graph.ts";
import { type Invoice, payeeKey } from "../invoice.ts";
import { enqueueLock } from "../lane-own.ts";
import { edgeKey, type EdgeKey, type Liquidity } from "../liquidity.ts";
import type { Instruction } from "../onion/format.ts";
import { hmac } from "../onion/mac.ts";
import { makePacket } from "../onion/packet.ts";
import { agreeOnRoute } from "../onion/route-keys.ts";
import { policyKey } from "../policy.ts";
import { findRoute, type Hop, type Outlook, type Route, type RouteResult } from "../route.ts";
import type { Address, Amount, ChannelId, Hex, Lock, NodeId } from "../types.ts";
import { Table } from "../table.ts";
import type { Attempt, Avoided, SharedKeys } from "./state.ts";
import { freeIn, isUsable } from "./terms.ts";
import { addOutgoing, putChannel, type Work } from "./work.ts";

/** Expiry of a payment, in claim times of the slowest node on the route [HOP-3]. */
const EXPIRY_CLAIM_TIMES = 3;
/** How long and how often a payer uses the same route keys: what it pays with them can be told to be of one payer. */
const MAX_KEY_SECONDS = 3600;
const MAX_KEY_USES = 4096;
/** Routes whose keys a payer keeps. */
const MAX_KEPT_KEYS = 256;

export const NOTHING_AVOIDED: Avoided = { edges: [], nodes: [] };

const NOTHING_LEARNED: Liquidity = Table.of([]);

const ROUTE_LABEL = asciiBytes("Hashlane payment 1 route");
const PACKET_LABEL = asciiBytes("Hashlane payment 1 packet");

/**
 * The best route that our own balances allow. What was learned of other balances is a belief, which a payment or a
 * deposit of others makes false at any time: where it leaves no way, a way against it is better than none.
 */
export function routeTo(
  work: Pick<Work, "ctx" | "state">,
  invoice: Invoice,
  maxFee: Amount,
  avoid = NOTHING_AVOIDED,
): RouteResult {
  const { graph, config, liquidity } = work.state;
  const query = {
    from: config.self,
    to: invoice.payee,
    token: invoice.token,
    amount: invoice.amount,
    maxFee,
    claimTime: Math.max(invoice.claimTime, config.claimTime),
    spendable: spendableFor(work, invoice.token),
    outlook: outlookOf(work, avoid),
  };
  const found = findRoute(graph, query);
  if (found.kind !== "no_route" || liquidity.size === 0) return found;
  return findRoute(graph, { ...query, outlook: { ...query.outlook, liquidity: NOTHING_LEARNED } });
}

function outlookOf({ state }: Pick<Work, "state">, { edges, nodes }: Avoided): Outlook {
  const busy = new Map<EdgeKey, Amount>();
  for (const { hops } of state.attempts.values()) {
    for (const { channel, from, amount } of hops.slice(1)) {
      const key = edgeKey(channel, from);
      busy.set(key, (busy.get(key) ?? 0n) + amount);
    }
  }
  const { head, liquidity } = state;
  return { now: head.time, liquidity, busy, avoid: new Set(edges), avoidNodes: new Set(nodes) };
}

function spendableFor(
  { ctx, state }: Pick<Work, "ctx" | "state">,
  token: Address,
): ReadonlyMap<ChannelId, Amount> {
  const spendable = new Map<ChannelId, Amount>();
  for (const channel of state.channels.values()) {
    if (channel.params.token !== token || !isUsable(channel) || !state.connected.has(channel.peer)) continue;
    const { free, weight } = freeIn(ctx.domain, state, channel);
    spendable.set(channel.channel, weight > 0 ? free : 0n);
  }
  return spendable;
}

/** What the payer was asked to do. */
export type Asked = Omit<Attempt, "hops" | "keys">;

/** Locks the amount in our channel, with a packet for the nodes on the way. */
export function sendAttempt(work: Work, asked: Asked, invoice: Invoice, { hops, claimTime }: Route): void {
  const [first] = hops;
  const channel = first === undefined ? undefined : work.state.channels.get(first.channel);
  if (first === undefined || channel === undefined) throw new Error("a route begins with a channel of ours");
  const { hash, token } = invoice;
  const expiry = work.state.head.time + EXPIRY_CLAIM_TIMES * claimTime;
  const lock: Lock = { kind: "hash", amount: first.amount, expiry, hash };
  const { keys, number } = takeKeys(work, asked, hops);
  const { crypto, domain } = work.ctx;
  const made = makePacket(crypto, keys, {
    context: { domain, token, hash, expiry },
    instructions: instructionsOf(hops, invoice),
    number,
    seed: seedOf(work, asked, PACKET_LABEL),
  });
  const { own, id } = enqueueLock(channel.own, lock, made.packet);
  putChannel(work, { ...channel, own });
  const attempt: Attempt = { ...asked, hops, keys: made.keys };
  work.state = { ...work.state, attempts: work.state.attempts.with(hash, attempt) };
  const origin = { kind: "payment" } as const;
  addOutgoing(work, first.channel, { id, lock, origin, asked: false, failed: null, won: false });
}

function instructionsOf(
  [, ...rest]: readonly Hop[],
  { paymentSecret, amount }: Invoice,
): readonly Instruction[] {
  const forwards = rest.map(
    ({ channel, amount: next }) => ({ kind: "forward", channel, amount: next }) as const,
  );
  return [...forwards, { kind: "deliver", paymentSecret, total: amount }];
}

function seedOf({ ctx }: Work, { seed, number }: Asked, label: Uint8Array): Uint8Array {
  return hmac(ctx.crypto, fromHex(seed), label, Uint8Array.of(number));
}

/** Keys that were agreed on for the same channels, or new ones. */
function takeKeys(
  work: Work,
  asked: Asked,
  hops: readonly Hop[],
): { readonly keys: SharedKeys["keys"]; readonly number: number } {
  const { crypto } = work.ctx;
  const name = toHex(crypto.sha256(concatBytes(...hops.map(({ channel }) => fromHex(channel)))));
  const known = asked.hasNewKeys ? undefined : work.state.routeKeys.get(name);
  if (known !== undefined && isFresh(known, work.state.head.time)) {
    keepKeys(work, name, { ...known, used: known.used + 1 });
    return { keys: known.keys, number: known.used };
  }
  const keys = agreeOnRoute(crypto, seedOf(work, asked, ROUTE_LABEL), nodeKeys(work, asked, hops));
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

/** Every node's key follows from a signature of its own: a policy's of a hop, the invoice's of the payee. */
function nodeKeys({ ctx, state }: Work, { text }: Asked, hops: readonly Hop[]): readonly Uint8Array[] {
  const forwarding = hops.slice(1).map(({ channel, from }) => signedKey(ctx, state.graph, channel, from));
  const payee = payeeKey(ctx.crypto, text);
  if (payee === null) throw new Error("an invoice that was read has the key of its payee");
  return [...forwarding, payee];
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
