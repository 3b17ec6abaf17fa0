import { expect } from "chai";
import fc from "fast-check";
import type { CryptoSuite } from "../../../src/crypto/native-crypto.ts";
import { concatBytes, fromHex, toHex } from "../../../src/protocol/bytes.ts";
import { MAX_UINT96 } from "../../../src/protocol/checked.ts";
import {
  CELL_BYTES,
  CELLS_BYTES,
  MAC_BYTES,
  MAX_HOPS,
  MAX_NUMBER,
  MAX_TEXT_BYTES,
  PACKET_BYTES,
  POINT_BYTES,
  type PacketContext,
  readInstruction,
  writeInstruction,
} from "../../../src/protocol/onion/format.ts";
import { hmac, mask } from "../../../src/protocol/onion/mac.ts";
import { makePacket, openPacket, type Opened } from "../../../src/protocol/onion/packet.ts";
import { agreeOnRoute, openKeys, packetStream } from "../../../src/protocol/onion/route-keys.ts";
import type { Address, ChannelId, PaymentHash, Secret } from "../../../src/protocol/types.ts";
import { fastCrypto, fastSigner } from "../fast-crypto.ts";
import { addressOf } from "../lane-pair.ts";
import * as arbitrary from "../arbitraries.ts";
import { channelOf, CONTEXT, loadOnce, Row } from "./route.ts";

const CELLS_AT = 1 + POINT_BYTES + 16;
const ALL = Array.from({ length: MAX_HOPS }, (_, at) => at + 1);

type Made = Pick<Row, "keys" | "instructions">;

function problemOf(opened: Opened): string {
  return opened.kind === "unreadable" ? `${opened.code}: ${opened.problem}` : opened.kind;
}

