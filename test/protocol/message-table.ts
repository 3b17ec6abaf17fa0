import { expect } from "chai";
import fc from "fast-check";
import { readFileSync } from "node:fs";
import type { Message } from "../../src/protocol/messages.ts";
import { decodeMessage, encodeMessage, MAX_MESSAGE_BYTES } from "../../src/protocol/wire.ts";
import { message as anyMessage } from "./arbitraries.ts";

interface Row {
  readonly number: number;
  readonly name: string;
  readonly fields: string;
  readonly bytes: string;
}

const TEXT = readFileSync(new URL("../../docs/protocol/transport.md", import.meta.url), "utf8");
const MESSAGES = TEXT.slice(TEXT.indexOf("\n## Messages\n"));
const ROWS: readonly Row[] = MESSAGES.split("\n").flatMap((line) => {
  const [number = "", name = "", , fields = "", bytes = ""] = line
    .split("|")
    .slice(1)
    .map((cell) => cell.trim());
  return /^\d+$/.test(number) ? [{ number: Number(number), name, fields, bytes }] : [];
});
/** Version and kind. */
const HEAD = 2;

/** Sum of the widths in the text, without what is in brackets and with it; null: something is repeated. */
function sizesOf(fields: string): { readonly least: number; readonly most: number | null } {
  const sum = (text: string): number =>
    [...text.matchAll(/[a-zA-Z]+ (\d+)/g)].reduce((total, [, width = "0"]) => total + Number(width), HEAD);
  return {
    least: sum(fields.replace(/\[[^\]]*\]/g, "")),
    most: fields.includes("...") ? null : sum(fields),
  };
}

function written(least: number, most: number | null): string {
  if (most === null) return `${least} to ${MAX_MESSAGE_BYTES / (1 << 20)} MiB`;
  return least === most ? `${least}` : `${least} to ${most}`;
}

describe("the table of messages in transport.md", () => {
  const byName = new Map(ROWS.map((row) => [row.name, row]));
  const samples = new Map<Message["kind"], Uint8Array[]>();

  before(() => {
    for (const message of fc.sample(anyMessage, { numRuns: 4000, seed: 5 })) {
      const of = samples.get(message.kind) ?? [];
      of.push(encodeMessage(message));
      samples.set(message.kind, of);
    }
  });

  it("names every kind that the code knows, once, and no other", () => {
    expect([...samples.keys()].sort()).to.deep.equal([...byName.keys()].sort());
    expect(byName.size).to.equal(ROWS.length);
    const isKnown = (kind: number): boolean => {
      const decoded = decodeMessage(Uint8Array.of(1, kind));
      return decoded.ok || !decoded.error.message.startsWith("unknown kind");
    };
    const known = Array.from({ length: 256 }, (_, kind) => kind).filter(isKnown);
    expect(known).to.deep.equal(ROWS.map(({ number }) => number));
  });

  it("says the number and the size of each, from the widths of its fields", () => {
    for (const [name, encoded] of samples) {
      const row = byName.get(name);
      const { least, most } = sizesOf(row?.fields ?? "");
      expect(row?.bytes, name).to.equal(written(least, most));
      for (const bytes of encoded) {
        expect(bytes[1], name).to.equal(row?.number);
        expect(bytes.length, name).to.be.within(least, most ?? MAX_MESSAGE_BYTES);
      }
      const lengths = encoded.map(({ length }) => length);
      expect(Math.min(...lengths), `${name}, least`).to.equal(least);
      if (most !== null) expect(Math.max(...lengths), `${name}, most`).to.equal(most);
    }
  });
});
