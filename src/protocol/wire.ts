import type { Message, Update } from "./messages.ts";
import { FAILURE_BYTES } from "./onion/failure.ts";
import { readRecover, writeRecover } from "./wire-recover.ts";
import { MAX_CHANGES, readChange, sizeOfChanges, writeChange } from "./wire-change.ts";
import { type FundingMessage, isFunding, isFundingKind, readFunding, writeFunding } from "./wire-funding.ts";
import { readPolicy, writePolicy } from "./wire-policy.ts";
import { type WireError, WireReader } from "./wire-reader.ts";
import { WireWriter } from "./wire-writer.ts";

/** Longest encoded message; a transport checks it before it allocates. */
export const MAX_MESSAGE_BYTES = 1 << 20;

const VERSION = 1;
const WORD = 32;
const SIGNATURE = 64;
const NUMBER = 8;
const COUNT = 2;

const KINDS = {
  update: 1,
  fulfil: 2,
  fail: 3,
  seen: 4,
  resume: 5,
  shutdown: 6,
  stop: 7,
  closing: 8,
  policy: 9,
  recover: 10,
  resize: 11,
  resizeAgreed: 12,
  quoteAsk: 13,
  quote: 14,
  openAsk: 15,
  openConsent: 16,
  openDecline: 17,
} as const satisfies Record<Message["kind"], number>;

function keyed<K extends string>(numbers: Readonly<Record<K, number>>): ReadonlyMap<number, K> {
  return new Map((Object.keys(numbers) as K[]).map((key) => [numbers[key], key]));
}

const KIND_OF = keyed<Message["kind"]>(KINDS);

export type Decoded =
  { readonly ok: true; readonly message: Message } | { readonly ok: false; readonly error: WireError };

/** Version, kind, then fixed-width fields, big endian. Throws a RangeError if a value of ours does not fit. */
export function encodeMessage(message: Message): Uint8Array {
  const to = new WireWriter(message.kind === "update" ? sizeOfUpdate(message) : undefined);
  to.uint(1, VERSION);
  to.uint(1, KINDS[message.kind]);
  if (message.kind === "policy") writePolicy(to, message.signed);
  else if (isFunding(message)) writeFunding(to, message);
  else writeFields(to, message);
  const bytes = to.finish();
  if (bytes.length > MAX_MESSAGE_BYTES) {
    throw new RangeError(`a message has at most ${MAX_MESSAGE_BYTES} bytes, not ${bytes.length}`);
  }
  return bytes;
}

/** Strict: what encodes to other bytes is no message. Never throws. */
export function decodeMessage(bytes: Uint8Array): Decoded {
  const from = new WireReader(bytes);
  if (bytes.length > MAX_MESSAGE_BYTES) {
    from.fail("too_big", `a message has at most ${MAX_MESSAGE_BYTES} bytes; given: ${bytes.length}`);
  }
  const version = from.number(1, "version");
  if (version !== VERSION) from.fail("unknown_version", `version must be ${VERSION}; given: ${version}`, 0);
  const number = from.number(1, "kind");
  const kind = KIND_OF.get(number);
  if (kind === undefined) from.fail("unknown_kind", `unknown kind of message: ${number}`, 1);
  const message = readFields(from, kind ?? "shutdown");
  from.end();
  return from.error === null ? { ok: true, message } : { ok: false, error: from.error };
}

function writeFields(to: WireWriter, message: Exclude<Message, FundingMessage | { kind: "policy" }>): void {
  to.hex(message.channel);
  switch (message.kind) {
    case "update":
      writeUpdate(to, message);
      return;
    case "fulfil":
      to.uint(NUMBER, message.id);
      to.hex(message.secret);
      return;
    case "fail":
      to.uint(NUMBER, message.id);
      writeFailure(to, message.failure);
      return;
    case "seen":
      to.int256(message.deposits.A);
      to.int256(message.deposits.B);
      return;
    case "resume":
      writeResume(to, message);
      return;
    case "recover":
      writeRecover(to, message);
      return;
    case "shutdown":
      return;
    case "stop":
      to.uint(NUMBER, message.lastSeq);
      to.uint(NUMBER, message.heldSeq);
      return;
    case "closing":
      to.int256(message.transfer);
      to.uint(NUMBER, message.validUntil);
      to.hex(message.signature);
      return;
  }
}

