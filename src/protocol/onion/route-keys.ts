import { asciiBytes, toHex } from "../bytes.ts";
import type { Crypto, Signer } from "../crypto.ts";
import type { Hex } from "../types.ts";
import { CELL_BYTES, CELLS_BYTES, SALT_BYTES } from "./format.ts";
import { hmac } from "./mac.ts";

/** Names the route keys of one payer at one hop; 16 bytes that only these two know. */
export type KeyTag = Hex;

/** What a hop has in common with a payer whose packets carry the same point. */
export interface HopKeys {
  readonly secret: Uint8Array;
  /** The point for the next hop. */
  readonly next: Uint8Array;
  readonly tag: KeyTag;
}

/** What a payer has in common with each node of a route, in its order, the payee included. */
export interface RouteKeys {
  /** For the first of them. */
  readonly point: Uint8Array;
  readonly secrets: readonly Uint8Array[];
}

const LABELS = {
  blind: asciiBytes("Hashlane onion 1 blind"),
  tag: asciiBytes("Hashlane onion 1 tag"),
  packet: asciiBytes("Hashlane onion 1 packet"),
};
const MAC_KEY_BYTES = 32;
const HEAD_BYTES = 64;

function blindOf(crypto: Crypto, secret: Uint8Array, point: Uint8Array): Uint8Array {
  return hmac(crypto, secret, LABELS.blind, point);
}

/** The public-key half of opening a packet; null if the point is none. */
export function openKeys(crypto: Crypto, signer: Signer, point: Uint8Array): HopKeys | null {
  const secret = signer.agree(point);
  if (secret === null) return null;
  const next = crypto.scalePoint(point, blindOf(crypto, secret, point));
  if (next === null) return null;
  return { secret, next, tag: toHex(hmac(crypto, secret, LABELS.tag).subarray(0, 16)) };
}

/**
 * Agrees on keys with the nodes of a route, whose public keys these are. `seed`: 32 bytes that nobody else knows and
 * that are used for nothing else.
 */
export function agreeOnRoute(crypto: Crypto, seed: Uint8Array, nodes: readonly Uint8Array[]): RouteKeys {
  let scalar = seed;
  const point = scalable(crypto.publicKey(scalar));
  let current = point;
  const secrets: Uint8Array[] = [];
  for (const node of nodes) {
    const secret = crypto.sha256(scalable(crypto.scalePoint(node, scalar)));
    const blind = blindOf(crypto, secret, current);
    secrets.push(secret);
    scalar = scalable(crypto.scaleScalar(scalar, blind));
    current = scalable(crypto.scalePoint(current, blind));
  }
  return { point, secrets };
}

/** Out of range are hashes with a probability below 2^-127, and keys that are none, which no signature gives. */
function scalable(value: Uint8Array | null): Uint8Array {
  if (value === null) throw new RangeError("no keys can be agreed on with this seed and these nodes");
  return value;
}

/** The key of one packet at one hop: `context` binds it to the payment. */
export function packetKey(
  crypto: Crypto,
  secret: Uint8Array,
  salt: Uint8Array,
  context: Uint8Array,
): Uint8Array {
  return hmac(crypto, secret, LABELS.packet, salt, context);
}

/** What follows from the key of a packet. */
export interface PacketStream {
  readonly macKey: Uint8Array;
  /** Salt of the packet at the next hop. */
  readonly salt: Uint8Array;
  /** Hides the cells and the empty one that moves in behind them. */
  readonly cells: Uint8Array;
}

export function packetStream(crypto: Crypto, key: Uint8Array): PacketStream {
  const stream = crypto.chacha20(key, HEAD_BYTES + CELLS_BYTES + CELL_BYTES);
  return {
    macKey: stream.subarray(0, MAC_KEY_BYTES),
    salt: stream.slice(MAC_KEY_BYTES, MAC_KEY_BYTES + SALT_BYTES),
    cells: stream.subarray(HEAD_BYTES),
  };
}
