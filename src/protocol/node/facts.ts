import type { ChainFact } from "../chain-facts.ts";
import { withCapacity, withChannel, withoutChannel } from "../graph.ts";
import { sideOf, signerOf, otherSide, ownerOf } from "../identity.ts";
import { LEAST_BOUGHT_SALT } from "../liquidity-terms.ts";
import type { ChannelId, Lock } from "../types.ts";
import { endUnpaid } from "./claims.ts";
import { answerIfUseful } from "./closing.ts";
import { listOfAnswer, listsAfterSettle, listsOfClose } from "./judged.ts";
import { tellEarly } from "./gossip.ts";
import { dropUnsigned } from "./leave.ts";
import { newChannel } from "./new-channel.ts";
import { beginAgreed, forgetOpening } from "./openings.ts";
import { greet } from "./peers.ts";
import { isBeforeMark, putLost } from "./restore.ts";
import type { KnownLists } from "./state.ts";
import { countedDeposits, fateOf, leastChallengePeriod } from "./terms.ts";
import { endIncoming } from "./updates.ts";
import { dropMessage, notify, putChannel, removeOutgoing, send, type Work } from "./work.ts";

type Fact<K extends ChainFact["kind"]> = Extract<ChainFact, { kind: K }>;

export function onOpened(work: Work, fact: Fact<"opened">): void {
  const { config } = work.state;
  const side = sideOf(fact.params, config.self);
  const graph = withChannel(work.state.graph, fact, side === null ? "of others" : "ours");
  work.state = { ...work.state, graph };
  tellEarly(work, fact.channel);
  if (side === null) return;
  const owner = ownerOf(fact.params, side);
  if (config.owner !== undefined && owner !== config.owner) {
    const why = `channel ${fact.channel}, which would pay our side to ${owner}, not to our owner ${config.owner}`;
    dropMessage(work, signerOf(fact.params, otherSide(side)), why);
    return;
  }
  const least = leastChallengePeriod(config.claimTime);
  if (fact.params.challengePeriod < least) {
    const why =
      `channel ${fact.channel}, whose challenge period of ${fact.params.challengePeriod} s is shorter than the ` +
      `${least} s that this node needs to answer a close`;
    dropMessage(work, signerOf(fact.params, otherSide(side)), why);
    return;
  }
  if (work.state.openings.has(fact.channel)) return beginAgreed(work, fact.channel, fact.deposits);
  const channel = newChannel(fact, side);
  if (isBeforeMark(work.state) || isForgottenBuy(work, fact)) putLost(work, channel);
  else putChannel(work, channel);
  notify(work, { kind: "channelOpen", channel: fact.channel, peer: channel.peer });
  greet(work, work.state.channels.get(fact.channel) ?? channel);
}

/**
 * [REC-1] A bought channel whose opening our store does not know: we may have signed the fee before we lost data, and
 * would sign its number again.
 */
function isForgottenBuy({ state }: Work, { params }: Fact<"opened">): boolean {
  return state.restored !== null && params.salt >= LEAST_BOUGHT_SALT;
}

export function onDeposited(work: Work, { channel: id, deposits }: Fact<"deposited">): void {
  work.state = { ...work.state, graph: withCapacity(work.state.graph, id, deposits) };
  const channel = work.state.channels.get(id);
  if (channel === undefined) return beginAgreed(work, id, deposits);
  const now = { ...channel, deposits };
  putChannel(work, now);
  send(work, channel.peer, { kind: "seen", channel: id, deposits: countedDeposits(now) });
}

/** The chain has begun to judge. */
export function onClosingFact(work: Work, fact: Fact<"closing">): void {
  work.state = { ...work.state, graph: withoutChannel(work.state.graph, fact.channel) };
  const channel = work.state.channels.get(fact.channel);
  if (channel === undefined) return;
  dropUnsigned(work, fact.channel);
  const now = work.state.channels.get(fact.channel) ?? channel;
  const { record, deadline } = fact;
  const lists = listsOfClose(work.ctx.crypto, now, fact);
  putChannel(work, { ...now, phase: { kind: "closing", record, deadline, lists, announced: [] } });
  if (record.closer !== channel.side) endGivenUp(work, fact.channel, lists);
  answerIfUseful(work, fact.channel);
}

/** Locks of ours that the peer did not declare can never be won in this channel: only a closer's lane is answered. */
function endGivenUp(work: Work, id: ChannelId, { theirs }: KnownLists): void {
  const channel = work.state.channels.get(id);
  if (channel === undefined || theirs === null) return;
  const declared = new Set(theirs.map((lock) => lock.id));
  for (const out of channel.outgoing) if (!declared.has(out.id)) endUnpaid(work, id, out, "peer_offline");
}

export function onAnswered(work: Work, { channel: id, record }: Fact<"answered">): void {
  const channel = work.state.channels.get(id);
  if (channel?.phase.kind !== "closing") return;
  const answered = listOfAnswer(work.ctx.crypto, channel, record);
  putChannel(work, {
    ...channel,
    phase: { ...channel.phase, record, lists: { ...channel.phase.lists, answered } },
  });
  answerIfUseful(work, id);
}

export function onSettled(work: Work, fact: Fact<"settled">): void {
  const channel = work.state.channels.get(fact.channel);
  if (channel?.phase.kind !== "closing") return;
  const lists = listsAfterSettle(work.ctx.crypto, channel.phase.lists, fact);
  putChannel(work, { ...channel, phase: { ...channel.phase, record: fact.record, lists } });
}

/** Everything is paid: what is left of our locks is what the chain has made of them. */
export function onEnded(work: Work, { channel: id, paid, how }: Fact<"ended">): void {
  work.state = { ...work.state, graph: withoutChannel(work.state.graph, id) };
  forgetOpening(work, id);
  const channel = work.state.channels.get(id);
  if (channel === undefined) return;
  for (const incoming of channel.incoming) {
    endIncoming(work, id, incoming, how === "settled" && isWon(work, incoming.lock));
  }
  endOutgoing(work, id, how);
  work.state = { ...work.state, channels: work.state.channels.without(id) };
  notify(work, { kind: "channelEnded", channel: id, how, received: paid[channel.side] });
}

function isWon({ state }: Work, lock: Lock): boolean {
  const mayBePaid = lock.kind === "chain" || state.secrets.has(lock.hash);
  return mayBePaid && fateOf(state, lock) === "recorded";
}

function endOutgoing(work: Work, id: ChannelId, how: Fact<"ended">["how"]): void {
  for (const out of work.state.channels.get(id)?.outgoing ?? []) {
    const { hash, amount } = out.lock;
    if (out.won) {
      removeOutgoing(work, id, out);
    } else if (how === "settled" && fateOf(work.state, out.lock) === "recorded") {
      notify(work, { kind: "lockWon", channel: id, direction: "out", hash, amount });
      removeOutgoing(work, id, out);
    } else {
      endUnpaid(work, id, out, "peer_offline");
    }
  }
}