function readFields(from: WireReader, kind: Message["kind"]): Message {
  if (kind === "policy") return { kind, signed: readPolicy(from) };
  if (isFundingKind(kind)) return readFunding(from, kind);
  const channel = from.hex<Update["channel"]>(WORD, "channel");
  switch (kind) {
    case "update":
      return readUpdate(from, channel);
    case "fulfil":
      return { kind, channel, id: from.number(NUMBER, "lock id"), secret: from.hex(WORD, "secret") };
    case "fail":
      return { kind, channel, id: from.number(NUMBER, "lock id"), failure: readFailure(from) };
    case "seen":
      return { kind, channel, deposits: { A: from.int256("deposit A"), B: from.int256("deposit B") } };
    case "resume":
      return readResume(from, channel);
    case "recover":
      return readRecover(from, channel);
    case "shutdown":
      return { kind, channel };
    case "stop":
      return {
        kind,
        channel,
        lastSeq: from.number(NUMBER, "last seq"),
        heldSeq: from.number(NUMBER, "held seq"),
      };
    case "closing":
      return {
        kind,
        channel,
        transfer: from.int256("transfer"),
        validUntil: from.number(NUMBER, "valid until"),
        signature: from.hex(SIGNATURE, "signature"),
      };
  }
}

function sizeOfUpdate({ changes }: Update): number {
  return 2 + WORD + 3 * NUMBER + SIGNATURE + COUNT + sizeOfChanges(changes);
}

function writeUpdate(to: WireWriter, { base, seq, ack, signature, changes }: Update): void {
  if (changes.length > MAX_CHANGES) {
    throw new RangeError(`an update has at most ${MAX_CHANGES} changes, not ${changes.length}`);
  }
  to.uint(NUMBER, base);
  to.uint(NUMBER, seq);
  to.uint(NUMBER, ack);
  to.hex(signature);
  to.uint(COUNT, changes.length);
  for (const change of changes) writeChange(to, change);
}

function readUpdate(from: WireReader, channel: Update["channel"]): Update {
  const base = from.number(NUMBER, "base");
  const seq = from.number(NUMBER, "seq");
  const ack = from.number(NUMBER, "ack");
  const signature = from.hex<Update["signature"]>(SIGNATURE, "signature");
  const count = from.number(COUNT, "count of changes");
  const changes = [];
  while (changes.length < count && !from.failed) changes.push(readChange(from));
  return { kind: "update", channel, base, seq, ack, changes, signature };
}

type Resume = Extract<Message, { kind: "resume" }>;

function writeResume(to: WireWriter, { ownSeq, heldSeq, held }: Resume): void {
  to.uint(NUMBER, ownSeq);
  to.uint(NUMBER, heldSeq);
  to.uint(1, held === null ? 0 : 1);
  if (held === null) return;
  to.hex(held.body);
  to.hex(held.signature);
}

function readResume(from: WireReader, channel: Resume["channel"]): Resume {
  const ownSeq = from.number(NUMBER, "own seq");
  const heldSeq = from.number(NUMBER, "held seq");
  const held = from.flag("proof of the held state")
    ? { body: from.hex<NonNullable<Resume["held"]>["body"]>(WORD, "body"), signature: readSignature(from) }
    : null;
  return { kind: "resume", channel, ownSeq, heldSeq, held };
}

function readSignature(from: WireReader): Update["signature"] {
  return from.hex(SIGNATURE, "signature");
}

function writeFailure(to: WireWriter, failure: Uint8Array | null): void {
  to.uint(1, failure === null ? 0 : 1);
  if (failure === null) return;
  if (failure.length !== FAILURE_BYTES) {
    throw new RangeError(`a failure has ${FAILURE_BYTES} bytes, not ${failure.length}`);
  }
  to.bytes(failure);
}

function readFailure(from: WireReader): Uint8Array | null {
  return from.flag("presence of a failure") ? from.bytes(FAILURE_BYTES, "failure") : null;
}
