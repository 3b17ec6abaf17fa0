import { type OpeningRefusal, REFUSALS } from "./liquidity-terms.ts";
import type { Message } from "./messages.ts";
import type { ChannelId, Signature } from "./types.ts";
import type { WireReader } from "./wire-reader.ts";
import type { WireWriter } from "./wire-writer.ts";

const WORD = 32;
const SIGNATURE = 64;
const NUMBER = 8;

const ADDRESS = 20;
const AMOUNT = 16;
const SECONDS = 4;
const FUNDING_KINDS = [
  ...(["resize", "resizeAgreed"] as const),
  ...(["quoteAsk", "quote", "openAsk", "openConsent", "openDecline"] as const),
] as const;

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
  if (message.kind === "resize" || message.kind === "resizeAgreed") writeResize(to, message);
  else writeOpening(to, message);
}

type ResizeMessage = Extract<Message, { kind: "resize" | "resizeAgreed" }>;

function writeResize(to: WireWriter, message: ResizeMessage): void {
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

type OpeningMessage = Exclude<FundingMessage, ResizeMessage>;

function writeOpening(to: WireWriter, message: OpeningMessage): void {
  switch (message.kind) {
    case "quoteAsk":
      to.hex(message.token);
      to.uint(AMOUNT, message.amount);
      return;
    case "quote":
      to.hex(message.token);
      to.uint(AMOUNT, message.amount);
      writeRefusal(to, message.refusal);
      to.uint(AMOUNT, message.fee);
      to.uint(SECONDS, message.seconds);
      to.uint(AMOUNT, message.least);
      to.uint(AMOUNT, message.most);
      return;
    case "openAsk":
      writeAsk(to, message);
      return;
    case "openConsent":
      to.hex(message.channel);
      to.hex(message.signature);
      return;
    case "openDecline":
      to.hex(message.channel);
      writeRefusal(to, message.refusal);
      return;
  }
}

type Ask = Extract<Message, { kind: "openAsk" }>;

function writeAsk(to: WireWriter, { params, life, amounts, fee, validUntil, signature }: Ask): void {
  for (const address of [params.ownerA, params.ownerB, params.signerA, params.signerB, params.token])
    to.hex(address);
  to.uint(SECONDS, params.challengePeriod);
  to.uint(SECONDS, params.recoveryPeriod);
  to.uint(WORD, params.salt);
  to.uint(NUMBER, life);
  to.uint(AMOUNT, amounts.A);
  to.uint(AMOUNT, amounts.B);
  to.uint(AMOUNT, fee);
  to.uint(NUMBER, validUntil);
  to.uint(1, signature === null ? 0 : 1);
  if (signature !== null) to.hex(signature);
}

function readAsk(from: WireReader): Ask {
  const address = (what: string): Ask["params"]["token"] => from.hex(ADDRESS, what);
  const params = {
    ownerA: address("owner A"),
    ownerB: address("owner B"),
    signerA: address("signer A"),
    signerB: address("signer B"),
    token: address("token"),
    challengePeriod: from.number(SECONDS, "challenge period"),
    recoveryPeriod: from.number(SECONDS, "recovery period"),
    salt: from.uint(WORD, "salt"),
  };
  const life = from.number(NUMBER, "life");
  const amounts = { A: from.uint(AMOUNT, "amount of A"), B: from.uint(AMOUNT, "amount of B") };
  const fee = from.uint(AMOUNT, "fee");
  const validUntil = from.number(NUMBER, "valid until");
  const signature = from.flag("presence of a signature") ? from.hex<Signature>(SIGNATURE, "signature") : null;
  return { kind: "openAsk", params, life, amounts, fee, validUntil, signature };
}

/** 0: none. */
function writeRefusal(to: WireWriter, refusal: OpeningRefusal | null): void {
  to.uint(1, refusal === null ? 0 : 1 + REFUSALS.indexOf(refusal));
}

function readRefusal(from: WireReader): OpeningRefusal | null {
  const { at } = from;
  const number = from.number(1, "refusal");
  const refusal = REFUSALS[number - 1];
  if (number > 0 && refusal === undefined) from.fail("out_of_range", `unknown refusal: ${number}`, at);
  return refusal ?? null;
}

function readDecline(from: WireReader): FundingMessage {
  const channel = from.hex<ChannelId>(WORD, "channel");
  const { at } = from;
  const refusal = readRefusal(from);
  if (refusal === null) from.fail("out_of_range", "a decline without a reason", at);
  return { kind: "openDecline", channel, refusal: refusal ?? "not_sold" };
}

function readQuote(from: WireReader): FundingMessage {
  return {
    kind: "quote",
    token: from.hex(ADDRESS, "token"),
    amount: from.uint(AMOUNT, "amount"),
    refusal: readRefusal(from),
    fee: from.uint(AMOUNT, "fee"),
    seconds: from.number(SECONDS, "seconds"),
    least: from.uint(AMOUNT, "least amount"),
    most: from.uint(AMOUNT, "greatest amount"),
  };
}

export function readFunding(from: WireReader, kind: FundingKind): FundingMessage {
  return kind === "resize" || kind === "resizeAgreed" ? readResize(from, kind) : readOpening(from, kind);
}

function readResize(from: WireReader, kind: ResizeMessage["kind"]): ResizeMessage {
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

function readOpening(from: WireReader, kind: OpeningMessage["kind"]): FundingMessage {
  switch (kind) {
    case "quoteAsk":
      return { kind, token: from.hex(ADDRESS, "token"), amount: from.uint(AMOUNT, "amount") };
    case "quote":
      return readQuote(from);
    case "openAsk":
      return readAsk(from);
    case "openConsent":
      return { kind, channel: from.hex(WORD, "channel"), signature: from.hex(SIGNATURE, "signature") };
    case "openDecline":
      return readDecline(from);
  }
}
