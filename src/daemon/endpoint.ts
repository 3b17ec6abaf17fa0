import { parseAddress, type Checked } from "../protocol/checked.ts";
import type { Address, NodeId } from "../protocol/types.ts";
import { parseEndpoint, showEndpoint } from "../host/endpoint.ts";

export { parseEndpoint, showEndpoint, type Endpoint } from "../host/endpoint.ts";

/** A node and where it can be reached. */
export interface NodeUri {
  readonly node: NodeId;
  /** HOST:PORT as the transport takes it. */
  readonly address: string;
  /** Account that its side of a channel pays; null if it is that of its key. */
  readonly owner: Address | null;
}

const OWNER = "?owner=";

export function showNodeUri({ node, address, owner }: NodeUri): string {
  return `${node}@${address}${owner === null ? "" : `${OWNER}${owner}`}`;
}

/** Reads NODE@HOST:PORT, or NODE@HOST:PORT?owner=ADDRESS of a node whose money is another account's. */
export function parseNodeUri(text: string): Checked<NodeUri> {
  const at = text.indexOf("@");
  if (at < 0) return { ok: false, problem: `"${text.slice(0, 80)}" is no NODE@HOST:PORT` };
  const node = parseAddress(text.slice(0, at));
  if (!node.ok) return node;
  const [place = "", ...owners] = text.slice(at + 1).split(OWNER);
  const owner = owners.length === 0 ? null : parseAddress(owners.join(OWNER));
  if (owner?.ok === false) return { ok: false, problem: `its owner: ${owner.problem}` };
  const endpoint = parseEndpoint(place);
  if (!endpoint.ok) return endpoint;
  if (endpoint.value.port === 0) return { ok: false, problem: "nobody can be reached at port 0" };
  const address = showEndpoint(endpoint.value);
  return { ok: true, value: { node: node.value, address, owner: owner?.value ?? null } };
}