describe("onion: packets", () => {
  let suite: CryptoSuite;
  before(async () => {
    suite = await loadOnce();
  });

  it("gives each of 1 to 20 nodes its own instruction and the packet of the next, always of one size", () => {
    for (const count of ALL) {
      const row = new Row(suite, count);
      const packets = row.packets(row.make(count).packet);
      expect(packets.map(({ length }) => length)).to.deep.equal(packets.map(() => PACKET_BYTES));
      packets.forEach((packet, at) => {
        expect(row.open(at, packet)).to.deep.include({ ...row.instructions[at], number: count });
      });
    }
    expect(PACKET_BYTES).to.equal(1346);
  });

  it("carries any amounts, channels and secrets", () => {
    const hop = fc.record({ channel: arbitrary.hexOf<ChannelId>(32), amount: arbitrary.uint96 });
    const final = fc.record({ paymentSecret: arbitrary.hexOf<Secret>(32), total: arbitrary.uint96 });
    const seeds = fc.tuple(fc.uint8Array({ minLength: 32, maxLength: 32 }), fc.nat(MAX_NUMBER));
    fc.assert(
      fc.property(fc.array(hop, { maxLength: MAX_HOPS - 1 }), final, seeds, (hops, last, [seed, number]) => {
        const scalar = fastCrypto.sha256(seed);
        const signers = [...hops, last].map((_, at) => fastSigner(addressOf(at + 1)));
        const points = signers.map(({ address }) =>
          concatBytes(Uint8Array.of(2), new Uint8Array(12), fromHex(address)),
        );
        const instructions = [
          ...hops.map((one) => ({ kind: "forward", ...one }) as const),
          { kind: "deliver", ...last } as const,
        ];
        const keys = agreeOnRoute(fastCrypto, scalar, points);
        let { packet } = makePacket(fastCrypto, keys, { context: CONTEXT, instructions, number, seed });
        signers.forEach((signer, at) => {
          const opened = openPacket(fastCrypto, packet, CONTEXT, (point) =>
            openKeys(fastCrypto, signer, point),
          );
          expect(opened).to.deep.include({ ...instructions[at], number });
          if (opened.kind === "forward") packet = opened.rest;
        });
      }),
      { numRuns: 30 },
    );
  });

  it("[FEE-2] carries any rents above 0, with the beginning of the channel's id", () => {
    const channel = channelOf(7);
    const positive = fc.bigInt({ min: 1n, max: MAX_UINT96 });
    fc.assert(
      fc.property(positive, arbitrary.uint96, fc.nat(MAX_NUMBER), (rent, amount, number) => {
        const forward = { kind: "forward", channel, amount, rent } as const;
        const read = readInstruction(concatBytes(writeInstruction(forward, number), new Uint8Array(16)));
        expect(read).to.deep.equal({ number, instruction: { ...forward, channel: channel.slice(0, 42) } });
      }),
    );
    const none = writeInstruction({ kind: "forward", channel, amount: 5n, rent: 1n }, 3).with(35, 0);
    const { instruction } = readInstruction(concatBytes(none, new Uint8Array(16)));
    expect(instruction).to.equal("the rent of an instruction must be above 0; given: 0");
  });

  it("is read by nobody else: neither by a node before or after, nor by one that is not on the route", () => {
    const row = new Row(suite, 4);
    const other = new Row(suite, 4, "other");
    row.packets(row.make().packet).forEach((packet, at) => {
      for (const reader of [0, 1, 2, 3]) {
        const code = reader === at ? "none" : "wrong_mac";
        const opened = row.open(reader, packet);
        expect(opened.kind === "unreadable" ? opened.code : "none").to.equal(code);
      }
      expect(other.open(at, packet)).to.include({ kind: "unreadable", code: "wrong_mac" });
    });
  });

  it("refuses every flipped bit at the next node, wherever that is", () => {
    const row = new Row(suite, 3);
    row.packets(row.make().packet).forEach((packet, at) => {
      let refused = 0;
      const signer = row.signers[at];
      if (signer === undefined) throw new Error("no signer");
      const known = openKeys(suite.crypto, signer, packet.slice(1, 1 + POINT_BYTES));
      const point = toHex(packet.slice(1, 1 + POINT_BYTES));
      for (let bit = 0; bit < 8 * PACKET_BYTES; bit++) {
        const changed = packet.slice();
        changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        const opened = openPacket(suite.crypto, changed, CONTEXT, (shown) =>
          toHex(shown) === point ? known : openKeys(suite.crypto, signer, shown),
        );
        if (opened.kind !== "unreadable") throw new Error(`bit ${bit} was not missed`);
        const inPoint = bit >= 8 && bit < 8 * (1 + POINT_BYTES);
        const codes = bit < 8 ? ["unknown_version"] : inPoint ? ["no_point", "wrong_mac"] : ["wrong_mac"];
        expect(opened.code).to.be.oneOf(codes);
        refused++;
      }
      expect(refused).to.equal(8 * PACKET_BYTES);
    });
  });

  it("is good for one payment: another hash, expiry, token, contract or chain is refused", () => {
    const row = new Row(suite, 2);
    const { packet } = row.make();
    const { domain } = CONTEXT;
    const others: readonly Partial<PacketContext>[] = [
      { hash: `0x${"4b".repeat(32)}` as PaymentHash },
      { expiry: CONTEXT.expiry + 1 },
      { token: `0x${"01".repeat(20)}` as Address },
      { domain: { ...domain, contract: `0x${"cd".repeat(20)}` as Address } },
      { domain: { ...domain, chainId: 1n } },
    ];
    for (const other of others) {
      expect(row.open(0, packet, { ...CONTEXT, ...other })).to.include({ code: "wrong_mac" });
    }
    expect(row.open(0, packet).kind).to.equal("forward");
  });

  it("shows the payee nothing of how many nodes came before", () => {
    for (const count of [1, 2, 19, 20]) {
      const row = new Row(suite, count);
      const made = row.make();
      const last = row.packets(made.packet).at(-1) ?? new Uint8Array();
      const cells = last.slice(CELLS_AT, CELLS_AT + CELLS_BYTES);
      mask(cells, packetStream(suite.crypto, made.keys.at(-1) ?? new Uint8Array(32)).cells);
      const rest = cells.subarray(CELL_BYTES);
      const isBlank = (_: unknown, at: number): boolean =>
        rest.subarray(at, at + 4).every((byte) => byte === 0);
      expect(Array.from({ length: rest.length - 4 }, isBlank)).to.not.include(true);
    }
  });

  it("has nothing in common with the next packet on the same route, but the point that says so", () => {
    const row = new Row(suite, 3);
    const [first, second] = [row.packets(row.make(0).packet), row.packets(row.make(1).packet)];
    first.forEach((packet, at) => {
      const other = second[at] ?? new Uint8Array();
      const isSame = (from: number, to: number): boolean =>
        toHex(packet.subarray(from, to)) === toHex(other.subarray(from, to));
      expect(isSame(0, 1 + POINT_BYTES)).to.equal(true);
      for (let from = 1 + POINT_BYTES; from < PACKET_BYTES; from += 16) {
        expect(isSame(from, Math.min(from + 16, PACKET_BYTES)), `bytes from ${from}`).to.equal(false);
      }
    });
    const points = first.map((packet) => toHex(packet.subarray(1, 1 + POINT_BYTES)));
    expect(new Set(points).size, "each node sees another point").to.equal(3);
  });

  it("says what is wrong, with values", () => {
    const row = new Row(suite, 2);
    const { packet } = row.make();
    const before = packet.slice();
    const changed = (at: number, value: number): Uint8Array => packet.with(at, value);
    expect(problemOf(row.open(0, packet))).to.equal("forward");
    expect(packet, "reading leaves it as it was").to.deep.equal(before);
    expect(problemOf(row.open(0, packet.subarray(1)))).to.equal(
      "wrong_size: a packet has 1346 bytes; given: 1345",
    );
    expect(problemOf(row.open(0, concatBytes(packet, Uint8Array.of(0))))).to.equal(
      "wrong_size: a packet has 1346 bytes; given: 1347",
    );
    expect(problemOf(row.open(0, new Uint8Array()))).to.equal(
      "wrong_size: a packet has 1346 bytes; given: 0",
    );
    expect(problemOf(row.open(0, changed(0, 0)))).to.equal(
      "unknown_version: version of a packet must be 1; given: 0",
    );
    expect(problemOf(row.open(0, changed(0, 2)))).to.equal(
      "unknown_version: version of a packet must be 1; given: 2",
    );
    expect(problemOf(row.open(0, changed(1, 4)))).to.equal("no_point: the packet has no point of the curve");
  });

  it("tells an instruction that it does not know from a packet that is not for it", () => {
    const row = new Row(suite, 1);
    const { packet, keys } = row.make(7);
    const [key] = keys;
    if (key === undefined) throw new Error("no key");
    const { macKey, cells } = packetStream(suite.crypto, key);
    const withInstruction = (at: number, value: number): Uint8Array => {
      const shown = packet.slice(CELLS_AT, CELLS_AT + CELLS_BYTES);
      mask(shown, cells);
      shown[at] = value;
      mask(shown, cells);
      const mac = hmac(suite.crypto, macKey, shown).subarray(0, MAC_BYTES);
      return concatBytes(packet.subarray(0, CELLS_AT), shown, mac);
    };
    expect(row.open(0, withInstruction(0, 2))).to.include({ kind: "deliver" });
    const unknown = { kind: "unknown", number: 7 };
    expect(row.open(0, withInstruction(0, 5))).to.deep.include({
      ...unknown,
      problem: "unknown kind of instruction: 5",
    });
    expect(row.open(0, withInstruction(0, 0))).to.deep.include({
      ...unknown,
      problem: "unknown kind of instruction: 0",
    });
    expect(row.open(0, withInstruction(1, 1))).to.deep.include({
      ...unknown,
      problem: "the text of an instruction has at most 0 bytes; given: 1",
    });
  });

  it("has room for the longest text with 17 nodes and not with 18", () => {
    const text = "x".repeat(MAX_TEXT_BYTES);
    const last = { kind: "spontaneous", share: `0x${"07".repeat(32)}` as Secret, total: 1n, text } as const;
    const make = (count: number) => (): unknown => {
      const row = new Row(suite, count);
      const instructions = [...row.instructions.slice(0, -1), last];
      const order = { context: CONTEXT, instructions, number: 0, seed: row.seed("packet") };
      return makePacket(suite.crypto, row.keys, order);
    };
    expect(make(17)).to.not.throw();
    expect(make(18)).to.throw(RangeError, "a packet has 20 cells; with its text it needs 21");
  });

  it("is made for 1 to 20 nodes with a key each, and for numbers of two bytes", () => {
    const [row, longest] = [new Row(suite, 1), new Row(suite, MAX_HOPS)];
    const make = ({ keys }: Made, { instructions }: Made, number = 0): unknown =>
      makePacket(suite.crypto, keys, { context: CONTEXT, instructions, number, seed: row.seed("packet") });
    expect(() => make(longest, longest)).to.not.throw();
    const longer = new Row(suite, MAX_HOPS + 1);
    expect(() => make(longer, longer)).to.throw(RangeError, "given: 21 instructions, 21 keys");
    expect(() => make(row, longest)).to.throw(RangeError, "given: 20 instructions, 1 keys");
    const none: Made = { instructions: [], keys: { ...row.keys, secrets: [] } };
    expect(() => make(none, none)).to.throw(RangeError, "given: 0 instructions");
    expect(() => make(row, row, MAX_NUMBER)).to.not.throw();
    expect(() => make(row, row, MAX_NUMBER + 1)).to.throw(RangeError, "65536 does not fit into 2 bytes");
    expect(
      writeInstruction({ kind: "forward", channel: `0x${"c1".repeat(32)}` as ChannelId, amount: 1n }, 1),
    ).to.have.lengthOf(48);
  });

  it("never throws at random bytes, of the right size or not", () => {
    const row = new Row(suite, 1);
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 2 * PACKET_BYTES, size: "max" }),
      fc.uint8Array({ minLength: PACKET_BYTES, maxLength: PACKET_BYTES, size: "max" }),
    );
    fc.assert(
      fc.property(bytes, fc.constantFrom(null, 2, 3), (raw, prefix) => {
        const packet = prefix === null || raw.length < 2 ? raw : raw.with(0, 1).with(1, prefix);
        expect(row.open(0, packet).kind).to.equal("unreadable");
      }),
    );
  });
});
