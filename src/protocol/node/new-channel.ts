import type { ChainFact } from "../chain-facts.ts";
import { otherSide, signerOf } from "../identity.ts";
import { newHeldLane, newOwnLane, reserveOf } from "../lane.ts";
import type { Side } from "../types.ts";
import type { Channel } from "./state.ts";

type Opened = Pick<
  Extract<ChainFact, { kind: "opened" }>,
  "channel" | "params" | "paramsId" | "life" | "deposits"
>;

/** A channel in which nothing was signed yet. */
export function newChannel({ channel, params, paramsId, life, deposits }: Opened, side: Side): Channel {
  const theirs = otherSide(side);
  const reserve = reserveOf(deposits);
  return {
    channel,
    params,
    paramsId,
    life,
    side,
    peer: signerOf(params, theirs),
    opened: deposits,
    deposits,
    peerSeen: null,
    resizes: 0,
    resize: null,
    own: newOwnLane({ reserve, reserveBasis: deposits[side] }),
    held: newHeldLane({ reserve, reserveBasis: deposits[theirs] }),
    waitingSince: null,
    overdueSince: null,
    incoming: [],
    outgoing: [],
    phase: { kind: "open" },
    lost: null,
  };
}
