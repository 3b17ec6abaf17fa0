import { expect } from "chai";
import fc from "fast-check";
import { toHex } from "../../src/protocol/bytes.ts";
import type { Message } from "../../src/protocol/messages.ts";
import type {
  ChannelId,
  PaymentHash,
  PaymentTag,
  Policy,
  Secret,
  Signature,
} from "../../src/protocol/types.ts";
import { changeSize, MAX_CHANGES, MAX_PACKET_BYTES } from "../../src/protocol/wire-change.ts";
import { decodeMessage, encodeMessage, MAX_MESSAGE_BYTES } from "../../src/protocol/wire.ts";
import * as arbitrary from "./arbitraries.ts";

const CHANNEL = toHex<ChannelId>(new Uint8Array(32).fill(7));
const SIGNATURE = toHex<Signature>(new Uint8Array(64).fill(9));
const SECRET = toHex<Secret>(new Uint8Array(32).fill(5));
const TAG = toHex<PaymentTag>(new Uint8Array(32).fill(3));

const FULFIL: Message = { kind: "fulfil", channel: CHANNEL, id: 3, secret: SECRET };
const EMPTY_UPDATE: Message = {
  kind: "update",
  channel: CHANNEL,
  base: 4,
  seq: 5,
  ack: 6,
  changes: [],
  signature: SIGNATURE,
};
/** Version, kind and channel come before every message's own fields. */
const HEADER = 34;
const UPDATE_COUNT_AT = HEADER + 3 * 8 + 64;

function errorOf(bytes: Uint8Array): { code: string; at: number } {
  const decoded = decodeMessage(bytes);
  if (decoded.ok) throw new Error("this was to be refused");
  return { code: decoded.error.code, at: decoded.error.at };
}

function changed(message: Message, at: number, value: number): Uint8Array {
  const bytes = encodeMessage(message);
  bytes[at] = value;
  return bytes;
}

