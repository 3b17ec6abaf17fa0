import type { Read } from "../api/fields.ts";
import { problem } from "../api/problem.ts";
import type { ROUTES } from "../api/routes.ts";
import type { Page, Peer, Policy } from "../api/views.ts";
import type { ChannelView } from "../node/view.ts";
import { rentField, rentTermsOf } from "../protocol/rent.ts";
import type { Address, ChannelId, NodeId, Policy as CorePolicy } from "../protocol/types.ts";
import type { AssetTerms } from "./config.ts";
import { parseNodeUri } from "./endpoint.ts";
import { addToFreeze, isFrozen } from "./freeze.ts";
import { textOf } from "./journal.ts";
import type { Parts } from "./parts.ts";

type PolicyRequest = Read<(typeof ROUTES.setPolicy)["fields"]>;
type Terms = Omit<CorePolicy, "node" | "seq">;

export function connect({ node, journal }: Parts, address: string): Peer {
  const parsed = parseNodeUri(address);
  if (!parsed.ok) {
    const next = "Ask its owner for the uri that hashlane info prints.";
    throw problem(400, "bad_address", `this is no address of a node: ${parsed.problem}`, next);
  }
  const { node: id, address: at, owner } = parsed.value;
  if (id === node.id) throw problem(400, "own_node", "this is the node's own address", "Name another node.");
  journal.run(
    `INSERT INTO peers VALUES (?, ?, ?)
     ON CONFLICT DO UPDATE SET address = excluded.address, owner = excluded.owner`,
    ...[id, at, owner],
  );
  node.connect(id, at);
  return { node: id, address: at, connected: node.peers().includes(id) };
}

export function keptPeers({
  journal,
}: Pick<Parts, "journal">): readonly { readonly id: NodeId; readonly address: string }[] {
  return journal
    .all("SELECT node, address FROM peers")
    .map((row) => ({ id: textOf(row.node) as NodeId, address: textOf(row.address) ?? "" }));
}

/** Account that the peer's side of a channel pays, as the peer said; its key's, if it said nothing. */
export function ownerOfPeer({ journal }: Pick<Parts, "journal">, peer: NodeId): Address {
  const row = journal.first("SELECT owner FROM peers WHERE node = ?", peer);
  return (textOf(row?.owner) as Address | null) ?? peer;
}

export function listPeers(parts: Parts): Page<Peer> {
  const kept = new Map(keptPeers(parts).map(({ id, address }) => [id, address]));
  const connected = new Set(parts.node.peers());
  const ids = [...new Set([...kept.keys(), ...connected])].sort();
  const entries = ids.map((node) => ({
    node,
    address: kept.get(node) ?? null,
    connected: connected.has(node),
  }));
  return { entries, next: null };
}

export function listPolicies(parts: Parts): Page<Policy> {
  return { entries: parts.node.policies().map((policy) => show(parts, policy)), next: null };
}

export async function setPolicy(parts: Parts, view: ChannelView, request: PolicyRequest): Promise<Policy> {
  const { assets, node } = parts;
  const { channel, token } = view;
  const amount = (field: "feeBase" | "minAmount" | "maxAmount" | "slotFee", before: bigint): bigint => {
    const text = request[field];
    return text === undefined ? before : assets.amount(field, text, token);
  };
  const before = ownTerms(parts, channel) ?? defaultTerms(parts, view);
  const { slotFee, rentPpm } = rentTermsOf(before);
  const terms: Terms = {
    channel,
    feeBase: amount("feeBase", before.feeBase),
    feePpm: request.feePpm ?? before.feePpm,
    claimTime: parts.config.claimSeconds,
    minAmount: amount("minAmount", before.minAmount),
    maxAmount: amount("maxAmount", before.maxAmount),
    enabled: request.enabled ?? before.enabled,
    ...rentField({ slotFee: amount("slotFee", slotFee), rentPpm: request.rentPpm ?? rentPpm }),
  };
  if (terms.minAmount > terms.maxAmount) {
    throw problem(400, "bad_amount", "minAmount is above maxAmount", "Correct one of them.", { channel });
  }
  if (isFrozen(parts) && terms.enabled) {
    throw problem(409, "node_frozen", "a frozen node forwards nothing", "Run hashlane unfreeze first.", {
      channel,
    });
  }
  await node.setPolicy(terms);
  const set = node.policies().find((policy) => policy.channel === channel && policy.node === node.id);
  return show(parts, set ?? { ...terms, node: node.id, seq: 0 });
}

/** A channel that nothing was said about is forwarded into on the terms of the config. */
export async function tellDefaultPolicies(parts: Parts): Promise<void> {
  for (const view of parts.node.channels()) {
    if (view.status !== "usable" || ownTerms(parts, view.channel) !== null) continue;
    if (isFrozen(parts)) addToFreeze(parts, view.channel);
    await parts.node.setPolicy(defaultTerms(parts, view));
  }
}

function ownTerms({ node }: Parts, channel: ChannelId): Terms | null {
  return node.policies().find((policy) => policy.channel === channel && policy.node === node.id) ?? null;
}

/** A token that the config does not name is not forwarded. */
function defaultTerms(parts: Parts, { channel, token }: ChannelView): Terms {
  const claimTime = parts.config.claimSeconds;
  const terms: AssetTerms | null = parts.assets.termsOf(token);
  if (terms === null) {
    return { channel, feeBase: 0n, feePpm: 0, claimTime, minAmount: 1n, maxAmount: 1n, enabled: false };
  }
  const { feeBase, feePpm, minForward: minAmount, maxForward: maxAmount } = terms;
  const common = { channel, feeBase, feePpm, claimTime, minAmount, maxAmount };
  return { ...common, enabled: !isFrozen(parts), ...rentField(terms) };
}

function show(parts: Parts, policy: CorePolicy): Policy {
  const { channel, node, feePpm, claimTime: claimSeconds, enabled } = policy;
  const { slotFee, rentPpm } = rentTermsOf(policy);
  const money = (amount: bigint) => parts.assets.money(amount, parts.node.tokenOf(channel));
  return {
    channel,
    node,
    feeBase: money(policy.feeBase),
    feePpm,
    minAmount: money(policy.minAmount),
    maxAmount: money(policy.maxAmount),
    claimSeconds,
    enabled,
    slotFee: money(slotFee),
    rentPpm,
  };
}
