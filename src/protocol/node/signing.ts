import { makeUpdate } from "../lane-own.ts";
import { onSigned } from "./outgoing.ts";
import type { Channel } from "./state.ts";
import { ownTerms } from "./terms.ts";
import { putChannel, send, type Work } from "./work.ts";

/** One new state of our lane, if it has changes or owes an acknowledgement. */
export function signLane(work: Work, channel: Channel): void {
  const terms = ownTerms(work.ctx.domain, channel, work.state);
  const made = makeUpdate(channel.own, channel.held, terms, work.ctx);
  if (made === null) return;
  const { own, update, body, effects } = made;
  putChannel(work, { ...channel, own });
  work.signed.push({ channel: channel.channel, seq: update.seq, body });
  send(work, channel.peer, update);
  onSigned(work, channel.channel, effects);
}
