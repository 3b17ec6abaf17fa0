import fc from "fast-check";
import { ZERO_ADDRESS } from "../../src/protocol/checked.ts";
import { type Edge, emptyGraph, type Graph, policyOf } from "../../src/protocol/graph.ts";
import { edgeKey } from "../../src/protocol/liquidity.ts";
import { feeOf, type Hop, NO_OUTLOOK, RISK_PPM, type RouteQuery } from "../../src/protocol/route.ts";
import { rentAsked } from "./node/rent-world.ts";
import { Table } from "../../src/protocol/table.ts";
import type { ChannelId, NodeId, Policy, Signature, SignedPolicy } from "../../src/protocol/types.ts";

export const nodeOf = (n: number): NodeId => `0x${(n + 1).toString(16).padStart(40, "0")}` as NodeId;
export const channelOf = (n: number): ChannelId =>
  `0x${((n * 37) % 251).toString(16).padStart(2, "0")}${n.toString(16).padStart(62, "0")}` as ChannelId;

export type Terms = Omit<Policy, "channel" | "node" | "seq" | "claimTime"> & { readonly claimTime?: number };
/** Of a lock, where every claim time is 600. */
const LIFE = 1800;
export const FREE: Terms = { feeBase: 0n, feePpm: 0, minAmount: 1n, maxAmount: 1n << 90n, enabled: true };

export interface Link {
  readonly a: number;
  readonly b: number;
  readonly capacity: bigint;
  /** How A forwards to B, and B to A; null: no policy is known. */
  readonly ab: Terms | null;
  readonly ba: Terms | null;
}

export function signed(channel: ChannelId, node: NodeId, terms: Terms): SignedPolicy {
  return { policy: { claimTime: 600, ...terms, channel, node, seq: 1 }, signature: "0x" as Signature };
}

export function graphOf(links: readonly Link[], order = links.map((_, at) => at)): Graph {
  let graph = emptyGraph();
  for (const at of order) {
    const link = links[at];
    if (link === undefined) continue;
    const [channel, nodeA, nodeB] = [channelOf(at), nodeOf(link.a), nodeOf(link.b)];
    const edge: Edge = {
      channel,
      token: ZERO_ADDRESS,
      capacity: link.capacity,
      nodeA,
      nodeB,
      policyA: link.ab === null ? null : signed(channel, nodeA, link.ab),
      policyB: link.ba === null ? null : signed(channel, nodeB, link.ba),
    };
    graph = { ...graph, edges: graph.edges.with(channel, edge) };
    for (const node of [nodeA, nodeB])
      graph = {
        ...graph,
        channelsOf: graph.channelsOf.with(node, [...(graph.channelsOf.get(node) ?? []), channel]),
      };
  }
  return graph;
}

export function queryOf(
  from: number,
  to: number,
  amount: bigint,
  more: Partial<RouteQuery> = {},
): RouteQuery {
  return {
    from: nodeOf(from),
    to: nodeOf(to),
    token: ZERO_ADDRESS,
    amount,
    maxFee: 1n << 90n,
    claimTime: 600,
    spendable: new Map(),
    outlook: NO_OUTLOOK,
    ...more,
  };
}

/** What a route costs by section 3.3, or null if it breaks a limit; written from the text and without haste. */
export function costOf(
  graph: Graph,
  query: RouteQuery,
  path: readonly { channel: ChannelId; from: NodeId }[],
) {
  let [amount, rent, surprise] = [query.amount, 0n, 0];
  if (path.length > 20) return null;
  for (const [at, { channel, from }] of [...path.entries()].reverse()) {
    const edge = graph.edges.get(channel);
    if (edge?.token !== query.token) return null;
    if (query.outlook.avoid.has(edgeKey(channel, from)) || query.outlook.avoidNodes.has(from)) return null;
    if (at === 0) {
      if (amount + rent > (query.spendable.get(channel) ?? -1n)) return null;
      continue;
    }
    const policy = policyOf(edge, from)?.policy;
    if (!policy?.enabled || amount < policy.minAmount || amount > policy.maxAmount) return null;
    const held = query.outlook.busy.get(edgeKey(channel, from)) ?? 0n;
    if (amount + rent + held > edge.capacity) return null;
    const learned = query.outlook.liquidity.get(edgeKey(channel, from));
    const [low, high] = [learned?.low ?? 0n, learned?.high ?? edge.capacity + 1n];
    const used = amount + rent + held;
    if (used >= high) return null;
    if (used > low) surprise -= Math.log(Number(high - used) / Number(high - low));
    const own = rentAsked(policy.rent ?? { slotFee: 0n, rentPpm: 0 }, amount, LIFE);
    amount += feeOf(policy, amount);
    rent += own;
  }
  const fee = amount - query.amount;
  if (fee + rent > query.maxFee) return null;
  return { fee, rent, cost: Number(fee + rent) + (surprise * Number(query.amount) * RISK_PPM) / 1e6 };
}

