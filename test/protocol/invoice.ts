import { bech32m } from "@scure/base";
import { expect } from "chai";
import fc from "fast-check";
import { asciiBytes, concatBytes, fromHex, toHex } from "../../src/protocol/bytes.ts";
import { MAX_UINT96 } from "../../src/protocol/checked.ts";
import { MAX_DESCRIPTION_BYTES } from "../../src/protocol/invoice-fields.ts";
import {
  decodeInvoice,
  encodeInvoice,
  type InvoiceFields,
  MAX_INVOICE_TEXT,
} from "../../src/protocol/invoice.ts";
import { createPortableSigner, portableCrypto as crypto } from "../../src/protocol/portable-crypto.ts";
import type { Address, Digest, PaymentHash, Secret } from "../../src/protocol/types.ts";
import { addressOf } from "./lane-pair.ts";
import * as arbitrary from "./arbitraries.ts";

const SIGNER = createPortableSigner(new Uint8Array(32).fill(7));
const FIELDS: InvoiceFields = {
  chainId: 31337n,
  contract: addressOf(0xcc),
  token: addressOf(0),
  amount: 10n ** 18n,
  hash: `0x${"ab".repeat(32)}` as PaymentHash,
  paymentSecret: `0x${"5e".repeat(32)}` as Secret,
  created: 1_800_000_000,
  expiry: 1_800_003_600,
  claimTime: 600,
  description: "two coffees",
};

const time = fc.nat(0xffffffff);
const invoiceFields: fc.Arbitrary<InvoiceFields> = fc
  .record({
    chainId: fc.bigInt({ min: 1n, max: (1n << 64n) - 1n }),
    contract: arbitrary.hexOf<Address>(20),
    token: arbitrary.hexOf<Address>(20),
    amount: fc.bigInt({ min: 1n, max: MAX_UINT96 }),
    hash: arbitrary.hexOf<PaymentHash>(32),
    paymentSecret: arbitrary.hexOf<Secret>(32),
    created: time,
    life: fc.integer({ min: 1, max: 0xffff }),
    claimTime: fc.integer({ min: 1, max: 0xffffffff }),
    description: fc.stringMatching(/^[ -~¡-ɏ一-鿿😀-🙏]{0,60}$/u),
  })
  .map(({ life, ...rest }) => ({ ...rest, expiry: rest.created + life }));

function textOf(fields: InvoiceFields): string {
  const encoded = encodeInvoice(crypto, SIGNER, fields);
  if (!encoded.ok) throw new Error(encoded.message);
  return encoded.text;
}

function dataOf(text: string): Uint8Array {
  return bech32m.fromWords(bech32m.decode(text as `hl1${string}`, false).words).slice(0, -64);
}

/** Signs any data as the payee and writes it as an invoice. */
function textOfData(data: Uint8Array, signer = SIGNER): string {
  const digest = toHex<Digest>(crypto.keccak256(concatBytes(asciiBytes("Hashlane invoice\n"), data)), 32);
  return bech32m.encode("hl", bech32m.toWords(concatBytes(data, fromHex(signer.sign(digest)))), false);
}

function problemOf(text: string): string {
  const decoded = decodeInvoice(crypto, text);
  return decoded.ok ? "none" : `${decoded.problem}: ${decoded.message}`;
}

/** The data of an invoice with the value of one field replaced, or the field left out. */
function withField(type: number, value: Uint8Array | null): Uint8Array {
  const data = dataOf(textOf(FIELDS));
  const parts: Uint8Array[] = [data.slice(0, 1)];
  let placed = value === null;
  for (let at = 1; at < data.length;) {
    const length = ((data[at + 1] ?? 0) << 8) | (data[at + 2] ?? 0);
    const here = data[at] ?? 0;
    if (!placed && here >= type) {
      parts.push(record(type, value ?? new Uint8Array()));
      placed = true;
    }
    if (here !== type) parts.push(data.slice(at, at + 3 + length));
    at += 3 + length;
  }
  if (!placed) parts.push(record(type, value ?? new Uint8Array()));
  return concatBytes(...parts);
}

function record(type: number, value: Uint8Array): Uint8Array {
  return new Uint8Array([type, value.length >> 8, value.length & 255, ...value]);
}

