/**
 * How long a route takes to find in a large graph: `node --expose-gc --import tsx bench/route.ts [graph.csv.gz]`.
 * Without a file, the one in ../shared/data or a synthetic graph of the same shape. Several rounds of the same seeded
 * queries; the figures are the median over the rounds, with the least and the most.
 */
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { ZERO_ADDRESS } from "../src/protocol/checked.ts";
import type { Edge, Graph } from "../src/protocol/graph.ts";
import { GraphIndex } from "../src/protocol/graph-index.ts";
import { edgeKey, sawTooLittle } from "../src/protocol/liquidity.ts";
import { findRoute, NO_OUTLOOK, type RouteQuery } from "../src/protocol/route.ts";
import type { ChannelId, NodeId } from "../src/protocol/types.ts";
import { dice, graphOf, loadSource } from "./route-graph.ts";

const QUERY_SEED = 7;
const AMOUNTS = [10n ** 12n, 10n ** 14n, 10n ** 15n];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: "boolean", default: false },
    queries: { type: "string", default: "400" },
    runs: { type: "string", default: "5" },
  },
});

const isOpen = ({ policyA, policyB }: Edge): boolean =>
  policyA?.policy.enabled === true && policyB?.policy.enabled === true;

/** Between nodes that somebody can reach, half of each of the payer's channels being its own. */
function makeQueries(graph: Graph, count: number): readonly RouteQuery[] {
  const roll = dice(QUERY_SEED);
  const open = [...graph.edges.values()].filter(isOpen);
  const nodes = [...new Set(open.flatMap(({ nodeA, nodeB }) => [nodeA, nodeB]))].sort();
  const pick = (): NodeId => nodes[Math.floor(roll() * nodes.length)] ?? ZERO_ADDRESS;
  return Array.from({ length: count }, () => {
    const amount = AMOUNTS[Math.floor(roll() * AMOUNTS.length)] ?? 1n;
    const from = pick();
    const spendable = new Map<ChannelId, bigint>();
    for (const id of graph.channelsOf.get(from) ?? []) {
      const edge = graph.edges.get(id);
      if (edge !== undefined && isOpen(edge)) spendable.set(id, edge.capacity / 2n);
    }
    const claimTime = 3600;
    return {
      from,
      to: pick(),
      token: ZERO_ADDRESS,
      amount,
      maxFee: amount / 20n,
      claimTime,
      spendable,
      outlook: NO_OUTLOOK,
    };
  }).filter(({ from, to }) => from !== to);
}

function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
}

function timeQueries(graph: Graph, queries: readonly RouteQuery[]) {
  let [found, hops] = [0, 0];
  const times = queries.map((query) => {
    const start = performance.now();
    const result = findRoute(graph, query);
    const time = performance.now() - start;
    if (result.kind === "found") {
      found++;
      hops += result.route.hops.length;
    }
    return time;
  });
  times.sort((a, b) => a - b);
  return { p50: percentile(times, 0.5), p99: percentile(times, 0.99), worst: times.at(-1) ?? 0, found, hops };
}

interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

function spreadOf(all: readonly number[]): Spread {
  const sorted = all.toSorted((a, b) => a - b);
  return { median: percentile(sorted, 0.5), min: sorted[0] ?? 0, max: sorted.at(-1) ?? 0 };
}

function time(work: () => void): number {
  const start = performance.now();
  work();
  return performance.now() - start;
}

function heapBytes(): number {
  globalThis.gc?.();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

/** One policy in a hundred thousand changes: the index follows. */
function followTime(graph: Graph): Spread {
  const [edge] = graph.edges.values();
  if (edge === undefined) throw new Error("a graph without channels");
  const index = new GraphIndex();
  index.follow(graph);
  const times = Array.from({ length: 200 }, (_, at) => {
    const changed = {
      ...graph,
      edges: graph.edges.with(edge.channel, { ...edge, capacity: edge.capacity + BigInt(at) }),
    };
    return time(() => index.follow(changed));
  });
  return spreadOf(times.slice(20));
}

/** Queries with as much learned as is ever kept. */
function learnedQueries(graph: Graph, queries: readonly RouteQuery[]): readonly RouteQuery[] {
  let liquidity = NO_OUTLOOK.liquidity;
  for (const { channel, nodeA, capacity } of [...graph.edges.values()].slice(0, 4096)) {
    const seen = { key: edgeKey(channel, nodeA), amount: capacity / 3n, capacity, now: 1 };
    liquidity = sawTooLittle(liquidity, seen);
  }
  return queries.map((query) => ({ ...query, outlook: { ...NO_OUTLOOK, now: 2, liquidity } }));
}

const runs = Number(values.runs);
const source = loadSource(positionals[0]);
const graph = graphOf(source.rows);
const before = heapBytes();
const index = new GraphIndex();
const loadTime = time(() => index.follow(graph));
const memory = heapBytes() - before;
const load = spreadOf([
  loadTime,
  ...Array.from({ length: runs - 1 }, () => time(() => new GraphIndex().follow(graph))),
]);
const queries = makeQueries(graph, Number(values.queries));
timeQueries(graph, queries.slice(0, 50));
const rounds = Array.from({ length: runs }, () => timeQueries(graph, queries));
const learned = Array.from({ length: runs }, () => timeQueries(graph, learnedQueries(graph, queries)));
const [round] = rounds;
if (round === undefined || index.channels.length === 0) throw new Error("nothing was measured");

const show = ({ median, min, max }: Spread, unit: string): string =>
  `${median.toFixed(2).padStart(9)} ${unit}   (${min.toFixed(2)} to ${max.toFixed(2)})`;
const of = (name: "p50" | "p99" | "worst", all = rounds): Spread => spreadOf(all.map((one) => one[name]));
const machine = `${cpus()[0]?.model.trim() ?? "unknown"}, ${cpus().length} cores, Node ${process.version}`;

console.log(`node --expose-gc --import tsx bench/route.ts${positionals.map((one) => ` ${one}`).join("")}`);
console.log(`machine  ${machine}`);
console.log(`graph    ${source.name}: ${graph.edges.size} channels, ${graph.channelsOf.size} nodes`);
console.log(
  `queries  ${queries.length}, seed ${QUERY_SEED}; ${round.found} found, ${(round.hops / round.found).toFixed(1)} hops each; ${runs} runs`,
);
console.log(`search p50            ${show(of("p50"), "ms")}`);
console.log(`search p99            ${show(of("p99"), "ms")}`);
console.log(`search worst          ${show(of("worst"), "ms")}`);
console.log(`p50, much learned     ${show(of("p50", learned), "ms")}`);
console.log(`index, built anew     ${show(load, "ms")}`);
console.log(`index, one change     ${show(followTime(graph), "ms")}`);
console.log(`index, memory         ${(memory / 2 ** 20).toFixed(1).padStart(9)} MiB`);
if (values.json) {
  const conditions = {
    machine,
    graph: source.name,
    queries: queries.length,
    p99: of("p99"),
    indexMiB: memory / 2 ** 20,
  };
  console.log(JSON.stringify({ name: "route-search-p50", unit: "ms", ...of("p50"), runs, conditions }));
}
