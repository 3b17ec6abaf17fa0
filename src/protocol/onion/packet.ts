import { asciiBytes, concatBytes } from "../bytes.ts";
import type { Crypto } from "../crypto.ts";
import {
  CELL_BYTES,
  CELLS_BYTES,
  contextBytes,
  type DeliverInstruction,
  type ForwardInstruction,
  type Instruction,
  MAC_BYTES,
  MAX_HOPS,
  PACKET_BYTES,
  POINT_BYTES,
  type PacketContext,
  readInstruction,
  type SpontaneousInstruction,
  textBytes,
  SALT_BYTES,
  VERSION,
  writeInstruction,
} from "./format.ts";
import { hmac, isEqual, mask } from "./mac.ts";
import {
  type HopKeys,
  type KeyTag,
  packetKey,
  type PacketStream,
  packetStream,
  type RouteKeys,
} from "./route-keys.ts";

const SALT_LABEL = asciiBytes("Hashlane onion 1 salt");
const PADDING_LABEL = asciiBytes("Hashlane onion 1 padding");
const SALT_AT = 1 + POINT_BYTES;
const CELLS_AT = SALT_AT + SALT_BYTES;
const MAC_AT = CELLS_AT + CELLS_BYTES;

export interface PacketOrder {
  readonly context: PacketContext;
  /** One for each node of the route but the payer; the last delivers. */
  readonly instructions: readonly Instruction[];
  /** How many packets were made with these route keys before. */
  readonly number: number;
  /** 32 bytes that nobody else knows, of this packet alone. */
  readonly seed: Uint8Array;
}

export interface MadePacket {
  /** For the first node after the payer. */
  readonly packet: Uint8Array;
  /** Of each node's layer: by them the payer reads a failure that comes back. */
  readonly keys: readonly Uint8Array[];
}

/** Wraps each node's instruction so that only it can read it. Symmetric cryptography alone. */
export function makePacket(crypto: Crypto, route: RouteKeys, order: PacketOrder): MadePacket {
  const { instructions, seed } = order;
  const count = instructions.length;
  if (count < 1 || count > MAX_HOPS || count !== route.secrets.length) {
    const given = `${count} instructions, ${route.secrets.length} keys`;
    throw new RangeError(
      `a packet speaks to 1 to ${MAX_HOPS} nodes and needs a key of each; given: ${given}`,
    );
  }
  const cells = instructions.reduce((sum, one) => sum + 1 + Math.ceil(textBytes(one).length / CELL_BYTES), 0);
  if (cells > MAX_HOPS)
    throw new RangeError(`a packet has ${MAX_HOPS} cells; with its text it needs ${cells}`);
  const salt = hmac(crypto, seed, SALT_LABEL).slice(0, SALT_BYTES);
  const { keys, streams } = layersOf(crypto, route, salt, contextBytes(order.context));
  const padding = crypto.chacha20(hmac(crypto, seed, PADDING_LABEL), CELLS_BYTES);
  const wrapped = wrap(crypto, order, streams, padding);
  return { packet: concatBytes(Uint8Array.of(VERSION), route.point, salt, wrapped.cells, wrapped.mac), keys };
}

interface Layers {
  readonly keys: readonly Uint8Array[];
  readonly streams: readonly PacketStream[];
}

function layersOf(crypto: Crypto, { secrets }: RouteKeys, salt: Uint8Array, context: Uint8Array): Layers {
  const keys: Uint8Array[] = [];
  const streams: PacketStream[] = [];
  let next = salt;
  for (const secret of secrets) {
    const key = packetKey(crypto, secret, next, context);
    const stream = packetStream(crypto, key);
    keys.push(key);
    streams.push(stream);
    next = stream.salt;
  }
  return { keys, streams };
}

/** From the payee to the first node. The padding hides from the payee how many cells were used. */
function wrap(
  crypto: Crypto,
  { instructions, number }: PacketOrder,
  streams: readonly PacketStream[],
  padding: Uint8Array,
): { readonly cells: Uint8Array; readonly mac: Uint8Array } {
  const filler = fillerOf(streams.slice(0, -1));
  let cells = padding;
  let mac: Uint8Array = new Uint8Array(MAC_BYTES);
  instructions.toReversed().forEach((instruction, fromEnd) => {
    const stream = streams[streams.length - 1 - fromEnd];
    if (stream === undefined) throw new RangeError("there is a stream for each instruction");
    const own = writeInstruction(instruction, number);
    cells = concatBytes(own, mac, cells.subarray(0, CELLS_BYTES - CELL_BYTES));
    cells.set(textBytes(instruction), CELL_BYTES);
    mask(cells, stream.cells);
    if (fromEnd === 0) cells.set(filler, CELLS_BYTES - filler.length);
    mac = macOf(crypto, stream, cells);
  });
  return { cells, mac };
}