describe("invoices (section 3.3)", () => {
  it("read back as they were written, with the payee that signed", () => {
    fc.assert(
      fc.property(invoiceFields, (fields) => {
        fc.pre(BigInt(fields.contract) !== 0n);
        const text = textOf(fields);
        const invoice = { ...fields, payee: SIGNER.address };
        expect(decodeInvoice(crypto, text)).to.deep.equal({ ok: true, invoice });
      }),
      { numRuns: 50 },
    );
  });

  it("are text that begins with hl1 and may be in upper case and between blanks", () => {
    const text = textOf(FIELDS);
    expect(text).to.match(/^hl1[02-9ac-hj-np-z]+$/);
    expect(decodeInvoice(crypto, ` ${text.toUpperCase()}\n`)).to.deep.equal(decodeInvoice(crypto, text));
  });

  it("are told from any text with one character changed", () => {
    const text = textOf(FIELDS);
    const alphabet = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
    fc.assert(
      fc.property(fc.integer({ min: 3, max: text.length - 1 }), fc.nat(31), (at, letter) => {
        const changed = text.slice(0, at) + alphabet.charAt(letter) + text.slice(at + 1);
        fc.pre(changed !== text);
        expect(decodeInvoice(crypto, changed)).to.deep.include({ ok: false, problem: "not_bech32m" });
      }),
    );
  });

  it("refuse what is no bech32m text, cut texts and other prefixes", () => {
    const text = textOf(FIELDS);
    expect(problemOf("")).to.match(/^not_bech32m: /);
    expect(problemOf("pay me, please")).to.match(/^not_bech32m: .*copy the whole text again$/);
    expect(problemOf(text.slice(0, -1))).to.match(/^not_bech32m: /);
    expect(problemOf(`H${text.slice(1)}`)).to.match(/^not_bech32m: /);
    const words = bech32m.toWords(dataOf(text));
    expect(problemOf(bech32m.encode("ln", words, false))).to.equal(
      "wrong_prefix: an invoice begins with hl1; this text begins with ln1",
    );
    expect(problemOf(bech32m.encode("hl", words.slice(0, 32), false))).to.equal(
      "truncated: an invoice has at least 65 bytes; this one has 20",
    );
    expect(problemOf("q".repeat(MAX_INVOICE_TEXT))).to.match(/^not_bech32m: /);
    expect(problemOf("q".repeat(MAX_INVOICE_TEXT + 1))).to.equal(
      "too_long: an invoice has at most 4096 characters; this one has 4097",
    );
  });

  it("refuse data that the named payee did not sign, field by field", () => {
    const text = textOf(FIELDS);
    const signature = bech32m.fromWords(bech32m.decode(text as `hl1${string}`, false).words).slice(-64);
    const stolen = concatBytes(withField(8, fromHex(`0x${"00".repeat(15)}05`)), signature);
    const tampered = bech32m.encode("hl", bech32m.toWords(stolen), false);
    expect(problemOf(tampered)).to.match(
      /^wrong_signature: the invoice names 0x[0-9a-f]{40} as its payee, but it was/,
    );
    const thief = createPortableSigner(new Uint8Array(32).fill(8));
    expect(problemOf(textOfData(dataOf(text), thief))).to.equal(
      `wrong_signature: the invoice names ${SIGNER.address} as its payee, but it was signed by ${thief.address}`,
    );
    const unsigned = concatBytes(dataOf(text), new Uint8Array(64));
    expect(problemOf(bech32m.encode("hl", bech32m.toWords(unsigned), false))).to.equal(
      `wrong_signature: the invoice names ${SIGNER.address} as its payee, but the signature is malformed`,
    );
  });

  it("skip unknown odd fields and refuse unknown even ones", () => {
    const odd = decodeInvoice(crypto, textOfData(withField(101, new Uint8Array([1, 2, 3]))));
    expect(odd).to.deep.equal({ ok: true, invoice: { ...FIELDS, payee: SIGNER.address } });
    expect(problemOf(textOfData(withField(102, new Uint8Array([1]))))).to.equal(
      "unknown_field: the invoice asks for something newer than this program: field 102",
    );
  });

  it("have each field once, in growing order, whole", () => {
    const data = dataOf(textOf(FIELDS));
    const again = concatBytes(data, record(21, asciiBytes("again")));
    expect(problemOf(textOfData(again))).to.equal("fields_not_growing: field 21 follows field 21");
    const late = concatBytes(data, record(3, new Uint8Array()));
    expect(problemOf(textOfData(late))).to.equal("fields_not_growing: field 3 follows field 21");
    expect(problemOf(textOfData(data.subarray(0, -1)))).to.match(/^truncated: field 21 needs 11 bytes/);
    expect(problemOf(textOfData(new Uint8Array([2, ...data.subarray(1)])))).to.equal(
      "unknown_version: version of an invoice must be 1; given: 2",
    );
  });

  it("miss no field but the description, and have each in its width", () => {
    const { description, ...fixed } = FIELDS;
    expect(description).not.to.equal("");
    expect(decodeInvoice(crypto, textOfData(withField(21, null)))).to.deep.equal({
      ok: true,
      invoice: { ...fixed, payee: SIGNER.address, description: "" },
    });
    const types = { chainId: 2, contract: 4, token: 6, amount: 8, hash: 10, paymentSecret: 12, payee: 14 };
    for (const [name, type] of Object.entries({ ...types, created: 16, expiry: 18, claimTime: 20 })) {
      expect(problemOf(textOfData(withField(type, null)))).to.equal(
        `missing_field: the invoice has no ${name} (field ${type})`,
      );
      expect(problemOf(textOfData(withField(type, new Uint8Array(3))))).to.match(
        new RegExp(`^bad_field: ${name} \\(field ${type}\\) must have \\d+ bytes; given: 3$`),
      );
    }
  });

  const bad: readonly (readonly [Partial<InvoiceFields>, string])[] = [
    [{ chainId: 0n }, "bad_field: chainId must be from 1 to 18446744073709551615; given: 0"],
    [
      { chainId: 1n << 64n },
      "bad_field: chainId must be from 1 to 18446744073709551615; given: 18446744073709551616",
    ],
    [{ amount: 0n }, `bad_field: amount must be from 1 to ${MAX_UINT96} (2^96 - 1); given: 0`],
    [
      { amount: MAX_UINT96 + 1n },
      `bad_field: amount must be from 1 to ${MAX_UINT96} (2^96 - 1); given: ${MAX_UINT96 + 1n}`,
    ],
    [{ contract: addressOf(0) }, "bad_field: contract must not be the zero address"],
    [
      { expiry: FIELDS.created },
      "bad_field: expiry must be later than created; given: created 1800000000, expiry 1800000000",
    ],
    [
      { expiry: 2 ** 40 },
      "bad_field: expiry must be later than created; given: created 1800000000, expiry 1099511627776",
    ],
    [{ claimTime: 0 }, "bad_field: claimTime must be from 1 to 4294967295 seconds; given: 0"],
    [{ claimTime: 2 ** 32 }, "bad_field: claimTime must be from 1 to 4294967295 seconds; given: 4294967296"],
    [
      { description: "a\u0007b" },
      "bad_description: the description has a character that must not be shown: U+0007",
    ],
    [
      { description: "a\u202eb" },
      "bad_description: the description has a character that must not be shown: U+202e",
    ],
    [
      { description: "a\ud800" },
      "bad_description: the description is no well-formed text (it has half of a surrogate pair)",
    ],
    [
      { description: "é".repeat(MAX_DESCRIPTION_BYTES / 2) + "a" },
      "bad_description: a description has at most 256 bytes; given: 257",
    ],
  ];
  for (const [fields, message] of bad) {
    it(`are not made: ${message}`, () => {
      const encoded = encodeInvoice(crypto, SIGNER, { ...FIELDS, ...fields });
      expect(encoded.ok ? "none" : `${encoded.problem}: ${encoded.message}`).to.equal(message);
    });
  }

  it("take values up to their limits", () => {
    const limits: Partial<InvoiceFields>[] = [
      { chainId: (1n << 64n) - 1n },
      { amount: 1n },
      { amount: MAX_UINT96 },
      { expiry: 2 ** 40 - 1 },
      { claimTime: 1 },
      { claimTime: 2 ** 32 - 1 },
      { description: "é".repeat(MAX_DESCRIPTION_BYTES / 2) },
    ];
    for (const fields of limits) {
      const invoice = { ...FIELDS, ...fields, payee: SIGNER.address };
      expect(decodeInvoice(crypto, textOf({ ...FIELDS, ...fields }))).to.deep.equal({ ok: true, invoice });
    }
  });

  it("are refused in reading as in making if a value is bad", () => {
    expect(problemOf(textOfData(withField(8, new Uint8Array(16))))).to.match(
      /^bad_field: amount must be from 1/,
    );
    expect(problemOf(textOfData(withField(21, new Uint8Array([0x61, 0x1b]))))).to.match(/U\+001b$/);
    expect(problemOf(textOfData(withField(21, new Uint8Array([0xff]))))).to.equal(
      "bad_description: the description is not valid UTF-8",
    );
    expect(problemOf(textOfData(withField(21, new Uint8Array(257).fill(0x61))))).to.match(
      /at most 256 bytes; given: 257$/,
    );
  });

  it("never throw at signed random data", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.boolean(), (rest, known) => {
        const data = known
          ? concatBytes(dataOf(textOf(FIELDS)).subarray(0, 40), rest)
          : new Uint8Array([1, ...rest]);
        expect(decodeInvoice(crypto, textOfData(data)).ok).to.be.a("boolean");
      }),
      { numRuns: 50 },
    );
  });
});
