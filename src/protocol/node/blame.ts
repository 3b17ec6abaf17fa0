import { policyOf } from "../graph.ts";
import { edgeKey, sawEnough, sawPaid, sawTooLittle, type Seen } from "../liquidity.ts";
import { type FailCode, readFailure } from "../onion/failure.ts";
import type { Hop } from "../route.ts";
import type { NodeId } from "../types.ts";
import type { Avoided, Part, Reason } from "./state.ts";
import type { Work } from "./work.ts";

/** Why a lock came to nothing: what a node said that had it after us, or what we know ourselves. */
export type Why = { readonly failure: Uint8Array | null } | FailCode | "expired";

/** Why a payment of ours came back, and the nodes one of which is the reason. */
export interface Blame extends Reason {
  /** Hops, from the first, over which the lock is known to have gone. */
  readonly passed: number;
  /** No other route helps. */
  readonly isFinal: boolean;
}

/** What the payee itself says of the payment, whatever the route. */
const OF_PAYEE: ReadonlySet<Blame["code"]> = new Set([
  "unknown_payment",
  "wrong_amount",
  "expiry_too_soon",
  "parts_missing",
  "no_spontaneous",
  "cancelled",
]);
/** What is wrong with a node rather than with its channel to the next. */
const OF_NODE: ReadonlySet<Blame["code"]> = new Set(["expiry_too_soon", "bad_packet", "unknown_payment"]);

export function blameOf({ ctx, state }: Work, { hops, keys }: Pick<Part, "hops" | "keys">, why: Why): Blame {
  if (why === "expired") return { code: why, at: [], passed: 0, isFinal: true };
  if (typeof why === "string") return { code: why, at: [state.config.self], passed: 0, isFinal: false };
  const nodes = hops.map(({ to }) => to);
  const at = (from: number, to: number): readonly NodeId[] => nodes.slice(Math.max(from, 0), to + 1);
  if (why.failure === null) return { code: "next_unreadable", at: at(0, 0), passed: 0, isFinal: false };
  const read = readFailure(ctx.crypto, keys, why.failure);
  const { hop } = read;
  if (read.kind === "garbled")
    return { code: "garbled_failure", at: at(hop - 1, hop), passed: hop, isFinal: false };
  if (read.kind === "unknown_reason")
    return { code: "garbled_failure", at: at(hop, hop), passed: hop + 1, isFinal: hop === nodes.length - 1 };
  const { code, asked } = read;
  // We paid our own neighbour what it is to pass on: one further away may have been paid too little by the one before.
  if (code === "rent_too_low" && asked !== undefined)
    return { code, at: at(hop - 1, hop), asked, passed: hop + 1, isFinal: false };
  const isFinal = hop === nodes.length - 1 && OF_PAYEE.has(code);
  return { code, at: at(hop, code === "next_unreadable" ? hop + 1 : hop), passed: hop + 1, isFinal };
}

/** What this payment keeps away from after the failure. */
export function avoidAfter(
  work: Work,
  avoid: Avoided,
  hops: readonly Hop[],
  { code, passed }: Blame,
): Avoided {
  const last = hops[passed - 1];
  if (OF_NODE.has(code) && passed < hops.length && last !== undefined)
    return { ...avoid, nodes: [...avoid.nodes, last.to] };
  const next = hops[Math.min(passed, hops.length - 1)];
  if (next === undefined) return avoid;
  const key = edgeKey(next.channel, next.from);
  // Whether the node asks for more or the one before it kept some, the lock need not go over both again.
  if (code === "rent_too_low" && last !== undefined && passed > 1)
    return { ...avoid, edges: [...avoid.edges, key, edgeKey(last.channel, last.from)] };
  // What was learned of the balance keeps larger amounts away; a smaller part may fit.
  if (code === "no_capacity" && passed > 0 && seenAt(work, next) !== null)
    return { ...avoid, scarce: [...avoid.scarce, key] };
  return { ...avoid, edges: [...avoid.edges, key] };
}

function seenAt({ state }: Work, { channel, from, amount }: Omit<Hop, "rent">): Seen | null {
  const edge = state.graph.edges.get(channel);
  if (edge === undefined || policyOf(edge, from) === null) return null;
  return { key: edgeKey(channel, from), amount, capacity: edge.capacity, now: state.head.time };
}

/** Of our own balances we know more than payments show. */
function othersOf(hops: readonly Hop[], count: number): readonly Hop[] {
  return hops.slice(1, count);
}

/** A lock that came back shows what was there, and a hop may have said what was not. */
export function learnFromFailure(work: Work, hops: readonly Hop[], { code, passed }: Blame): void {
  let { liquidity } = work.state;
  if (code !== "garbled_failure") {
    for (const hop of othersOf(hops, passed)) {
      const seen = seenAt(work, hop);
      if (seen !== null) liquidity = sawEnough(liquidity, seen);
    }
  }
  const lacking = code === "no_capacity" && passed > 0 ? hops[passed] : undefined;
  // The rent was to leave with the lock.
  const seen =
    lacking === undefined ? null : seenAt(work, { ...lacking, amount: lacking.amount + lacking.rent });
  if (seen !== null) liquidity = sawTooLittle(liquidity, seen);
  work.state = { ...work.state, liquidity };
}

export function learnFromSuccess(work: Work, hops: readonly Hop[]): void {
  let { liquidity } = work.state;
  for (const hop of othersOf(hops, hops.length)) {
    const seen = seenAt(work, hop);
    if (seen !== null) liquidity = sawPaid(liquidity, seen, edgeKey(hop.channel, hop.to));
  }
  work.state = { ...work.state, liquidity };
}
