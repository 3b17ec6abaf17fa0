import { utf8 } from "@scure/base";
import { toHex } from "../bytes.ts";
import { readShownText } from "../shown-text.ts";
import type {
  Address,
  Amount,
  ChannelId,
  ChannelPrefix,
  Domain,
  Hex,
  PaymentHash,
  Secret,
  UnixSeconds,
} from "../types.ts";
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
const SPONTANEOUS = 3;
/** In place of the channel's id its first bytes, and the rent. */
const FORWARD_RENT = 4;
/** Longest text of a spontaneous payment, in bytes of UTF-8: it stands in the cells after the payee's. */
export const MAX_TEXT_BYTES = 192;
const WORD = 32;
const CONTEXT_BYTES = 32 + 20 + 20 + WORD + 5;
const AMOUNT = 12;
const RENT = 12;
const PREFIX = WORD - RENT;

/** What is the same on the whole route and stands in the locks: bound to the packet, not told by it. */
export interface PacketContext {
  readonly domain: Domain;
  /** The zero address is ETH. */
  readonly token: Address;
  readonly hash: PaymentHash;
  readonly expiry: UnixSeconds;
}

/** What a forwarding node is told: lock this amount in that channel, and pass on this rent with it [FEE-2]. */
export interface ForwardInstruction {
  /** As it is read where there is rent, only the beginning of the id. */
  readonly channel: ChannelId | ChannelPrefix;
  readonly amount: Amount;
  /** Left out if there is none. */
  readonly rent?: Amount;
}

/** What the payee is told; `total` is the sum over all parts of the payment. */
export interface DeliverInstruction {
  readonly paymentSecret: Secret;
  readonly total: Amount;
}

/** What the payee is told that has made no invoice. */
export interface SpontaneousInstruction {
  /** The shares of all parts give the witness: no part can be taken without the others. */
  readonly share: Secret;
  readonly total: Amount;
  readonly text: string;
}

export type Instruction =
  | ({ readonly kind: "forward" } & ForwardInstruction)
  | ({ readonly kind: "deliver" } & DeliverInstruction)
  | ({ readonly kind: "spontaneous" } & SpontaneousInstruction);

/** Cells that a text takes. */
export function cellsOf(text: string): number {
  return Math.ceil(utf8.decode(text).length / CELL_BYTES);
}

/** Bytes that go into every key of the packet. */
export function contextBytes({ domain, token, hash, expiry }: PacketContext): Uint8Array {
  const to = new WireWriter(CONTEXT_BYTES);
  to.uint(32, domain.chainId);
  to.hex(domain.contract);
  to.hex(token);
  to.hex(hash);
  to.uint(5, expiry);
  return to.finish();
}

/** `number`: how many packets were made with the route keys before this one. */
export function writeInstruction(instruction: Instruction, number: number): Uint8Array {
  const [kind, length, word, amount] = partsOf(instruction);
  const to = new WireWriter(INSTRUCTION_BYTES);
  to.uint(1, kind);
  to.uint(1, length);
  to.uint(2, number);
  to.hex(word);
  to.uint(AMOUNT, amount);
  return to.finish();
}

function partsOf(instruction: Instruction): readonly [kind: number, length: number, word: Hex, Amount] {
  switch (instruction.kind) {
    case "forward":
      return instruction.rent === undefined
        ? [FORWARD, 0, instruction.channel, instruction.amount]
        : [FORWARD_RENT, 0, withRent(instruction.channel, instruction.rent), instruction.amount];
    case "deliver":
      return [DELIVER, 0, instruction.paymentSecret, instruction.total];
    case "spontaneous":
      return [SPONTANEOUS, textBytes(instruction).length, instruction.share, instruction.total];
  }
}

function withRent(channel: ForwardInstruction["channel"], rent: Amount): Hex {
  const to = new WireWriter();
  to.hex(channel.slice(0, 2 + 2 * PREFIX) as ChannelPrefix);
  to.uint(RENT, rent);
  return toHex(to.finish());
}

/** What follows the payee's own cell. */
export function textBytes(instruction: Instruction): Uint8Array {
  return instruction.kind === "spontaneous" ? utf8.decode(instruction.text) : new Uint8Array(0);
}

/** `cells` begin with the own cell. The number stands there in every kind. Anything else that is not known is a problem, in one sentence. */
export function readInstruction(cells: Uint8Array): {
  readonly number: number;
  readonly instruction: Instruction | string;
} {
  const from = new WireReader(cells.subarray(0, INSTRUCTION_BYTES));
  const kind = from.number(1, "kind of instruction");
  const length = from.number(1, "length of the text");
  const number = from.number(2, "number of the packet");
  const longest = kind === SPONTANEOUS ? MAX_TEXT_BYTES : 0;
  if (length > longest)
    return {
      number,
      instruction: `the text of an instruction has at most ${longest} bytes; given: ${length}`,
    };
  if (kind === FORWARD) {
    const channel = from.hex<ChannelId>(WORD, "channel");
    return { number, instruction: { kind: "forward", channel, amount: from.uint(AMOUNT, "amount") } };
  }
  if (kind === FORWARD_RENT) {
    const channel = from.hex<ChannelPrefix>(PREFIX, "channel");
    const [rent, amount] = [from.uint(RENT, "rent"), from.uint(AMOUNT, "amount")];
    if (rent === 0n) return { number, instruction: "the rent of an instruction must be above 0; given: 0" };
    return { number, instruction: { kind: "forward", channel, amount, rent } };
  }
  if (kind === DELIVER) {
    const paymentSecret = from.hex<Secret>(WORD, "payment secret");
    return { number, instruction: { kind: "deliver", paymentSecret, total: from.uint(AMOUNT, "total") } };
  }
  if (kind === SPONTANEOUS) {
    const share = from.hex<Secret>(WORD, "share");
    const total = from.uint(AMOUNT, "total");
    const text = readShownText(cells.subarray(CELL_BYTES, CELL_BYTES + length));
    if (!text.ok) return { number, instruction: text.problem };
    return { number, instruction: { kind: "spontaneous", share, total, text: text.value } };
  }
  return { number, instruction: `unknown kind of instruction: ${kind}` };
}
