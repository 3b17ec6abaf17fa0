import type { Amount, ChannelId, Secret } from "./types.ts";
import { WireReader } from "./wire-reader.ts";
import { WireWriter } from "./wire-writer.ts";

/** Most forwarding nodes on a route. */
export const MAX_HOPS = 20;

const VERSION = 0;
const FORWARD = 1;
const DELIVER = 2;
const AMOUNT = 12;
const WORD = 32;

/** What a forwarding node is told: lock this amount in that channel. */
export interface ForwardInstruction {
  readonly channel: ChannelId;
  readonly amount: Amount;
}

/** What the payee is told; `total` is the sum over all parts of the payment. */
export interface DeliverInstruction {
  readonly paymentSecret: Secret;
  readonly total: Amount;
}

export type Opened =
  | ({ readonly kind: "forward"; readonly rest: Uint8Array } & ForwardInstruction)
  | ({ readonly kind: "deliver" } & DeliverInstruction)
  | { readonly kind: "bad"; readonly problem: string };

/**
 * The packet that the payer hands to the first node after it; `hops` in the order of the route, without the payee.
 * Version 0 is in the clear: every hop can read what follows, payee and payment secret included. An onion replaces
 * it in this file alone.
 */
export function makePacket(hops: readonly ForwardInstruction[], final: DeliverInstruction): Uint8Array {
  if (hops.length > MAX_HOPS)
    throw new RangeError(`a route has at most ${MAX_HOPS} hops, not ${hops.length}`);
  const to = new WireWriter();
  to.uint(1, VERSION);
  for (const { channel, amount } of hops) {
    to.uint(1, FORWARD);
    to.hex(channel);
    to.uint(AMOUNT, amount);
  }
  to.uint(1, DELIVER);
  to.hex(final.paymentSecret);
  to.uint(AMOUNT, final.total);
  return to.finish();
}

const MAX_BYTES = 1 + MAX_HOPS * (1 + WORD + AMOUNT) + (1 + WORD + AMOUNT);

/** Reads this node's own instruction and makes the packet for the next. Never throws. */
export function openPacket(packet: Uint8Array): Opened {
  if (packet.length > MAX_BYTES) {
    return bad(`a packet has at most ${MAX_BYTES} bytes; given: ${packet.length}`);
  }
  const from = new WireReader(packet);
  const version = from.number(1, "version of the packet");
  if (!from.failed && version !== VERSION)
    return bad(`version of a packet must be ${VERSION}; given: ${version}`);
  const kind = from.number(1, "kind of instruction");
  if (from.error !== null) return bad(from.error.message);
  if (kind === FORWARD) return openForward(from, packet);
  if (kind === DELIVER) return openDeliver(from);
  return bad(`unknown kind of instruction: ${kind}`);
}

function openForward(from: WireReader, packet: Uint8Array): Opened {
  const channel = from.hex<ChannelId>(WORD, "channel");
  const amount = from.uint(AMOUNT, "amount");
  if (!from.failed && from.left === 0) from.fail("truncated", "nothing follows the instruction to forward");
  if (from.error !== null) return bad(from.error.message);
  const rest = packet.slice(from.at - 1);
  rest[0] = VERSION;
  return { kind: "forward", channel, amount, rest };
}

function openDeliver(from: WireReader): Opened {
  const paymentSecret = from.hex<Secret>(WORD, "payment secret");
  const total = from.uint(AMOUNT, "total");
  from.end();
  return from.error === null ? { kind: "deliver", paymentSecret, total } : bad(from.error.message);
}

function bad(problem: string): Opened {
  return { kind: "bad", problem };
}
