import type { ChainCursor } from "../chain/port.ts";
import { fromHex, toHex } from "../protocol/bytes.ts";
import { HashlaneError } from "../protocol/error.ts";
import type { Batch } from "../protocol/inputs.ts";
import type { Signed } from "../protocol/outputs.ts";
import type { NodeBackup, NodeState } from "../protocol/node/state.ts";
import type { Hex, NodeId } from "../protocol/types.ts";

/** One batch as the log keeps it: what came in, and what was signed because of it. */
export interface BatchRecord {
  readonly inputs: Batch;
  readonly signed: readonly Signed[];
  /** How far the chain was read with the facts among the inputs; null if it was not read on. */
  readonly cursor: ChainCursor | null;
}

/** The node after all records up to some point. */
export interface Snapshot {
  /** As `encodeNode` wrote it. */
  readonly state: string;
  readonly cursor: ChainCursor | null;
}

const FORMAT = 2;

/** JSON cannot hold these; no value of ours has fields of these names. */
const BIGINT = "$int";
const BYTES = "$bytes";

/** `value` is what `toJSON` made of it, if there is one, as a Buffer has: the mark needs the bytes themselves. */
function pack(this: Readonly<Record<string, unknown>>, key: string, value: unknown): unknown {
  const own = this[key];
  if (typeof value === "bigint") return { [BIGINT]: value.toString() };
  if (own instanceof Uint8Array) return { [BYTES]: toHex(own) };
  return value;
}

function unpack(_key: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (BIGINT in value) return BigInt(value[BIGINT] as string);
  if (BYTES in value) return fromHex(value[BYTES] as Hex);
  return value;
}

/** What a backup file holds, sealed. */
export interface SavedNode {
  readonly node: NodeBackup;
  /** Text of the config, which names chain and contract. */
  readonly config: string;
  readonly peers: readonly { readonly id: NodeId; readonly address: string }[];
  /** When it was made, by the chain's clock. */
  readonly head: NodeState["head"];
}

type Kind = "batch" | "snapshot" | "backup";

function encode(kind: Kind, content: BatchRecord | Snapshot | SavedNode): Uint8Array {
  return new TextEncoder().encode(JSON.stringify({ format: FORMAT, kind, content }, pack));
}

function decode(kind: Kind, bytes: Uint8Array): unknown {
  const read = JSON.parse(new TextDecoder().decode(bytes), unpack) as Partial<Record<string, unknown>>;
  if (read.format === FORMAT && read.kind === kind) return read.content;
  throw new HashlaneError("store_damaged", {
    failed: `the store holds what is no ${kind} of this version`,
    given: { format: String(read.format), kind: String(read.kind), known: FORMAT },
    next: "Start it with the version that wrote it.",
  });
}

/** Only ever read back from our own log, whose checksums were confirmed, or from what our key had sealed. */
export const encodeRecord = (record: BatchRecord): Uint8Array => encode("batch", record);
export const decodeRecord = (bytes: Uint8Array): BatchRecord => decode("batch", bytes) as BatchRecord;
export const encodeSnapshot = (snapshot: Snapshot): Uint8Array => encode("snapshot", snapshot);
export const decodeSnapshot = (bytes: Uint8Array): Snapshot => decode("snapshot", bytes) as Snapshot;
export const encodeSaved = (saved: SavedNode): Uint8Array => encode("backup", saved);
export const decodeSaved = (bytes: Uint8Array): SavedNode => decode("backup", bytes) as SavedNode;
