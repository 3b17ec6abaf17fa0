import { Table } from "../table.ts";
import type { Command } from "../inputs.ts";
import type { ChannelId } from "../types.ts";
import { dropUnsigned, leaveHumbly } from "./leave.ts";
import { alignLocks, heldLaneAt, ownLaneAt } from "./lost-lanes.ts";
import type { Channel, KeptChannel, Lost, NodeState, Payment, Phase } from "./state.ts";
import { addIncoming, addOutgoing, notify, putChannel, refuse, short, type Work } from "./work.ts";

const NOTHING_PAID: Pick<Payment, "rent"> = { rent: 0n };

type Named<K extends Command["kind"]> = Extract<Command, { kind: K }>;

/** [REC-1] The first thing that a restored node does; from then on every channel of before is lost. */
export function restore(work: Work, index: number, { why, upTo, backup }: Named<"restore">): void {
  const { state } = work;
  if (state.channels.size > 0 || state.restored !== null || state.head.number > 0) {
    const message = "nothing was restored: this node has a past already; restore into a new directory";
    return refuse(work, index, { code: "not_empty", message });
  }
  const { invoices, payments, witnesses } = backup;
  work.state = {
    ...state,
    restored: { why, upTo, channels: Table.of(backup.channels.map((kept) => [kept.channel, kept])) },
    invoices: Table.of(invoices),
    // A backup of an older version knows no rent.
    payments: Table.of(payments.map(([hash, payment]) => [hash, { ...NOTHING_PAID, ...payment }])),
    secrets: Table.of(witnesses.map(([hash, secret]) => [hash, { secret, list: null }])),
  };
}

/** Whether a channel that the chain shows now was there before the mark. */
export function isBeforeMark({ restored, head }: NodeState): boolean {
  return restored !== null && head.number < restored.upTo;
}

/** [REC-1] A channel of before the mark, as far as the backup knows it. */
export function putLost(work: Work, channel: Channel): void {
  const { restored } = work.state;
  const kept = restored?.channels.get(channel.channel);
  const why = restored?.why ?? "this node lost data";
  const lost = { why, handed: false, signature: kept?.ownSignature ?? null };
  const phase = frozen(why, true);
  putChannel(work, { ...channel, phase, lost, ...(kept === undefined ? {} : lanesOf(kept)) });
  if (kept === undefined || restored === null) return;
  const channels = restored.channels.without(channel.channel);
  work.state = { ...work.state, restored: { ...restored, channels } };
  addKnownLocks(work, channel.channel, kept);
}

function lanesOf({ own, held }: KeptChannel): Partial<Pick<Channel, "own" | "held">> {
  return { own: ownLaneAt(own), ...(held === null ? {} : { held: heldLaneAt(held) }) };
}

function addKnownLocks(work: Work, id: ChannelId, { incoming, outgoing }: KeptChannel): void {
  const channel = work.state.channels.get(id);
  if (channel === undefined) return;
  for (const lock of incoming) addIncoming(work, id, lock);
  for (const lock of outgoing) addOutgoing(work, id, lock);
  alignLocks(work, work.state.channels.get(id) ?? channel);
}

export function frozen(why: string, asked: boolean): Extract<Phase, { kind: "frozen" }> {
  return { kind: "frozen", why, asked, ours: null, theirs: null, signedAt: null };
}

/** [REC-6] A peer proved that this store is not the newest: that holds for every channel in it. */
export function markAll(work: Work, why: string): void {
  const { head, restored } = work.state;
  const channels = restored?.channels ?? Table.empty<ChannelId, KeptChannel>();
  work.state = {
    ...work.state,
    restored: { why, upTo: Math.max(head.number, restored?.upTo ?? 0), channels },
  };
  for (const { channel } of [...work.state.channels.values()]) markLost(work, channel, why);
}

function markLost(work: Work, id: ChannelId, why: string): void {
  dropUnsigned(work, id);
  const channel = work.state.channels.get(id);
  if (channel?.lost !== null) return;
  const signature = channel.own.tail.at(-1)?.update.signature ?? null;
  const lost: Lost = { why, handed: false, signature };
  const isJudged = channel.phase.kind === "closing";
  putChannel(work, { ...channel, lost, phase: isJudged ? channel.phase : frozen(why, true) });
  const next =
    "nothing is signed in this channel any more; it closes when the peer has handed over its newest states";
  notify(work, { kind: "decision", channel: id, what: "freeze", why: `${why}: ${next}` });
}

export function closeHumbly(work: Work, index: number, id: ChannelId): void {
  const channel = work.state.channels.get(id);
  const not = (
    code: "unknown_channel" | "not_lost" | "channel_not_open" | "no_recovery_period",
    why: string,
  ) => refuse(work, index, { code, message: `nothing was closed: ${why}` });
  if (channel === undefined)
    return not("unknown_channel", `this node has no channel ${short(id)}; list the channels`);
  if (channel.phase.kind === "leaving" || channel.phase.kind === "closing")
    return not("channel_not_open", `channel ${short(id)} is being closed on chain already; wait for its end`);
  if (channel.lost === null)
    return not(
      "not_lost",
      `the data of channel ${short(id)} is whole; close it alone instead, which is sooner`,
    );
  if (channel.params.recoveryPeriod === 0) {
    const why = `channel ${short(id)} was opened without a recovery period, so that only its peer can close it`;
    return not("no_recovery_period", `${why}; ask the peer to close it, or to be reachable`);
  }
  leaveHumbly(work, channel);
}