/** What the nodes before the payee will have moved in at the end of its cells, so that its MAC can cover it. */
function fillerOf(streams: readonly PacketStream[]): Uint8Array {
  let filler: Uint8Array = new Uint8Array(0);
  for (const { cells } of streams) {
    filler = concatBytes(filler, new Uint8Array(CELL_BYTES));
    mask(filler, cells.subarray(cells.length - filler.length));
  }
  return filler;
}

function macOf(crypto: Crypto, { macKey }: PacketStream, cells: Uint8Array): Uint8Array {
  return hmac(crypto, macKey, cells).slice(0, MAC_BYTES);
}

/** Why a packet cannot be read: none of it is known to come from a payer. */
export type Unreadable = "wrong_size" | "unknown_version" | "no_point" | "wrong_mac";

/** What every packet that a payer made for us tells. */
interface Read {
  /** Of our layer: failures go back under it. */
  readonly key: Uint8Array;
  readonly tag: KeyTag;
  readonly number: number;
}

export type Opened =
  | ({ readonly kind: "forward"; readonly rest: Uint8Array } & ForwardInstruction & Read)
  | ({ readonly kind: "deliver" } & DeliverInstruction & Read)
  | ({ readonly kind: "spontaneous" } & SpontaneousInstruction & Read)
  /** From a payer, but nothing that this program knows. */
  | ({ readonly kind: "unknown"; readonly problem: string } & Read)
  | { readonly kind: "unreadable"; readonly code: Unreadable; readonly problem: string };

/**
 * Reads this node's own instruction and makes the packet for the next. Never throws. `keysOf`: what this node has in
 * common with the payer by the packet's point, computed or remembered; null if that is no point.
 */
export function openPacket(
  crypto: Crypto,
  packet: Uint8Array,
  context: PacketContext,
  keysOf: (point: Uint8Array) => HopKeys | null,
): Opened {
  if (packet.length !== PACKET_BYTES) {
    return unreadable("wrong_size", `a packet has ${PACKET_BYTES} bytes; given: ${packet.length}`);
  }
  if (packet[0] !== VERSION) {
    return unreadable(
      "unknown_version",
      `version of a packet must be ${VERSION}; given: ${String(packet[0])}`,
    );
  }
  const hop = keysOf(packet.slice(1, SALT_AT));
  if (hop === null) return unreadable("no_point", "the packet has no point of the curve");
  const key = packetKey(crypto, hop.secret, packet.subarray(SALT_AT, CELLS_AT), contextBytes(context));
  const stream = packetStream(crypto, key);
  const cells = packet.subarray(CELLS_AT, MAC_AT);
  if (!isEqual(macOf(crypto, stream, cells), packet.subarray(MAC_AT))) {
    return unreadable("wrong_mac", "the packet was made for another node or payment, or was changed");
  }
  const shown = concatBytes(cells, new Uint8Array(CELL_BYTES));
  mask(shown, stream.cells);
  return read(hop, key, stream, shown);
}

function read({ tag, next }: HopKeys, key: Uint8Array, { salt }: PacketStream, shown: Uint8Array): Opened {
  const cell = shown.subarray(0, CELL_BYTES);
  const { number, instruction } = readInstruction(shown);
  const common = { key, tag, number };
  if (typeof instruction === "string") return { kind: "unknown", problem: instruction, ...common };
  if (instruction.kind !== "forward") return { ...instruction, ...common };
  const mac = cell.subarray(CELL_BYTES - MAC_BYTES);
  const rest = concatBytes(Uint8Array.of(VERSION), next, salt, shown.subarray(CELL_BYTES), mac);
  return { ...instruction, ...common, rest };
}

function unreadable(code: Unreadable, problem: string): Opened {
  return { kind: "unreadable", code, problem };
}
