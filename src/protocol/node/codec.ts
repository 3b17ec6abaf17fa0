import { fromHex, toHex } from "../bytes.ts";
import { Table } from "../table.ts";
import type { Hex } from "../types.ts";
import type { NodeState } from "./state.ts";

const FORMAT = 4;

/** JSON cannot hold these; an object with one of the marks stands for each. Nothing of ours has such a field. */
const BIGINT = "$int";
const BYTES = "$bytes";
const TABLE = "$table";

/** `value` is what `toJSON` made of it, if there is one, as a Buffer has: the mark needs the bytes themselves. */
function pack(this: Readonly<Record<string, unknown>>, key: string, value: unknown): unknown {
  const own = this[key];
  if (typeof value === "bigint") return { [BIGINT]: value.toString() };
  if (own instanceof Uint8Array) return { [BYTES]: toHex(own) };
  if (value instanceof Table) return { [TABLE]: [...value.entries()] };
  return value;
}

function unpack(_key: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (BIGINT in value) return BigInt(value[BIGINT] as string);
  if (BYTES in value) return fromHex(value[BYTES] as Hex);
  if (TABLE in value) return Table.of(value[TABLE] as [Hex, unknown][]);
  return value;
}

/** The whole state as text, for a snapshot. */
export function encodeNode(state: NodeState): string {
  return JSON.stringify({ format: FORMAT, state }, pack);
}

/** Reads what {@link encodeNode} wrote; throws on anything else: a node must not start from half a state. */
export function decodeNode(text: string): NodeState {
  const read = JSON.parse(text, unpack) as { readonly format?: unknown; readonly state?: unknown };
  if (read.format !== FORMAT) {
    throw new TypeError(`a node's state must have format ${FORMAT}; given: ${String(read.format)}`);
  }
  return read.state as NodeState;
}
