import { writeHex, writeUint } from "./bytes.ts";
import type { Hex } from "./types.ts";

const WORD = 1n << 256n;

/** One static ABI word: hex is left-padded (addresses) or whole (bytes32), numbers are two's complement. */
export type AbiWord = Hex | bigint | number | boolean | Uint8Array;

/** `abi.encode` of static values. */
export function abiEncode(words: readonly AbiWord[]): Uint8Array {
  const bytes = new Uint8Array(words.length * 32);
  words.forEach((word, index) => writeWord(bytes, index * 32, word));
  return bytes;
}

function writeWord(into: Uint8Array, at: number, word: AbiWord): void {
  if (typeof word === "string") {
    writeHex(into, at + 32 - (word.length - 2) / 2, word);
  } else if (typeof word === "bigint") {
    writeUint(into, at, 32, word < 0n ? WORD + word : word);
  } else if (typeof word === "object") {
    into.set(word, at + 32 - word.length);
  } else {
    writeUint(into, at, 32, Number(word));
  }
}