/** Every path without a circle, one after the other. */
export function* allPaths(
  graph: Graph,
  query: RouteQuery,
): IterableIterator<Pick<Hop, "channel" | "from">[]> {
  const way: Pick<Hop, "channel" | "from">[] = [];
  const seen = new Set<NodeId>([query.from]);
  function* from(node: NodeId): IterableIterator<Pick<Hop, "channel" | "from">[]> {
    if (node === query.to) {
      yield [...way];
      return;
    }
    for (const edge of graph.edges.values()) {
      if (edge.nodeA !== node && edge.nodeB !== node) continue;
      const next = edge.nodeA === node ? edge.nodeB : edge.nodeA;
      if (seen.has(next)) continue;
      seen.add(next);
      way.push({ channel: edge.channel, from: node });
      yield* from(next);
      way.pop();
      seen.delete(next);
    }
  }
  yield* from(query.from);
}

const terms: fc.Arbitrary<Terms> = fc
  .record({
    feeBase: fc.bigInt({ min: 0n, max: 2000n }),
    feePpm: fc.integer({ min: 0, max: 20_000 }),
    minAmount: fc.constantFrom(0n, 1n, 1n, 100_000n),
    maxAmount: fc.constantFrom(1_000_000n, 500_000n, 100_500n, 101_000n),
    enabled: fc.constantFrom(true, true, true, true, false),
    rent: fc.option(
      fc.record({ slotFee: fc.bigInt({ min: 1n, max: 900n }), rentPpm: fc.constantFrom(0, 137, 99_991) }),
      { nil: null },
    ),
  })
  .map(({ rent, ...one }) => ({ ...one, ...(rent === null ? {} : { rent }) }));

export const links: fc.Arbitrary<readonly Link[]> = fc
  .array(
    fc.record({
      a: fc.nat(6),
      b: fc.nat(6),
      capacity: fc.bigInt({ min: 90_000n, max: 1_000_000n }),
      ab: fc.option(terms, { freq: 9 }),
      ba: fc.option(terms, { freq: 9 }),
    }),
    { minLength: 4, maxLength: 14 },
  )
  .map((all) => all.filter(({ a, b }) => a !== b));

export interface Case {
  readonly links: readonly Link[];
  readonly query: RouteQuery;
}

/** Payer 0, payee 1, and what is known of some of the channels. */
export const cases: fc.Arbitrary<Case> = links.chain((all) =>
  fc
    .record({
      free: fc.array(fc.constantFrom(0n, 100_300n, 101_000n, 1_000_000n), {
        minLength: all.length,
        maxLength: all.length,
      }),
      learned: fc.array(
        fc.record({
          at: fc.nat(30),
          end: fc.boolean(),
          low: fc.bigInt({ min: 0n, max: 89_000n }),
          high: fc.option(fc.bigInt({ min: 90_000n, max: 1_000_000n })),
        }),
        { maxLength: 6 },
      ),
      busy: fc.array(fc.record({ at: fc.nat(30), end: fc.boolean(), held: fc.bigInt(0n, 300_000n) }), {
        maxLength: 3,
      }),
      avoid: fc.array(fc.record({ at: fc.nat(30), end: fc.boolean() }), { maxLength: 3 }),
      avoidNode: fc.constantFrom(null, null, 4),
      maxFee: fc.constantFrom(1n << 90n, 3000n, 1000n, 0n),
    })
    .map(({ free, learned, busy, avoid, avoidNode, maxFee }) => {
      const keyOf = ({ at, end }: { at: number; end: boolean }) => {
        const link = all[at % Math.max(all.length, 1)];
        return edgeKey(channelOf(at % Math.max(all.length, 1)), nodeOf((end ? link?.a : link?.b) ?? 0));
      };
      const capacityOf = (at: number): bigint => all[at % Math.max(all.length, 1)]?.capacity ?? 1n;
      const outlook = {
        now: 1000,
        liquidity: Table.of(
          learned.map((one) => {
            const high = one.high === null || one.high > capacityOf(one.at) ? null : one.high;
            return [keyOf(one), { low: one.low, high, at: 1000 }] as const;
          }),
        ),
        busy: new Map(busy.map((one) => [keyOf(one), one.held])),
        avoid: new Set(avoid.map(keyOf)),
        avoidNodes: new Set(avoidNode === null ? [] : [nodeOf(avoidNode)]),
      };
      const spendable = new Map(
        all.flatMap(({ a, b }, at) => (a === 0 || b === 0 ? [[channelOf(at), free[at] ?? 0n] as const] : [])),
      );
      return { links: all, query: queryOf(0, 1, 100_000n, { outlook, spendable, maxFee }) };
    }),
);
