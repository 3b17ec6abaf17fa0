import { ZERO_WORD } from "../checked.ts";
import { answerDigest, laneDigest } from "../eip712.ts";
import type { Command } from "../inputs.ts";
import { bodyOf } from "../locks.ts";
import type { ChannelId, LaneHead } from "../types.ts";
import { adopt, heldLaneAt } from "./lost-lanes.ts";
import { onProofOfLoss, sendRecover } from "./recovery.ts";
import type { Channel } from "./state.ts";
import { refuse, short, updateChannel, type Work } from "./work.ts";

type HeedTower = Extract<Command, { kind: "heedTower" }>;

/**
 * [TOWER-4] What a tower gave back: the peer's signature, and ours on the `Answer`, which we gave to what we had
 * accepted. A state beyond what this store knows proves that it lost data, as a peer's proof does [REC-6].
 */
export function heedTower(work: Work, index: number, command: HeedTower): void {
  const { channel: id, state } = command;
  const channel = work.state.channels.get(id);
  if (channel === undefined) {
    const message = `nothing was heeded: this node has no channel ${short(id)}; list the channels`;
    return refuse(work, index, { code: "unknown_channel", message });
  }
  const problem = whyNotOurs(work, channel, command);
  if (problem !== null) {
    const message = `nothing was heeded: ${problem}; remove the tower if it goes on`;
    return refuse(work, index, { code: "tower_record_wrong", message });
  }
  if (!isNews(channel, state)) return;
  if (channel.lost === null) {
    const why = `a tower holds state ${state.seq} of the peer's lane, which we had accepted, and this store knows`;
    onProofOfLoss(work, `${why} ${channel.held.newest.seq}`);
  }
  remember(work, id, command);
}

function whyNotOurs(
  { ctx: { crypto, domain }, state: { config } }: Work,
  { channel, peer }: Channel,
  { state, signature, tower, reward, consent }: HeedTower,
): string | null {
  const { seq } = state;
  const body = bodyOf(crypto, state);
  if (seq === 0 || crypto.recover(laneDigest(crypto, domain, channel, seq, body), signature) !== peer)
    return `state ${seq} of the peer's lane is not signed by ${peer}`;
  const answer = answerDigest(crypto, domain, { channel, seq, body, tower, reward });
  return crypto.recover(answer, consent) === config.self
    ? null
    : `the Answer of state ${seq} for tower ${tower} is not signed by ${config.self}`;
}

/** Of either lane: the peer acknowledges no state of ours that we did not sign. */
function isNews({ own, held, lost }: Channel, { seq, ack }: LaneHead): boolean {
  const known = lost?.tower ?? null;
  if (known !== null && seq <= known.seq) return false;
  return seq > held.newest.seq || ack > own.newest.seq;
}

/**
 * [REC-4] The peer must show that state, or a later one. Where its list is empty and it acknowledges nothing that is
 * hidden, it is known as a whole, and can be declared by a humble close.
 */
function remember(work: Work, id: ChannelId, { state, signature }: HeedTower): void {
  const channel = work.state.channels.get(id);
  if (
    channel === undefined ||
    channel.lost === null ||
    channel.phase.kind !== "frozen" ||
    channel.phase.ours !== null
  )
    return;
  const lost = { ...channel.lost, handed: false, tower: state };
  updateChannel(work, id, (now) => ({ ...now, lost }));
  const { own, held } = channel;
  if (state.locksRoot === ZERO_WORD && state.seq > held.newest.seq && state.ack <= own.newest.seq) {
    const { seq, sent, ack } = state;
    adopt(work, id, own, heldLaneAt({ state: { seq, sent, ack, locks: [] }, signature }));
  }
  const now = work.state.channels.get(id);
  // What the peer had handed over before was not the newest.
  if (channel.lost.handed && now !== undefined) sendRecover(work, now);
}