describe("wire codec of messages", () => {
  it("decodes what it encoded to an equal message", () => {
    fc.assert(
      fc.property(arbitrary.message, (message) => {
        expect(decodeMessage(encodeMessage(message))).to.deep.equal({ ok: true, message });
      }),
      { numRuns: 500 },
    );
  });

  it("takes no second encoding of a message: a changed byte gives another message or a refusal", () => {
    const cases = fc.tuple(arbitrary.message, fc.nat(), fc.integer({ min: 1, max: 255 }));
    fc.assert(
      fc.property(cases, ([message, where, flip]) => {
        const bytes = encodeMessage(message);
        const at = where % bytes.length;
        bytes[at] = (bytes[at] ?? 0) ^ flip;
        const decoded = decodeMessage(bytes);
        if (decoded.ok) expect(encodeMessage(decoded.message)).to.deep.equal(bytes);
      }),
      { numRuns: 1000 },
    );
  });

  it("never throws at random bytes", () => {
    fc.assert(
      fc.property(fc.nat(10), fc.uint8Array({ maxLength: 400 }), (kind, rest) => {
        const bytes = new Uint8Array([1, kind, ...rest]);
        const decoded = decodeMessage(bytes);
        if (decoded.ok) expect(encodeMessage(decoded.message)).to.deep.equal(bytes);
      }),
      { numRuns: 1000 },
    );
  });

  it("refuses every proper beginning of a message as truncated, and every longer one", () => {
    fc.assert(
      fc.property(arbitrary.message, fc.nat(), (message, where) => {
        const bytes = encodeMessage(message);
        const cut = where % bytes.length;
        expect(errorOf(bytes.subarray(0, cut)).code).to.equal("truncated");
        expect(errorOf(new Uint8Array([...bytes, 0]))).to.deep.equal({
          code: "trailing_bytes",
          at: bytes.length,
        });
      }),
    );
  });

  it("refuses another version, an unknown kind, change, lock and flag, each at its place", () => {
    expect(errorOf(changed(FULFIL, 0, 2))).to.deep.equal({ code: "unknown_version", at: 0 });
    expect(errorOf(changed(FULFIL, 1, 0))).to.deep.equal({ code: "unknown_kind", at: 1 });
    expect(errorOf(changed(FULFIL, 1, 0xff))).to.deep.equal({ code: "unknown_kind", at: 1 });
    const won: Message = { ...EMPTY_UPDATE, changes: [{ kind: "win", id: 1 }] };
    expect(errorOf(changed(won, UPDATE_COUNT_AT + 2, 7))).to.deep.equal({
      code: "unknown_kind",
      at: UPDATE_COUNT_AT + 2,
    });
    const hash = toHex<PaymentHash>(new Uint8Array(32));
    const lock = { kind: "hash", amount: 1n, expiry: 2, hash } as const;
    const packet = new Uint8Array(0);
    const added: Message = { ...EMPTY_UPDATE, changes: [{ kind: "add", id: 1, lock, packet }] };
    const lockAt = UPDATE_COUNT_AT + 2 + 1 + 8;
    for (const kind of [0, 3]) {
      expect(errorOf(changed(added, lockAt, kind))).to.deep.equal({ code: "unknown_kind", at: lockAt });
    }
    const fail: Message = { kind: "fail", channel: CHANNEL, id: 1, failure: null };
    expect(errorOf(changed(fail, HEADER + 8, 2))).to.deep.equal({ code: "out_of_range", at: HEADER + 8 });
    expect(errorOf(changed(fail, HEADER + 8, 1))).to.deep.equal({ code: "truncated", at: HEADER + 9 });
    const resume: Message = { kind: "resume", channel: CHANNEL, ownSeq: 1, heldSeq: 0, held: null };
    expect(errorOf(changed(resume, HEADER + 16, 2))).to.deep.equal({ code: "out_of_range", at: HEADER + 16 });
  });

  it("[FEE-2] has one form for a lock without rent: rent of 0 is refused, and 1 is taken", () => {
    const lock = {
      kind: "hash",
      amount: 1n,
      expiry: 2,
      hash: toHex<PaymentHash>(new Uint8Array(32)),
    } as const;
    const add = { kind: "add", id: 1, lock, packet: new Uint8Array(0) } as const;
    const free = encodeMessage({ ...EMPTY_UPDATE, changes: [add] });
    const paid: Message = { ...EMPTY_UPDATE, changes: [{ ...add, rent: 1n }] };
    const bytes = encodeMessage(paid);
    expect(decodeMessage(bytes)).to.deep.equal({ ok: true, message: paid });
    expect(bytes.length - free.length, "nothing is sent for rent that is not there").to.equal(12);
    const rentAt = bytes.length - 12;
    expect(errorOf(bytes.with(bytes.length - 1, 0))).to.deep.equal({ code: "out_of_range", at: rentAt });
  });

  it("[FEE-2] reads policies with and without rent, and refuses terms of another length, or of nothing", () => {
    const terms = {
      channel: CHANNEL,
      node: `0x${"0a".repeat(20)}` as Policy["node"],
      ...{ seq: 1, feeBase: 1n, feePpm: 2, claimTime: 3, minAmount: 4n, maxAmount: 5n, enabled: true },
    };
    const signature = `0x${"0b".repeat(64)}` as Signature;
    const message = (policy: Policy): Message => ({ kind: "policy", signed: { policy, signature } });
    const free = encodeMessage(message(terms));
    const flagsAt = free.length - 65;
    expect(free[flagsAt]).to.equal(1);
    expect(errorOf(free.with(flagsAt, 4))).to.deep.equal({ code: "out_of_range", at: flagsAt });
    expect(errorOf(free.with(flagsAt, 2)), "there are no terms").to.include({ at: flagsAt + 1 });
    for (const rent of [
      { slotFee: 1n, rentPpm: 0 },
      { slotFee: 0n, rentPpm: 1 },
    ]) {
      const bytes = encodeMessage(message({ ...terms, rent }));
      expect(decodeMessage(bytes)).to.deep.equal({ ok: true, message: message({ ...terms, rent }) });
      expect([bytes.length - free.length, bytes[flagsAt], bytes[flagsAt + 1]]).to.deep.equal([21, 3, 20]);
      for (const length of [0, 19, 21]) {
        const found = errorOf(bytes.with(flagsAt + 1, length));
        expect(found).to.deep.equal({ code: "out_of_range", at: flagsAt + 1 });
      }
      const nothing = bytes.slice().fill(0, flagsAt + 2, flagsAt + 22);
      expect(errorOf(nothing)).to.deep.equal({ code: "out_of_range", at: flagsAt + 1 });
    }
  });

  it("takes numbers up to 2^53 - 1 and refuses the next", () => {
    const largest: Message = { ...FULFIL, id: Number.MAX_SAFE_INTEGER };
    const bytes = encodeMessage(largest);
    expect(decodeMessage(bytes)).to.deep.equal({ ok: true, message: largest });
    bytes.set([0, 0x20, 0, 0, 0, 0, 0, 0], HEADER);
    expect(errorOf(bytes)).to.deep.equal({ code: "out_of_range", at: HEADER });
  });

  it("refuses a count of changes that are not there, without making room for them", () => {
    const bytes = encodeMessage(EMPTY_UPDATE);
    bytes.set([0xff, 0xff], UPDATE_COUNT_AT);
    expect(errorOf(bytes)).to.deep.equal({ code: "truncated", at: UPDATE_COUNT_AT + 2 });
  });

  it("takes a packet of the greatest length and refuses one byte more", () => {
    const amount = {
      kind: "hash",
      amount: 1n,
      expiry: 2,
      hash: toHex<PaymentHash>(new Uint8Array(32)),
    } as const;
    const add = (length: number): Message => ({
      ...EMPTY_UPDATE,
      changes: [{ kind: "add", id: 1, lock: amount, packet: new Uint8Array(length) }],
    });
    const largest = add(MAX_PACKET_BYTES);
    const bytes = encodeMessage(largest);
    expect(decodeMessage(bytes)).to.deep.equal({ ok: true, message: largest });
    expect(() => encodeMessage(add(MAX_PACKET_BYTES + 1))).to.throw(
      RangeError,
      `not ${MAX_PACKET_BYTES + 1}`,
    );
    const lengthAt = UPDATE_COUNT_AT + 2 + 1 + 8 + 50;
    bytes.set([(MAX_PACKET_BYTES + 1) >> 8, (MAX_PACKET_BYTES + 1) & 255], lengthAt);
    expect(errorOf(bytes)).to.deep.equal({ code: "out_of_range", at: lengthAt });
  });

  it("refuses more than 1 MiB before it reads anything", () => {
    expect(errorOf(new Uint8Array(MAX_MESSAGE_BYTES + 1)).code).to.equal("too_big");
    expect(errorOf(new Uint8Array(MAX_MESSAGE_BYTES)).code).to.equal("unknown_version");
    const pay = { kind: "pay", amount: 1n, tag: TAG } as const;
    const many = { ...EMPTY_UPDATE, changes: new Array<typeof pay>(30_000).fill(pay) };
    expect(() => encodeMessage(many)).to.throw(RangeError, "at most 1048576 bytes");
    const tooMany = { ...EMPTY_UPDATE, changes: new Array<typeof pay>(MAX_CHANGES + 1).fill(pay) };
    expect(() => encodeMessage(tooMany)).to.throw(RangeError, "at most 65535 changes");
  });

  it("refuses own values that do not fit their field", () => {
    const pay = (amount: bigint): Message => ({
      ...EMPTY_UPDATE,
      changes: [{ kind: "pay", amount, tag: TAG }],
    });
    expect(() => encodeMessage(pay((1n << 128n) - 1n))).not.to.throw();
    expect(() => encodeMessage(pay(1n << 128n))).to.throw(RangeError, "does not fit into 16 bytes");
    expect(() => encodeMessage(pay(-1n))).to.throw(RangeError, "-1 is no unsigned integer");
  });

  it("tells the size of a change before it is encoded", () => {
    const empty = encodeMessage(EMPTY_UPDATE).length;
    fc.assert(
      fc.property(arbitrary.change, (change) => {
        const update: Message = { ...EMPTY_UPDATE, changes: [change] };
        expect(encodeMessage(update).length - empty).to.equal(changeSize(change));
      }),
    );
  });
});
