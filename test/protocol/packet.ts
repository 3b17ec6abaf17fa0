import { expect } from "chai";
import fc from "fast-check";
import { makePacket, MAX_HOPS, openPacket } from "../../src/protocol/packet.ts";
import type { ChannelId, Secret } from "../../src/protocol/types.ts";
import { MAX_PACKET_BYTES } from "../../src/protocol/wire-change.ts";
import * as arbitrary from "./arbitraries.ts";

const hop = fc.record({ channel: arbitrary.hexOf<ChannelId>(32), amount: arbitrary.uint96 });
const final = fc.record({ paymentSecret: arbitrary.hexOf<Secret>(32), total: arbitrary.uint96 });
const CHANNEL = `0x${"c1".repeat(32)}` as ChannelId;
const SECRET = `0x${"5e".repeat(32)}` as Secret;
const FINAL = { paymentSecret: SECRET, total: 9n };

function problemOf(packet: Uint8Array): string {
  const opened = openPacket(packet);
  return opened.kind === "bad" ? opened.problem : "none";
}

describe("packets (section 3.3)", () => {
  it("gives each hop its own instruction and the packet of the next", () => {
    fc.assert(
      fc.property(fc.array(hop, { maxLength: MAX_HOPS }), final, (hops, delivery) => {
        let packet = makePacket(hops, delivery);
        for (const instruction of hops) {
          const opened = openPacket(packet);
          if (opened.kind !== "forward") throw new Error(`expected to forward: ${opened.kind}`);
          expect(opened).to.deep.include(instruction);
          packet = opened.rest;
        }
        expect(openPacket(packet)).to.deep.equal({ kind: "deliver", ...delivery });
      }),
    );
  });

  it("goes over 20 hops in a packet that a lock can carry, and not over 21", () => {
    const hops = (count: number) => Array.from({ length: count }, () => ({ channel: CHANNEL, amount: 1n }));
    const longest = makePacket(hops(MAX_HOPS), FINAL);
    expect(longest.length).to.be.at.most(MAX_PACKET_BYTES);
    expect(openPacket(longest).kind).to.equal("forward");
    expect(() => makePacket(hops(MAX_HOPS + 1), FINAL)).to.throw(RangeError, "at most 20 hops, not 21");
    expect(problemOf(new Uint8Array([...longest, 0]))).to.equal("a packet has at most 946 bytes; given: 947");
  });

  it("says what is wrong with a bad one, and leaves the packet that it reads as it was", () => {
    const packet = makePacket([{ channel: CHANNEL, amount: 1n }], FINAL);
    const before = packet.slice();
    expect(problemOf(packet)).to.equal("none");
    expect(packet).to.deep.equal(before);
    expect(problemOf(new Uint8Array())).to.equal("version of the packet needs 1 bytes at 0, but 0 are left");
    expect(problemOf(new Uint8Array([1, ...packet.subarray(1)]))).to.equal(
      "version of a packet must be 0; given: 1",
    );
    expect(problemOf(new Uint8Array([0, 3]))).to.equal("unknown kind of instruction: 3");
    expect(problemOf(packet.subarray(0, 46))).to.equal("nothing follows the instruction to forward");
    expect(problemOf(packet.subarray(0, 45))).to.equal("amount needs 12 bytes at 34, but 11 are left");
    const delivery = makePacket([], FINAL);
    expect(problemOf(new Uint8Array([...delivery, 0]))).to.equal("1 bytes follow the end");
    expect(problemOf(delivery.subarray(0, 45))).to.equal("total needs 12 bytes at 34, but 11 are left");
  });

  it("never throws at random bytes", () => {
    fc.assert(
      fc.property(fc.nat(3), fc.uint8Array({ maxLength: 120 }), (kind, rest) => {
        expect(openPacket(new Uint8Array([0, kind, ...rest])).kind).to.be.oneOf([
          "forward",
          "deliver",
          "bad",
        ]);
      }),
    );
  });
});
