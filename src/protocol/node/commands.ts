import type { Command } from "../inputs.ts";
import type { Refusal } from "../outputs.ts";
import type { ChannelId } from "../types.ts";
import { setPolicy } from "./gossip.ts";
import { leave } from "./leave.ts";
import { payDirect } from "./direct.ts";
import { heedTower } from "./heed-tower.ts";
import { cancelInvoice, createHoldInvoice, createInvoice, settleInvoice } from "./invoices.ts";
import { answerOpening, proposeOpening } from "./openings.ts";
import { payInvoice, paySpontaneously } from "./payments.ts";
import { withdrawFrom } from "./resize.ts";
import { beginShutdown } from "./shutdown.ts";
import { closeHumbly, restore } from "./restore.ts";
import { refuse, send, short, type Work } from "./work.ts";

/** `index`: position in its batch, by which the caller knows the answer. */
export function onCommand(work: Work, index: number, command: Command): void {
  switch (command.kind) {
    case "createInvoice":
      return createInvoice(work, index, command);
    case "createHoldInvoice":
      return createHoldInvoice(work, index, command);
    case "settleInvoice":
      return settleInvoice(work, index, command);
    case "cancelInvoice":
      return cancelInvoice(work, index, command);
    case "paySpontaneously":
      return paySpontaneously(work, index, command);
    case "payInvoice":
      return payInvoice(work, index, command);
    case "payDirect":
      return payDirect(work, index, command);
    case "withdraw":
      return withdrawFrom(work, index, command);
    case "proposeOpening":
      return proposeOpening(work, index, command);
    case "answerOpening":
      return answerOpening(work, index, command);
    case "say":
      return send(work, command.to, command.message);
    case "setPolicy":
      return setPolicy(work, index, command);
    case "closeCooperatively":
    case "closeAlone":
      return close(work, index, command.channel, command.kind);
    case "closeHumbly":
      return closeHumbly(work, index, command.channel);
    case "heedTower":
      return heedTower(work, index, command);
    case "restore":
      return restore(work, index, command);
  }
}

function close(work: Work, index: number, id: ChannelId, how: "closeCooperatively" | "closeAlone"): void {
  const refused = whyNotClose(work, id, how);
  if (refused !== null) return refuse(work, index, refused);
  if (how === "closeAlone") return leave(work, id, "asked for by the owner");
  beginShutdown(work, id, "us");
}

function whyNotClose(
  { state }: Work,
  id: ChannelId,
  how: "closeCooperatively" | "closeAlone",
): Refusal | null {
  const not = (code: Refusal["code"], why: string): Refusal => ({
    code,
    message: `nothing was closed: ${why}`,
  });
  const channel = state.channels.get(id);
  if (channel === undefined)
    return not("unknown_channel", `this node has no channel ${short(id)}; list the channels`);
  const { phase } = channel;
  switch (phase.kind) {
    case "open":
    case "shutdown":
    case "stopped":
      return null;
    case "frozen":
      if (channel.lost === null) {
        return how === "closeAlone"
          ? null
          : not("channel_frozen", `channel ${short(id)} is being closed by agreement already; ${phase.why}`);
      }
      return not(
        "channel_frozen",
        `${phase.why}; channel ${short(id)} closes when the peer has handed over its newest states; if that is ` +
          "silent for good, close humbly",
      );
    case "leaving":
    case "closing":
      return not(
        "channel_not_open",
        `channel ${short(id)} is being closed on chain already; wait for its end`,
      );
  }
}
