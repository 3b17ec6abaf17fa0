import { readUint, toHex } from "./bytes.ts";
import type { Hex } from "./types.ts";

export type WireErrorCode =
  "too_big" | "truncated" | "trailing_bytes" | "unknown_version" | "unknown_kind" | "out_of_range";

/** Why bytes are no message; `at` is the position of the field that is wrong. */
export interface WireError {
  readonly code: WireErrorCode;
  readonly at: number;
  readonly message: string;
}

const HALF_INT256 = 1n << 255n;
const INT256 = 1n << 256n;

/**
 * Reads big-endian fields. The first mistake is kept and everything after it reads as zero, so that a decoder can be
 * written straight through and asks once, at its end. Loops must stop at {@link failed}.
 */
export class WireReader {
  readonly #bytes: Uint8Array;
  #at = 0;
  #error: WireError | null = null;

  constructor(bytes: Uint8Array) {
    // Where a socket brought it, it is a Buffer, whose slices are no copies.
    this.#bytes = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  get error(): WireError | null {
    return this.#error;
  }

  get failed(): boolean {
    return this.#error !== null;
  }

  get at(): number {
    return this.#at;
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  fail(code: WireErrorCode, message: string, at: number = this.#at): void {
    this.#error ??= { code, at, message };
  }

  #take(size: number, what: string): number | null {
    if (this.failed) return null;
    if (this.left < size) {
      this.fail("truncated", `${what} needs ${size} bytes at ${this.#at}, but ${this.left} are left`);
      return null;
    }
    this.#at += size;
    return this.#at - size;
  }

  uint(width: number, what: string): bigint {
    const at = this.#take(width, what);
    return at === null ? 0n : readUint(this.#bytes, at, width);
  }

  /** An unsigned integer that a number holds exactly. */
  number(width: number, what: string): number {
    const at = this.#at;
    const value = this.uint(width, what);
    if (value <= BigInt(Number.MAX_SAFE_INTEGER)) return Number(value);
    this.fail("out_of_range", `${what} must be at most 2^53 - 1; given: ${value}`, at);
    return 0;
  }

  int256(what: string): bigint {
    const value = this.uint(32, what);
    return value >= HALF_INT256 ? value - INT256 : value;
  }

  flag(what: string): boolean {
    const at = this.#at;
    const value = this.number(1, what);
    if (value > 1) this.fail("out_of_range", `${what} must be 0 or 1; given: ${value}`, at);
    return value === 1;
  }

  /** The brand is the field's meaning; its length is `size`. */
  // eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- names the brand
  hex<T extends Hex>(size: number, what: string): T {
    return toHex<T>(this.bytes(size, what), size);
  }

  /** `size` is ours, not the peer's. A copy, so that a message does not keep its frame alive. */
  bytes(size: number, what: string): Uint8Array {
    const at = this.#take(size, what);
    return at === null ? new Uint8Array(size) : this.#bytes.slice(at, at + size);
  }

  /** The whole of a field whose length a peer chose. */
  variable(lengthWidth: number, max: number, what: string): Uint8Array {
    const at = this.#at;
    const length = this.number(lengthWidth, `length of ${what}`);
    if (length > max)
      this.fail("out_of_range", `${what} must have at most ${max} bytes; given: ${length}`, at);
    const start = this.failed ? null : this.#take(length, what);
    return start === null ? new Uint8Array(0) : this.#bytes.slice(start, start + length);
  }

  end(): void {
    if (!this.failed && this.left > 0) this.fail("trailing_bytes", `${this.left} bytes follow the end`);
  }
}
