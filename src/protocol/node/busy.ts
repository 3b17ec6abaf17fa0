import { edgeKey, type EdgeKey } from "../liquidity.ts";
import { Table } from "../table.ts";
import type { Amount, PaymentHash } from "../types.ts";
import type { Attempt, NodeState } from "./state.ts";
import type { Context, Work } from "./work.ts";

type Attempts = NodeState["attempts"];

/**
 * What payments of ours that are under way hold at the ends of channels of others. Follows from the attempts alone; the
 * sum for those that were asked about last is kept, and brought up to date by what has changed in them.
 */
class Busy {
  #attempts: Attempts = Table.empty();
  #held = new Map<EdgeKey, Amount>();

  follow(attempts: Attempts): ReadonlyMap<EdgeKey, Amount> {
    for (const hash of this.#attempts.differences(attempts)) {
      this.#count(this.#attempts, hash, -1n);
      this.#count(attempts, hash, 1n);
    }
    this.#attempts = attempts;
    return this.#held;
  }

  #count(attempts: Attempts, hash: PaymentHash, sign: bigint): void {
    for (const { channel, from, amount } of othersHops(attempts.get(hash))) {
      const key = edgeKey(channel, from);
      const held = (this.#held.get(key) ?? 0n) + sign * amount;
      if (held === 0n) this.#held.delete(key);
      else this.#held.set(key, held);
    }
  }
}

function othersHops(attempt: Attempt | undefined): Attempt["parts"][number]["hops"] {
  return attempt?.parts.flatMap(({ hops }) => hops.slice(1)) ?? [];
}

/** Of each node that runs in this process; the result does not depend on it. */
const memories = new WeakMap<Context, Busy>();

export function busyOf({ ctx, state }: Pick<Work, "ctx" | "state">): ReadonlyMap<EdgeKey, Amount> {
  const known = memories.get(ctx) ?? new Busy();
  memories.set(ctx, known);
  return known.follow(state.attempts);
}
