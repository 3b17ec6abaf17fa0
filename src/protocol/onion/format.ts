import type { Amount, ChannelId, Domain, PaymentHash, Secret, UnixSeconds, Address } from "../types.ts";
import { WireReader } from "../wire-reader.ts";
import { WireWriter } from "../wire-writer.ts";

/** Most nodes that a packet speaks to: all of a route but the payer. */
export const MAX_HOPS = 20;

export const POINT_BYTES = 33;
export const SALT_BYTES = 16;
export const MAC_BYTES = 16;
const INSTRUCTION_BYTES = 48;
/** One node's instruction, and the MAC of the packet that it passes on. */
export const CELL_BYTES = INSTRUCTION_BYTES + MAC_BYTES;
export const CELLS_BYTES = MAX_HOPS * CELL_BYTES;
/** Every packet has this size, whatever the route and wherever on it. */
export const PACKET_BYTES = 1 + POINT_BYTES + SALT_BYTES + CELLS_BYTES + MAC_BYTES;

export const VERSION = 1;
/** Most packets with one set of route keys: what the number of a packet has room for. */
export const MAX_NUMBER = 0xffff;

const FORWARD = 1;
const DELIVER = 2;
const WORD = 32;
const AMOUNT = 12;

/** What is the same on the whole route and stands in the locks: bound to the packet, not told by it. */
export interface PacketContext {
  readonly domain: Domain;
  /** The zero address is ETH. */
  readonly token: Address;
  readonly hash: PaymentHash;
  readonly expiry: UnixSeconds;
}

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

export type Instruction =
  ({ readonly kind: "forward" } & ForwardInstruction) | ({ readonly kind: "deliver" } & DeliverInstruction);

/** Bytes that go into every key of the packet. */
export function contextBytes({ domain, token, hash, expiry }: PacketContext): Uint8Array {
  const to = new WireWriter();
  to.uint(32, domain.chainId);
  to.hex(domain.contract);
  to.hex(token);
  to.hex(hash);
  to.uint(5, expiry);
  return to.finish();
}

/** `number`: how many packets were made with the route keys before this one. */
export function writeInstruction(instruction: Instruction, number: number): Uint8Array {
  const to = new WireWriter();
  to.uint(1, instruction.kind === "forward" ? FORWARD : DELIVER);
  to.uint(1, 0);
  to.uint(2, number);
  to.hex(instruction.kind === "forward" ? instruction.channel : instruction.paymentSecret);
  to.uint(AMOUNT, instruction.kind === "forward" ? instruction.amount : instruction.total);
  return to.finish();
}

/** The number stands there in every kind. Anything else that is not known is a problem, in one sentence. */
export function readInstruction(cell: Uint8Array): {
  readonly number: number;
  readonly instruction: Instruction | string;
} {
  const from = new WireReader(cell.subarray(0, INSTRUCTION_BYTES));
  const kind = from.number(1, "kind of instruction");
  const reserved = from.number(1, "reserved byte");
  const number = from.number(2, "number of the packet");
  if (reserved !== 0)
    return { number, instruction: `the reserved byte of an instruction must be 0; given: ${reserved}` };
  if (kind === FORWARD) {
    const channel = from.hex<ChannelId>(WORD, "channel");
    return { number, instruction: { kind: "forward", channel, amount: from.uint(AMOUNT, "amount") } };
  }
  if (kind === DELIVER) {
    const paymentSecret = from.hex<Secret>(WORD, "payment secret");
    return { number, instruction: { kind: "deliver", paymentSecret, total: from.uint(AMOUNT, "total") } };
  }
  return { number, instruction: `unknown kind of instruction: ${kind}` };
}
