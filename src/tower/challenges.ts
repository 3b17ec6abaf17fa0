import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { fromHex, toHex, writeUint, readUint } from "../protocol/bytes.ts";
import type { Hex } from "../protocol/types.ts";

const VALID_MS = 60_000;
const TIME_BYTES = 6;
const BODY_BYTES = 16;
const WORD_BYTES = 32;

/**
 * Numbers that a caller signs, each good for one call within a minute. None is remembered when it is given out, so
 * that asking for them costs nothing here; only those are that a client has used.
 */
export class Challenges {
  readonly #now: () => number;
  readonly #key = randomBytes(WORD_BYTES);
  /** With the time until which it would be good. */
  readonly #used = new Map<Hex, number>();

  /** `now`: milliseconds that never go back. */
  constructor(now: () => number) {
    this.#now = now;
  }

  create(): Hex {
    const body = new Uint8Array(BODY_BYTES);
    writeUint(body, 0, TIME_BYTES, Math.floor(this.#now()));
    body.set(randomBytes(BODY_BYTES - TIME_BYTES), TIME_BYTES);
    return toHex(Buffer.concat([body, this.#seal(body)]));
  }

  /** Whether it is one of ours, of the last minute, and was not used. */
  isGood(challenge: Hex): boolean {
    const bytes = fromHex(challenge);
    const body = bytes.subarray(0, BODY_BYTES);
    if (bytes.length !== WORD_BYTES || !timingSafeEqual(bytes.subarray(BODY_BYTES), this.#seal(body)))
      return false;
    return this.#endOf(challenge) > this.#now() && !this.#used.has(challenge);
  }

  /** To be called once the signature on it was checked. */
  use(challenge: Hex): void {
    const now = this.#now();
    for (const [old, end] of this.#used) {
      if (end > now) break;
      this.#used.delete(old);
    }
    this.#used.set(challenge, this.#endOf(challenge));
  }

  #endOf(challenge: Hex): number {
    return Number(readUint(fromHex(challenge), 0, TIME_BYTES)) + VALID_MS;
  }

  #seal(body: Uint8Array): Uint8Array {
    return createHmac("sha256", this.#key)
      .update(body)
      .digest()
      .subarray(0, WORD_BYTES - BODY_BYTES);
  }
}
