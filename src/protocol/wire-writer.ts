import { writeHex, writeUint } from "./bytes.ts";
import type { Hex } from "./types.ts";

const INT256 = 1n << 256n;

/**
 * Appends big-endian fields to a growing array. Throws a RangeError on values that do not fit: those are our own. `room`:
 * bytes that are expected.
 */
export class WireWriter {
  #bytes: Uint8Array<ArrayBuffer>;
  #length = 0;

  constructor(room = 256) {
    this.#bytes = new Uint8Array(room);
  }

  #room(size: number): number {
    const at = this.#length;
    this.#length += size;
    if (this.#length > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(this.#length, this.#bytes.length * 2));
      grown.set(this.#bytes);
      this.#bytes = grown;
    }
    return at;
  }

  uint(width: number, value: number | bigint): void {
    const at = this.#room(width);
    writeUint(this.#bytes, at, width, value);
  }

  int256(value: bigint): void {
    this.uint(32, value < 0n ? INT256 + value : value);
  }

  hex(value: Hex): void {
    const at = this.#room((value.length - 2) / 2);
    writeHex(this.#bytes, at, value);
  }

  bytes(value: Uint8Array): void {
    const at = this.#room(value.length);
    this.#bytes.set(value, at);
  }

  finish(): Uint8Array {
    return this.#length === this.#bytes.length ? this.#bytes : this.#bytes.slice(0, this.#length);
  }
}
