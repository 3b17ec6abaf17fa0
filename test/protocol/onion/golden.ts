import { expect } from "chai";
import {
  concat,
  dataSlice,
  getBytes,
  hexlify,
  type BytesLike,
  sha256,
  SigningKey,
  zeroPadValue,
  toBeHex,
} from "ethers";
import { createCipheriv, createHmac } from "node:crypto";
import { readFile } from "node:fs/promises";
import { VECTORS } from "../../../scripts/vectors.ts";

/*
 * A second reader of packets, written from docs/protocol/5-onion.md with OpenSSL and ethers: none of it is shared with
 * the code.
 */
const text = (label: string): string => hexlify(new TextEncoder().encode(`Hashlane onion 1 ${label}`));

function hmac(key: BytesLike, ...data: BytesLike[]): string {
  return hexlify(
    createHmac("sha256", getBytes(key))
      .update(getBytes(concat(data)))
      .digest(),
  );
}

function stream(key: BytesLike, length: number): string {
  return hexlify(
    createCipheriv("chacha20", getBytes(key), new Uint8Array(16)).update(new Uint8Array(length)),
  );
}

function xor(a: BytesLike, b: BytesLike): string {
  const other = getBytes(b);
  return hexlify(getBytes(a).map((byte, at) => byte ^ (other[at] ?? 0)));
}

function multiply(scalar: string, point: string): string {
  return SigningKey.computePublicKey(new SigningKey(scalar).computeSharedSecret(point), true);
}

interface Onions {
  readonly domain: { readonly chainId: string; readonly contract: string };
  readonly token: string;
  readonly hash: string;
  readonly expiry: number;
  readonly cases: readonly {
    readonly nodes: readonly { readonly privateKey: string; readonly publicKey: string }[];
    readonly routeSeed: string;
    readonly packetSeed: string;
    readonly number: number;
    readonly instructions: readonly Readonly<Record<string, string>>[];
    readonly secrets: readonly string[];
    readonly keys: readonly string[];
    readonly packets: readonly string[];
    readonly failures: readonly string[];
  }[];
}

interface Layer {
  readonly secret: string;
  readonly key: string;
  readonly instruction: string;
  /** What stands after the own cell: a text's bytes, if there is one. */
  readonly text: string;
  readonly rest: string;
}

function open(packet: string, privateKey: string, context: string): Layer {
  const part = (from: number, to: number): string => dataSlice(packet, from, to);
  const point = part(1, 34);
  const secret = sha256(multiply(privateKey, point));
  const key = hmac(secret, text("packet"), part(34, 50), context);
  const head = stream(key, 64 + 1344);
  expect(dataSlice(hmac(dataSlice(head, 0, 32), part(50, 1330)), 0, 16), "its MAC").to.equal(
    part(1330, 1346),
  );
  const shown = xor(concat([part(50, 1330), new Uint8Array(64)]), dataSlice(head, 64));
  const next = multiply(hmac(secret, text("blind"), point), point);
  const mac = dataSlice(shown, 48, 64);
  const rest = concat(["0x01", next, dataSlice(head, 32, 48), dataSlice(shown, 64), mac]);
  return { secret, key, instruction: dataSlice(shown, 0, 48), text: dataSlice(shown, 64, 256), rest };
}

function instructionBytes(instruction: Readonly<Record<string, string>>, number: number): string {
  const { channel = "0x", amount = "0", paymentSecret = "0x", total = "0", share = "0x", rent } = instruction;
  const length = new TextEncoder().encode(instruction.text).length;
  const rest = zeroPadValue(toBeHex(number), 2);
  switch (instruction.kind) {
    case "forward":
      if (rent !== undefined) {
        const named = concat([dataSlice(channel, 0, 20), toBeHex(rent, 12)]);
        return concat(["0x0400", rest, named, toBeHex(amount, 12)]);
      }
      return concat(["0x0100", rest, channel, toBeHex(amount, 12)]);
    case "deliver":
      return concat(["0x0200", rest, paymentSecret, toBeHex(total, 12)]);
    case undefined:
    default:
      return concat(["0x03", toBeHex(length, 1), rest, share, toBeHex(total, 12)]);
  }
}

describe("onion: golden files", () => {
  let golden: Onions;
  before(async () => {
    golden = JSON.parse(await readFile(new URL("onion.json", VECTORS), "utf8")) as Onions;
  });

  it("have packets that a reader of the text alone opens, node after node", () => {
    const { domain, token, hash, expiry, cases } = golden;
    const context = concat([toBeHex(domain.chainId, 32), domain.contract, token, hash, toBeHex(expiry, 5)]);
    for (const { nodes, packets, instructions, number, secrets, keys } of cases) {
      expect(packets).to.have.lengthOf(nodes.length);
      nodes.forEach(({ privateKey, publicKey }, at) => {
        expect(SigningKey.computePublicKey(privateKey, true)).to.equal(publicKey);
        const layer = open(packets[at] ?? "0x", privateKey, context);
        expect(layer.secret).to.equal(secrets[at]);
        expect(layer.key).to.equal(keys[at]);
        expect(layer.instruction).to.equal(instructionBytes(instructions[at] ?? {}, number));
        const { text: words } = instructions[at] ?? {};
        if (words !== undefined) expect(layer.text).to.equal(hexlify(new TextEncoder().encode(words)));
        if (at + 1 < nodes.length) expect(layer.rest).to.equal(packets[at + 1]);
      });
    }
  });

  it("[FEE-2] have one in which rent is passed on by all but the last hop", () => {
    const rents = golden.cases.map(({ instructions }) => instructions.map(({ rent }) => rent ?? "0"));
    const rent = 10n ** 27n + 1n;
    expect(rents.at(-1)).to.deep.equal([`${2n * rent}`, `${rent}`, "0", "0"]);
    expect(
      rents
        .slice(0, -1)
        .flat()
        .every((one) => one === "0"),
    ).to.equal(true);
  });

  it("begin with the point of the seed, the same for two packets with the same route keys", () => {
    expect(golden.cases.some(({ instructions }) => instructions.at(-1)?.text?.length === 192)).to.equal(true);
    for (const { routeSeed, packets } of golden.cases) {
      expect(dataSlice(packets[0] ?? "0x", 1, 34)).to.equal(SigningKey.computePublicKey(routeSeed, true));
    }
    const [, first, second] = golden.cases;
    expect(first?.routeSeed).to.equal(second?.routeSeed);
    expect(first?.number).to.not.equal(second?.number);
  });

  it("have failures whose layers come off to the reason of the last node", () => {
    for (const { keys, failures } of golden.cases) {
      const fail = (label: string): string =>
        hexlify(new TextEncoder().encode(`Hashlane failure 1 ${label}`));
      let body = dataSlice(failures.at(-1) ?? "0x", 0, 64);
      for (const key of keys) body = xor(body, stream(hmac(key, fail("stream")), 64));
      const content = dataSlice(body, 16);
      expect(content).to.equal(concat(["0x09", new Uint8Array(47)]));
      const originKey = hmac(keys.at(-1) ?? "0x", fail("origin"));
      expect(dataSlice(body, 0, 16)).to.equal(dataSlice(hmac(originKey, content), 0, 16));
    }
  });
});
