import { otherSide } from "../protocol/identity.ts";
import type { Channel, NodeState } from "../protocol/node/state.ts";
import { freeIn, isUsable } from "../protocol/node/terms.ts";
import type {
  Address,
  Amount,
  ChannelId,
  Deposits,
  Domain,
  NodeId,
  Params,
  Policy,
  Side,
  UnixSeconds,
} from "../protocol/types.ts";

/** A channel as its owner sees it; amounts in base units of the token. */
export interface ChannelView {
  readonly channel: ChannelId;
  readonly peer: NodeId;
  readonly params: Params;
  /** How often these Params were opened. */
  readonly life: number;
  /** Ours. */
  readonly side: Side;
  readonly connected: boolean;
  /** The zero address is ETH. */
  readonly token: Address;
  /** `opening` until both sides have seen the deposits final. */
  readonly status: "opening" | "usable" | Exclude<Channel["phase"]["kind"], "open">;
  /** Null unless one side lost data; see {@link Recovery}. */
  readonly recovery: Recovery | null;
  /** Until when a close can be answered; null unless it is closing. */
  readonly deadline: UnixSeconds | null;
  /** As the chain counts them; ours and theirs. */
  readonly deposits: Sides;
  /** What each side would have now if nothing more were paid, without what is locked. */
  readonly balance: Sides;
  /** Payments under way: `ours` are paid by us. */
  readonly locked: Sides;
  /** How many of them are paid to us. */
  readonly locksIn: number;
  /** What we could pay now: the balance less the reserve and what waits to be signed. */
  readonly spendable: Amount;
  /** Agreements that changed the deposits. */
  readonly resizes: number;
  /** One that we asked for is signed, and neither final nor expired. */
  readonly withdrawing: boolean;
}

/**
 * Where a channel stands in which one side lost data [REC-2..7]: we wait for the peer's newest states, both wait until
 * locks are decided, or the end that both sign is under way; or we help the peer.
 */
export type Recovery = "waits_for_peer" | "waits_for_locks" | "closing" | "helps_peer";

export interface Sides {
  readonly ours: bigint;
  readonly theirs: bigint;
}

/** Channels that have not ended on chain. */
export function viewChannels(domain: Domain, state: NodeState): readonly ChannelView[] {
  return [...state.channels.values()].map((channel) => viewChannel(domain, state, channel));
}

function viewChannel(domain: Domain, state: NodeState, channel: Channel): ChannelView {
  const { own, held, phase, peer, params, life, side } = channel;
  const deposits = sidesOf(channel.deposits, side);
  const locked = { ours: own.locked, theirs: held.locked };
  const transfer = held.newest.sent - own.newest.sent;
  return {
    channel: channel.channel,
    peer,
    params,
    life,
    side,
    connected: state.connected.has(peer),
    token: params.token,
    recovery: recoveryOf(channel),
    deadline: phase.kind === "closing" ? phase.deadline : null,
    status: phase.kind === "open" ? (isUsable(channel) ? "usable" : "opening") : phase.kind,
    deposits,
    balance: {
      ours: deposits.ours + transfer - locked.ours,
      theirs: deposits.theirs - transfer - locked.theirs,
    },
    locked,
    locksIn: held.newest.locks.length,
    resizes: channel.resizes,
    withdrawing: channel.resize?.by === "us",
    spendable: isUsable(channel) ? freeIn(domain, state, channel).free : 0n,
  };
}

function recoveryOf({ phase, lost }: Channel): Recovery | null {
  if (lost !== null && phase.kind !== "frozen") return "closing";
  if (phase.kind !== "frozen") return null;
  if (lost === null) return "helps_peer";
  if (!lost.handed) return "waits_for_peer";
  return phase.ours === null ? "waits_for_locks" : "closing";
}

function sidesOf(deposits: Deposits, side: Channel["side"]): Sides {
  return { ours: deposits[side], theirs: deposits[otherSide(side)] };
}

/** The newest policy of each end of each channel that is known. */
export function viewPolicies({ graph }: NodeState): readonly Policy[] {
  return [...graph.edges.values()].flatMap(({ policyA, policyB }) =>
    [policyA, policyB].filter((signed) => signed !== null).map(({ policy }) => policy),
  );
}
