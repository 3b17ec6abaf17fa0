import type { Crypto } from "./crypto.ts";
import { isSignedPolicy } from "./policy.ts";
import { Table } from "./table.ts";
import type { Address, Amount, ChannelId, Deposits, Domain, NodeId, Params, SignedPolicy } from "./types.ts";

/** Channels of others that are kept; a node knows its own in any case. */
export const MAX_CHANNELS = 2 ** 18;
/** Policies kept for channels that our view of the chain does not show yet. */
const MAX_EARLY_POLICIES = 256;

/** A channel as everybody can see it. */
export interface Edge {
  readonly channel: ChannelId;
  readonly token: Address;
  /** Sum of the deposits: no single lock can carry more. */
  readonly capacity: Amount;
  readonly nodeA: NodeId;
  readonly nodeB: NodeId;
  /** At which each end forwards into the channel. */
  readonly policyA: SignedPolicy | null;
  readonly policyB: SignedPolicy | null;
}

/** Channels from the chain, prices from gossip (section 3.5). */
export interface Graph {
  readonly edges: Table<ChannelId, Edge>;
  readonly channelsOf: Table<NodeId, readonly ChannelId[]>;
  /** Policies that came before their channel, oldest first. */
  readonly early: readonly SignedPolicy[];
}

export function emptyGraph(): Graph {
  return { edges: Table.empty(), channelsOf: Table.empty(), early: [] };
}

export interface OpenedChannel {
  readonly channel: ChannelId;
  readonly params: Params;
  readonly deposits: Deposits;
}

/** The channel of an `opened` fact, with the policies that came before it. A graph that is full takes only our own. */
export function withChannel(
  graph: Graph,
  { channel, params, deposits }: OpenedChannel,
  whose: "ours" | "of others",
): Graph {
  if (whose === "of others" && graph.edges.size >= MAX_CHANNELS) return graph;
  const edge: Edge = {
    channel,
    token: params.token,
    capacity: deposits.A + deposits.B,
    nodeA: params.signerA,
    nodeB: params.signerB,
    policyA: null,
    policyB: null,
  };
  const channelsOf = [edge.nodeA, edge.nodeB].reduce(
    (index, node) => index.with(node, [...(index.get(node) ?? []), channel]),
    graph.channelsOf,
  );
  const added: Graph = { ...graph, edges: graph.edges.with(channel, edge), channelsOf };
  const early = added.early.filter(({ policy }) => policy.channel === channel);
  const rest = added.early.filter(({ policy }) => policy.channel !== channel);
  return early.reduce<Graph>((grown, signed) => putPolicy(grown, signed), { ...added, early: rest });
}

export function withCapacity(graph: Graph, channel: ChannelId, deposits: Deposits): Graph {
  const edge = graph.edges.get(channel);
  if (edge === undefined) return graph;
  return { ...graph, edges: graph.edges.with(channel, { ...edge, capacity: deposits.A + deposits.B }) };
}

/** A channel that is closing or ended carries nothing. */
export function withoutChannel(graph: Graph, channel: ChannelId): Graph {
  const edge = graph.edges.get(channel);
  if (edge === undefined) return graph;
  const channelsOf = [edge.nodeA, edge.nodeB].reduce((index, node) => {
    const left = (index.get(node) ?? []).filter((one) => one !== channel);
    return left.length === 0 ? index.without(node) : index.with(node, left);
  }, graph.channelsOf);
  return { ...graph, edges: graph.edges.without(channel), channelsOf };
}

export type PolicyVerdict =
  | { readonly kind: "new"; readonly graph: Graph }
  /** For a channel that our view of the chain may yet show: kept, not passed on. */
  | { readonly kind: "early"; readonly graph: Graph }
  | { readonly kind: "old" }
  | { readonly kind: "forged"; readonly why: string };

/** Whether the policy says more than what is known; for free, before the signature is looked at. */
export function isNews({ edges, early }: Graph, { policy: { channel, node, seq } }: SignedPolicy): boolean {
  const edge = edges.get(channel);
  if (edge !== undefined) return (policyOf(edge, node)?.policy.seq ?? -1) < seq;
  return !early.some(({ policy }) => policy.channel === channel && policy.node === node && policy.seq >= seq);
}

/** Judges gossip: the channel must exist and the signer be one of its ends; the newest of each end counts. */
export function judgePolicy(
  crypto: Crypto,
  domain: Domain,
  graph: Graph,
  signed: SignedPolicy,
): PolicyVerdict {
  const { channel, node, seq } = signed.policy;
  const edge = graph.edges.get(channel);
  if (edge === undefined) return judgeEarly(crypto, domain, graph, signed);
  if (node !== edge.nodeA && node !== edge.nodeB) {
    return { kind: "forged", why: `${node} is no end of channel ${channel}` };
  }
  const known = node === edge.nodeA ? edge.policyA : edge.policyB;
  if (known !== null && known.policy.seq >= seq) return { kind: "old" };
  if (!isSignedPolicy(crypto, domain, signed))
    return { kind: "forged", why: `the policy is not signed by ${node}` };
  return { kind: "new", graph: putPolicy(graph, signed) };
}

function judgeEarly(crypto: Crypto, domain: Domain, graph: Graph, signed: SignedPolicy): PolicyVerdict {
  const { channel, node, seq } = signed.policy;
  const isSame = ({ policy }: SignedPolicy): boolean => policy.channel === channel && policy.node === node;
  const known = graph.early.find(isSame);
  if (known !== undefined && known.policy.seq >= seq) return { kind: "old" };
  if (!isSignedPolicy(crypto, domain, signed))
    return { kind: "forged", why: `the policy is not signed by ${node}` };
  const others = graph.early.filter((one) => !isSame(one));
  return { kind: "early", graph: { ...graph, early: [...others, signed].slice(-MAX_EARLY_POLICIES) } };
}

function putPolicy(graph: Graph, signed: SignedPolicy): Graph {
  const { channel, node } = signed.policy;
  const edge = graph.edges.get(channel);
  if (edge === undefined || (node !== edge.nodeA && node !== edge.nodeB)) return graph;
  const next: Edge = node === edge.nodeA ? { ...edge, policyA: signed } : { ...edge, policyB: signed };
  return { ...graph, edges: graph.edges.with(channel, next) };
}

export function policyOf(edge: Edge, node: NodeId): SignedPolicy | null {
  return node === edge.nodeA ? edge.policyA : edge.policyB;
}

/** Every policy that we would tell a new peer. */
export function* knownPolicies(graph: Graph): IterableIterator<SignedPolicy> {
  for (const { policyA, policyB } of graph.edges.values()) {
    if (policyA !== null) yield policyA;
    if (policyB !== null) yield policyB;
  }
}
