import type { Hex } from "../../src/protocol/types.ts";
import { joined } from "./words.ts";

/** One word: numbers are two's complement, an address is padded on the left. */
export type Word = bigint | boolean | Hex;

/** What the contract ABI encodes: a word, `bytes`, a struct as an array, a dynamic array as `{ list }`. */
export type Value = Word | Uint8Array | readonly Value[] | { readonly list: readonly Value[] };

export function wordOf(word: Word): Uint8Array {
  let digits: string;
  if (typeof word === "string") digits = word.slice(2);
  else digits = BigInt.asUintN(256, BigInt(word)).toString(16);
  return Buffer.from(digits.padStart(64, "0"), "hex");
}

/** `abi.encode` of these values. */
export function encode(values: readonly Value[]): Uint8Array {
  const heads = values.map((value) => (isDynamic(value) ? null : encodeBody(value)));
  let tailAt = heads.reduce((sum, head) => sum + (head?.length ?? 32), 0);
  const tails: Uint8Array[] = [];
  const front = heads.map((head, index) => {
    if (head !== null) return head;
    const tail = encodeBody(values[index] ?? false);
    const place = wordOf(BigInt(tailAt));
    tails.push(tail);
    tailAt += tail.length;
    return place;
  });
  return joined(...front, ...tails);
}

function encodeBody(value: Value): Uint8Array {
  if (typeof value !== "object") return wordOf(value);
  if (value instanceof Uint8Array) {
    const padding = new Uint8Array((32 - (value.length % 32)) % 32);
    return joined(wordOf(BigInt(value.length)), value, padding);
  }
  if ("list" in value) return joined(wordOf(BigInt(value.list.length)), encode(value.list));
  return encode(value);
}

function isDynamic(value: Value): boolean {
  if (typeof value !== "object") return false;
  if (value instanceof Uint8Array || "list" in value) return true;
  return value.some(isDynamic);
}
