import type { UnixSeconds } from "./types.ts";

/** How much is left of an allowance that refills by the chain's clock. */
export interface Bucket {
  readonly left: number;
  readonly at: UnixSeconds;
}

export interface Allowance {
  readonly most: number;
  readonly perSecond: number;
}

function leftAt(bucket: Bucket | undefined, { most, perSecond }: Allowance, now: UnixSeconds): number {
  if (bucket === undefined) return most;
  return Math.min(most, bucket.left + Math.max(0, now - bucket.at) * perSecond);
}

/** One less; null if there is none. A bucket that is not there is full. */
export function takeOne(bucket: Bucket | undefined, allowance: Allowance, now: UnixSeconds): Bucket | null {
  const left = leftAt(bucket, allowance, now);
  return left < 1 ? null : { left: left - 1, at: now };
}

/** Such a bucket need not be kept. */
export function isFull(bucket: Bucket, allowance: Allowance, now: UnixSeconds): boolean {
  return leftAt(bucket, allowance, now) >= allowance.most;
}
