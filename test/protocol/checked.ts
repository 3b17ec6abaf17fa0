import { expect } from "chai";
import fc from "fast-check";
import { concatBytes, fromHex, readUint, toHex, writeUint } from "../../src/protocol/bytes.ts";
import {
  checkAmount,
  MAX_UINT96,
  must,
  parseAddress,
  parseAmount,
  parseChannelId,
  parseSignature,
} from "../../src/protocol/checked.ts";

function problemOf(checked: { readonly ok: boolean; readonly problem?: string }): string {
  return checked.problem ?? "none";
}

describe("checked values", () => {
  it("take hex of the right length in any case and keep it in lower case", () => {
    expect(parseAddress(`0x${"aB".repeat(20)}`)).to.deep.equal({ ok: true, value: `0x${"ab".repeat(20)}` });
  });

  it("say what was wrong and what was given", () => {
    expect(problemOf(parseAddress("hello"))).to.equal('an address must start with 0x; given: "hello"');
    expect(problemOf(parseAddress(`0x${"00".repeat(19)}`))).to.equal(
      `an address must have 40 hex digits after 0x, not 38; given: "0x${"00".repeat(19)}"`,
    );
    expect(problemOf(parseChannelId(`0x${"0g".repeat(32)}`))).to.equal(
      `a channel id must consist of hex digits; given: "0x${"0g".repeat(32)}"`,
    );
    const long = parseAddress(`0x${"00".repeat(100)}`);
    expect(problemOf(long)).to.match(/not 200; given: "0x0{78}\.\.\." \(202 characters\)$/);
    expect(problemOf(parseAddress("\u001b[31m"))).to.equal('an address must start with 0x; given: "?[31m"');
  });

  it("[ID-2] take signatures with a low s only", () => {
    const r = "11".repeat(32);
    const half = "7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0";
    const above = "7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a1";
    expect(parseSignature(`0x${r}${half}`).ok).to.equal(true);
    expect(parseSignature(`0x${r}f${half.slice(1)}`).ok, "with the parity bit").to.equal(true);
    expect(problemOf(parseSignature(`0x${r}${above}`))).to.match(
      /^a signature must have its s in the lower half/,
    );
    expect(problemOf(parseSignature(`0x${"00".repeat(32)}${half}`))).to.match(/must not be zero/);
    expect(problemOf(parseSignature(`0x${r}80${"00".repeat(31)}`))).to.match(/must not be zero/);
    expect(problemOf(parseSignature(`0x${r}`))).to.match(/128 hex digits after 0x, not 64/);
  });

  it("take amounts from 1 to 2^96 - 1", () => {
    expect(parseAmount("1")).to.deep.equal({ ok: true, value: 1n });
    expect(parseAmount(`${MAX_UINT96}`)).to.deep.equal({ ok: true, value: MAX_UINT96 });
    expect(problemOf(parseAmount("0"))).to.equal("an amount must be at least 1; given: 0");
    expect(problemOf(checkAmount(-1n))).to.equal("an amount must be at least 1; given: -1");
    expect(problemOf(checkAmount(MAX_UINT96 + 1n))).to.equal(
      `an amount must be at most ${MAX_UINT96} (2^96 - 1); given: ${MAX_UINT96 + 1n}`,
    );
    for (const text of ["1.5", "-1", "1e18", "", " 1"]) {
      expect(problemOf(parseAmount(text))).to.equal(
        `an amount must be a whole number of base units; given: "${text}"`,
      );
    }
  });

  it("throw where a programmer wrote them", () => {
    expect(must(parseAmount("5"))).to.equal(5n);
    expect(() => must(parseAmount("x"))).to.throw(TypeError, 'whole number of base units; given: "x"');
  });
});

describe("bytes", () => {
  it("go to hex and back", () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(toHex(bytes)).to.equal(`0x${Buffer.from(bytes).toString("hex")}`);
        expect(fromHex(toHex(bytes))).to.deep.equal(bytes);
      }),
    );
    expect(() => fromHex("0xAB")).to.throw(RangeError, "not a lower-case hex digit at 2 of 0xAB");
    expect(() => toHex(new Uint8Array(31), 32)).to.throw(RangeError, "expected 32 bytes, got 31");
  });

  it("hold unsigned integers of any width, big endian", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 40 }),
        fc.bigInt({ min: 0n, max: (1n << 320n) - 1n }),
        (width, value) => {
          const fitting = value & ((1n << BigInt(width * 8)) - 1n);
          const bytes = new Uint8Array(width + 2);
          expect(writeUint(bytes, 1, width, fitting)).to.equal(width + 1);
          const digits = fitting.toString(16).padStart(width * 2, "0");
          expect(toHex(bytes)).to.equal(`0x00${digits}00`);
          expect(readUint(bytes, 1, width)).to.equal(fitting);
        },
      ),
    );
  });

  it("refuse numbers that do not fit", () => {
    const write = (width: number, value: number | bigint) => () =>
      writeUint(new Uint8Array(40), 0, width, value);
    expect(write(1, 255)).not.to.throw();
    expect(write(1, 256)).to.throw(RangeError, "256 does not fit into 1 bytes");
    expect(write(16, 1n << 128n)).to.throw(RangeError, "does not fit into 16 bytes");
    expect(write(8, -1)).to.throw(RangeError, "-1 is no unsigned integer");
    expect(write(8, -1n)).to.throw(RangeError, "-1 is no unsigned integer");
    expect(write(8, 1.5)).to.throw(RangeError, "1.5 is no unsigned integer");
    expect(write(8, 2 ** 53)).to.throw(RangeError, "9007199254740992 is no unsigned integer");
  });

  it("join", () => {
    expect(concatBytes(new Uint8Array([1]), new Uint8Array(), new Uint8Array([2, 3]))).to.deep.equal(
      new Uint8Array([1, 2, 3]),
    );
  });
});
