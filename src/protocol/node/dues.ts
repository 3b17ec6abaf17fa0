import type { Due, Stake } from "../chain-facts.ts";
import type { Amount, Secret, UnixSeconds } from "../types.ts";
import { hashOf } from "./hash-of.ts";
import type { Channel, Phase, Recording } from "./state.ts";
import { fateOf } from "./terms.ts";
import { incomingLock, refsOf, type Work } from "./work.ts";

type Closing = Channel & { readonly phase: Extract<Phase, { kind: "closing" }> };

/** When a transaction comes too late, and what is lost then: what its fee is worth follows from it [HOP-2]. */

/** A record: before the first expiry of the locks that its witnesses win for us. */
export function dueOfRecord(work: Work, { secrets, until }: Recording): Due {
  const won = secrets.flatMap((secret) => locksWonBy(work, secret));
  return {
    by: Math.min(until, ...won.map(({ expiry }) => expiry)),
    stakes: won.map(({ token, amount }) => ({ token, amount })),
  };
}

function locksWonBy(work: Work, secret: Secret): readonly (Stake & { readonly expiry: UnixSeconds })[] {
  return refsOf(work, hashOf(work.ctx.crypto, secret)).flatMap(({ channel, direction, id }) => {
    const found = direction === "in" ? incomingLock(work, channel, id) : undefined;
    const token = work.state.channels.get(channel)?.params.token;
    if (found === undefined || token === undefined || found.fate.kind === "failed") return [];
    if (fateOf(work.state, found.lock) !== "open") return [];
    return [{ token, amount: found.lock.amount, expiry: found.lock.expiry }];
  });
}

/** A conviction wins the whole channel, another answer what the closer left out. */
export function dueOfAnswer({ params, deposits, phase }: Closing, more: Amount | "all"): Due {
  const amount = more === "all" ? deposits.A + deposits.B : more;
  return { by: phase.deadline, stakes: [{ token: params.token, amount }] };
}

/** A lock that a settle shows the witness of. */
export interface WonLock {
  readonly amount: Amount;
  readonly expiry: UnixSeconds;
  /** Not by this settle. */
  readonly isRecorded: boolean;
}

/**
 * A settle: before the expiry of what it records itself, and within the wait of [LOCK-1] for the rest; null if it wins
 * nothing that time could take away.
 */
export function dueOfSettle({ params, phase }: Closing, won: readonly WonLock[]): Due | null {
  if (won.length === 0) return null;
  const ends = won.map(({ expiry, isRecorded }) =>
    isRecorded ? Math.max(phase.deadline, expiry) + params.challengePeriod : expiry,
  );
  return {
    by: Math.min(...ends),
    stakes: won.map(({ amount }) => ({ token: params.token, amount })),
  };
}
