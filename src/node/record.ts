import type { ChainCursor } from "../chain/port.ts";
import { fromHex, readUint, toHex, writeUint } from "../protocol/bytes.ts";
import { HashlaneError } from "../protocol/error.ts";
import type { Batch, Input } from "../protocol/inputs.ts";
import type { Signed } from "../protocol/outputs.ts";
import type { NodeBackup, NodeState } from "../protocol/node/state.ts";
import type { Hex, NodeId } from "../protocol/types.ts";
import { decodeMessage, encodeMessage } from "../protocol/wire.ts";

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

/** Of batches since 3: see {@link encodeRecord}. Snapshots and backups are JSON throughout. */
const FORMAT = 3;
const JSON_FORMATS: readonly unknown[] = [2, FORMAT];
const BRACE = 0x7b;
const LENGTH_BYTES = 4;

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

function encode(kind: Kind, content: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify({ format: FORMAT, kind, content }, pack));
}

function decode(kind: Kind, bytes: Uint8Array): unknown {
  const read = JSON.parse(new TextDecoder().decode(bytes), unpack) as Partial<Record<string, unknown>>;
  if (JSON_FORMATS.includes(read.format) && read.kind === kind) return read.content;
  throw new HashlaneError("store_damaged", {
    failed: `the store holds what is no ${kind} of this version`,
    given: { format: String(read.format), kind: String(read.kind), known: FORMAT },
    next: "Start it with the version that wrote it.",
  });
}

/** What stands for a message in the JSON of a batch: its place among the messages that follow. */
interface OnWire {
  readonly kind: "wire";
  readonly from: NodeId;
  readonly at: number;
}

/**
 * A byte 3, then parts, each behind its length in 4 bytes: JSON, then the messages as they are on the wire, which are
 * nearly all of what a node writes.
 */
export function encodeRecord({ inputs, signed, cursor }: BatchRecord): Uint8Array {
  const messages: Uint8Array[] = [];
  const told = inputs.map((input): Exclude<Input, { kind: "message" }> | OnWire => {
    if (input.kind !== "message") return input;
    const at = messages.push(encodeMessage(input.message)) - 1;
    return { kind: "wire", from: input.from, at };
  });
  const parts = [encode("batch", { inputs: told, signed, cursor }), ...messages];
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + LENGTH_BYTES + part.length, 1));
  bytes[0] = FORMAT;
  let at = 1;
  for (const part of parts) {
    at = writeUint(bytes, at, LENGTH_BYTES, part.length);
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** Only ever read back from our own log, whose checksums were confirmed. */
export function decodeRecord(bytes: Uint8Array): BatchRecord {
  if (bytes[0] === BRACE) return decode("batch", bytes) as BatchRecord;
  const [json, ...messages] = bytes[0] === FORMAT ? partsOf(bytes) : [];
  if (json === undefined) throw notOfThisVersion(`the first byte is ${String(bytes[0])}`);
  const record = decode("batch", json) as Omit<BatchRecord, "inputs"> & {
    readonly inputs: readonly (Input | OnWire)[];
  };
  const inputs = record.inputs.map((input): Input => {
    if (input.kind !== "wire") return input;
    const decoded = decodeMessage(messages[input.at] ?? new Uint8Array());
    if (!decoded.ok) throw notOfThisVersion(`message ${input.at}: ${decoded.error.message}`);
    return { kind: "message", from: input.from, message: decoded.message };
  });
  return { ...record, inputs };
}

function partsOf(bytes: Uint8Array): readonly Uint8Array[] {
  const parts: Uint8Array[] = [];
  for (let at = 1; at < bytes.length;) {
    const start = at + LENGTH_BYTES;
    at = start + Number(readUint(bytes, at, LENGTH_BYTES));
    parts.push(bytes.subarray(start, at));
  }
  return parts;
}

function notOfThisVersion(found: string): HashlaneError {
  return new HashlaneError("store_damaged", {
    failed: "the store holds what is no batch of this version",
    given: { found, known: FORMAT },
    next: "Start it with the version that wrote it.",
  });
}

/** Read back from our own store, or from what our key had sealed. */
export const encodeSnapshot = (snapshot: Snapshot): Uint8Array => encode("snapshot", snapshot);
export const decodeSnapshot = (bytes: Uint8Array): Snapshot => decode("snapshot", bytes) as Snapshot;
export const encodeSaved = (saved: SavedNode): Uint8Array => encode("backup", saved);
export const decodeSaved = (bytes: Uint8Array): SavedNode => decode("backup", bytes) as SavedNode;
