import type { Message } from "./messages.ts";
import type { WireReader } from "./wire-reader.ts";
import type { WireWriter } from "./wire-writer.ts";

const WORD = 32;
const SIGNATURE = 64;
const NUMBER = 8;

const FUNDING_KINDS = ["resize", "resizeAgreed"] as const;

export type FundingKind = (typeof FUNDING_KINDS)[number];
/** What peers say to each other before deposits come or go. */
export type FundingMessage = Extract<Message, { kind: FundingKind }>;

export function isFundingKind(kind: Message["kind"]): kind is FundingKind {
  return (FUNDING_KINDS as readonly string[]).includes(kind);
}

export function isFunding(message: Message): message is FundingMessage {
  return isFundingKind(message.kind);
}

export function writeFunding(to: WireWriter, message: FundingMessage): void {
  switch (message.kind) {
    case "resize":
      to.hex(message.channel);
      to.uint(NUMBER, message.count);
      to.int256(message.changes.A);
      to.int256(message.changes.B);
      to.uint(NUMBER, message.validUntil);
      to.uint(NUMBER, message.seq);
      to.hex(message.signature);
      return;
    case "resizeAgreed":
      to.hex(message.channel);
      to.uint(NUMBER, message.count);
      to.hex(message.signature);
      return;
  }
}

export function readFunding(from: WireReader, kind: FundingKind): FundingMessage {
  switch (kind) {
    case "resize":
      return {
        kind,
        channel: from.hex(WORD, "channel"),
        count: from.number(NUMBER, "count"),
        changes: { A: from.int256("change of A"), B: from.int256("change of B") },
        validUntil: from.number(NUMBER, "valid until"),
        seq: from.number(NUMBER, "seq"),
        signature: from.hex(SIGNATURE, "signature"),
      };
    case "resizeAgreed":
      return {
        kind,
        channel: from.hex(WORD, "channel"),
        count: from.number(NUMBER, "count"),
        signature: from.hex(SIGNATURE, "signature"),
      };
  }
}
