/** So much at once, and then so much in a second. */
export interface Allowance {
  readonly most: number;
  readonly perSecond: number;
}

interface Bucket {
  left: number;
  at: number;
}

/** Of which those that are full again are forgotten. */
const MANY = 10_000;

/** Allowances of callers by name, in memory: what is full need not be remembered. */
export class Buckets {
  readonly #allowance: Allowance;
  readonly #now: () => number;
  readonly #buckets = new Map<string, Bucket>();
  #pruneAt = MANY;

  /** `now`: milliseconds that never go back. */
  constructor(allowance: Allowance, now: () => number) {
    this.#allowance = allowance;
    this.#now = now;
  }

  get size(): number {
    return this.#buckets.size;
  }

  /** Takes it and returns 0, or takes nothing and returns in how many seconds it can be had. */
  take(name: string, cost: number): number {
    const { most, perSecond } = this.#allowance;
    const now = this.#now();
    const known = this.#buckets.get(name);
    const left = known === undefined ? most : this.#leftAt(known, now);
    if (cost > left) return Math.ceil((Math.min(cost, most) - left) / perSecond) || 1;
    this.#buckets.set(name, { left: left - cost, at: now });
    if (this.#buckets.size > this.#pruneAt) this.#prune(now);
    return 0;
  }

  #leftAt({ left, at }: Bucket, now: number): number {
    const { most, perSecond } = this.#allowance;
    return Math.min(most, left + ((now - at) / 1000) * perSecond);
  }

  #prune(now: number): void {
    for (const [name, bucket] of this.#buckets) {
      if (this.#leftAt(bucket, now) >= this.#allowance.most) this.#buckets.delete(name);
    }
    this.#pruneAt = Math.max(MANY, 2 * this.#buckets.size);
  }
}

/** What one household has: an IPv4 address, or a /64 of IPv6. */
export function householdOf(address: string): string {
  const v4 = /^(?:::ffff:)?(\d+\.\d+\.\d+\.\d+)$/.exec(address)?.[1];
  if (v4 !== undefined) return v4;
  const [before = "", after] = address.split("::", 2);
  const head = before === "" ? [] : before.split(":");
  const tail = after === undefined || after === "" ? [] : after.split(":");
  const zeros =
    after === undefined ? [] : Array<string>(Math.max(0, 8 - head.length - tail.length)).fill("0");
  return [...head, ...zeros, ...tail].slice(0, 4).join(":");
}
