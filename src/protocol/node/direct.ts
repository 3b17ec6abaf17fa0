import { checkAmount } from "../checked.ts";
import type { Command } from "../inputs.ts";
import { enqueue } from "../lane-own.ts";
import type { Refusal } from "../outputs.ts";
import type { Amount, ChannelId } from "../types.ts";
import { freeIn, isUsable } from "./terms.ts";
import { refuse, short, updateChannel, type Work } from "./work.ts";

type Named<K extends Command["kind"]> = Extract<Command, { kind: K }>;

/** Pays the neighbour without a lock; goes out when it is connected. */
export function payDirect(work: Work, index: number, { channel: id, amount, tag }: Named<"payDirect">): void {
  const refused = whyNotDirect(work, id, amount);
  if (refused !== null) return refuse(work, index, refused);
  updateChannel(work, id, (channel) => ({
    ...channel,
    own: enqueue(channel.own, { kind: "pay", amount, tag }),
  }));
}

function whyNotDirect({ ctx, state }: Work, id: ChannelId, amount: Amount): Refusal | null {
  const not = (code: Refusal["code"], why: string): Refusal => ({
    code,
    message: `nothing was paid: ${why}`,
  });
  const channel = state.channels.get(id);
  if (channel === undefined)
    return not("unknown_channel", `this node has no channel ${short(id)}; list the channels`);
  if (channel.phase.kind === "frozen")
    return not("channel_frozen", `channel ${short(id)} is frozen: ${channel.phase.why}`);
  if (!isUsable(channel)) {
    const why =
      channel.phase.kind === "open"
        ? "the peer has not confirmed the deposits yet; connect to it"
        : "it is being closed";
    return not("channel_not_open", `channel ${short(id)} cannot be used: ${why}`);
  }
  const checked = checkAmount(amount);
  if (!checked.ok) return not("bad_amount", checked.problem);
  const { free } = freeIn(ctx.domain, state, channel);
  if (amount <= free) return null;
  const why = `channel ${short(id)} has ${free} free, ${amount - free} less than ${amount}`;
  return not("not_enough_balance", `${why}; deposit more, or receive a payment first`);
}
