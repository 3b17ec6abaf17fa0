import { toHex, writeUint } from "../../src/protocol/bytes.ts";
import type { Hex } from "../../src/protocol/types.ts";

/** Random choices that a seed repeats (mulberry32). */
export class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  #word(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  }

  /** From 0 to `end - 1`. */
  below(end: number): number {
    return this.#word() % end;
  }

  /** True in so many of 100 cases. */
  chance(percent: number): boolean {
    return this.below(100) < percent;
  }

  pick<T>(items: readonly T[]): T {
    const item = items[this.below(items.length)];
    if (item === undefined) throw new RangeError("there is nothing to pick from");
    return item;
  }

  /** From 0 to `most`; both ends come more often than others. */
  amount(most: bigint): bigint {
    if (this.chance(15)) return this.chance(50) ? 0n : most;
    const bits = (BigInt(this.#word()) << 96n) | (BigInt(this.#word()) << 64n);
    return (
      ((bits | (BigInt(this.#word()) << 32n) | BigInt(this.#word())) % (most + 1n)) & ((1n << 128n) - 1n)
    );
  }

  /** 32 bytes, of whatever meaning. */
  // eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- names the brand
  word<T extends Hex>(): T {
    const bytes = new Uint8Array(32);
    for (let at = 0; at < 32; at += 4) writeUint(bytes, at, 4, this.#word());
    return toHex<T>(bytes, 32);
  }
}
