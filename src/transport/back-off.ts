export interface BackOff {
  readonly firstMs: number;
  readonly longestMs: number;
  /** From 0 to below 1: peers that lost the same node do not all come back at once. */
  readonly random: () => number;
}

/** Time until the next attempt after so many failed ones: doubled each time, from half to all of it. */
export function delayOf({ firstMs, longestMs, random }: BackOff, failures: number): number {
  const full = Math.min(longestMs, firstMs * 2 ** Math.min(failures, 30));
  return full / 2 + (full / 2) * random();
}
