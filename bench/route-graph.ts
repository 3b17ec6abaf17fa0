import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { ZERO_ADDRESS } from "../src/protocol/checked.ts";
import type { Edge, Graph } from "../src/protocol/graph.ts";
import { Table } from "../src/protocol/table.ts";
import type { ChannelId, NodeId, Policy, Signature, SignedPolicy } from "../src/protocol/types.ts";

/** node1, node2, capacity in satoshi; then for each direction enabled, least and most, base fee, ppm, blocks. */
export type Row = readonly number[];

/** Satoshi become gwei in the same number, so that amounts are as large as on this chain. */
const UNIT = 10n ** 9n;
/** The real graph of 2026-02-03: channels, nodes. */
const SHAPE = { channels: 50_808, nodes: 17_324, closed: 0.33, seed: 20_260_203 } as const;

export interface Source {
  readonly name: string;
  readonly rows: readonly Row[];
}

export function loadSource(path: string | undefined): Source {
  const folder = "../shared/data";
  const names = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith(".csv.gz")) : [];
  const [first] = names;
  const file = path ?? (first === undefined ? undefined : join(folder, first));
  if (file === undefined) return { name: `synthetic, seed ${SHAPE.seed}`, rows: syntheticRows(SHAPE.seed) };
  const bytes = readFileSync(file);
  const text = (file.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("utf8");
  const rows = text.trim().split("\n").slice(1);
  return { name: file, rows: rows.map((line) => line.split(",").map(Number)) };
}

/** A seeded stream of numbers in [0, 1): xorshift32. */
export function dice(seed: number): () => number {
  let state = seed | 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

/** Channels attach to nodes by degree, as in the real graph; sizes and prices are spread over the same decades. */
function syntheticRows(seed: number): readonly Row[] {
  const roll = dice(seed);
  const ends: number[] = [0, 1];
  const rows: Row[] = [];
  for (let at = 0; at < SHAPE.channels; at++) {
    const isNew = at < SHAPE.nodes - 2;
    const one = isNew ? at + 2 : (ends[Math.floor(roll() * ends.length)] ?? 0);
    const other = ends[Math.floor(roll() * ends.length)] ?? 0;
    if (one === other) continue;
    ends.push(one, other);
    const capacity = Math.round(10 ** (4.5 + 3.5 * roll()));
    const isClosed = roll() < SHAPE.closed;
    const terms = () => [
      isClosed ? 0 : 1,
      1000,
      capacity * 990,
      roll() < 0.4 ? 0 : 1000,
      Math.round(10 ** (3.5 * roll())),
      80,
    ];
    rows.push([one, other, capacity, ...terms(), ...terms()]);
  }
  return rows;
}

export const nodeOf = (n: number): NodeId => `0x${spread(n, 40)}` as NodeId;
const channelOf = (n: number): ChannelId => `0x${spread(n, 64)}` as ChannelId;

/** Names as hashes have them: no order. */
function spread(n: number, digits: number): string {
  const mixed = (Math.imul(n + 1, 0x9e3779b1) >>> 0).toString(16).padStart(8, "0");
  return (mixed + n.toString(16).padStart(8, "0")).padEnd(digits, "0");
}

function signed(channel: ChannelId, node: NodeId, terms: readonly number[]): SignedPolicy {
  const [enabled = 0, least = 0, most = 0, base = 0, ppm = 0, delta = 0] = terms;
  const policy: Policy = {
    channel,
    node,
    seq: 1,
    feeBase: (BigInt(base) * UNIT) / 1000n,
    feePpm: ppm,
    claimTime: delta * 12,
    minAmount: (BigInt(least) * UNIT) / 1000n,
    maxAmount: (BigInt(most) * UNIT) / 1000n,
    enabled: enabled === 1,
  };
  return { policy, signature: "0x" as Signature };
}

/** As a node keeps it. */
export function graphOf(rows: readonly Row[]): Graph {
  const edges = rows.map(([one = 0, other = 0, capacity = 0, ...terms], at): readonly [ChannelId, Edge] => {
    const [channel, nodeA, nodeB] = [channelOf(at), nodeOf(one), nodeOf(other)];
    const policyA = signed(channel, nodeA, terms.slice(0, 6));
    const policyB = signed(channel, nodeB, terms.slice(6));
    const base = { channel, token: ZERO_ADDRESS, capacity: BigInt(capacity) * UNIT };
    return [channel, { ...base, nodeA, nodeB, policyA, policyB }];
  });
  const channelsOf = new Map<NodeId, ChannelId[]>();
  for (const [channel, { nodeA, nodeB }] of edges)
    for (const node of [nodeA, nodeB]) channelsOf.set(node, [...(channelsOf.get(node) ?? []), channel]);
  return { edges: Table.of(edges), channelsOf: Table.of(channelsOf), early: [] };
}
