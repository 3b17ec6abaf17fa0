import type { ChainFact } from "../chain-facts.ts";
import type { Batch, Input } from "../inputs.ts";
import type { Message } from "../messages.ts";
import type { Output, Signed } from "../outputs.ts";
import type { ChannelId, NodeId } from "../types.ts";
import { onCommand } from "./commands.ts";
import { onAnswered, onClosingFact, onDeposited, onEnded, onOpened, onSettled } from "./facts.ts";
import { onPolicy } from "./gossip.ts";
import { onOpenAsk, onOpenConsent, onOpenDecline } from "./openings.ts";
import { onFail, onFulfil } from "./outgoing.ts";
import { onConnected, onDisconnected, onResume, onSeen } from "./peers.ts";
import { onRecover } from "./recovery.ts";
import { onChainRecorded, onRecorded } from "./records.ts";
import { onResize, onResizeAgreed, onResized } from "./resize.ts";
import { advanceShutdown, beginShutdown, onClosing, onStop } from "./shutdown.ts";
import { signLane } from "./signing.ts";
import type { NodeState } from "./state.ts";
import { hasResumed, isLive } from "./terms.ts";
import { onUpdate } from "./updates.ts";
import { leaveOverdue, onHead } from "./watch.ts";
import { dropMessage, notify, type Context, type Work } from "./work.ts";

export interface Step {
  readonly state: NodeState;
  /** To be performed in order, once the batch is durable [NODE-1]. */
  readonly outputs: readonly Output[];
  readonly signed: readonly Signed[];
}

/** What follows from all that arrived together: a pure function, so that the log of batches is the node. */
export function runBatch(state: NodeState, batch: Batch, ctx: Context): Step {
  const work: Work = { ctx, state, outputs: [], signed: [], touched: new Set() };
  batch.forEach((input, index) => onInput(work, index, input));
  signAll(work);
  if (batch.some((input) => input.kind === "chain" && input.fact.kind === "head")) leaveOverdue(work);
  return { state: work.state, outputs: work.outputs, signed: work.signed };
}

function onInput(work: Work, index: number, input: Input): void {
  switch (input.kind) {
    case "command":
      return onCommand(work, index, input.command);
    case "message":
      return onMessage(work, input.from, input.message);
    case "connected":
      return onConnected(work, input.peer);
    case "disconnected":
      return onDisconnected(work, input.peer);
    case "chain":
      return onFact(work, input.fact);
    case "view":
      work.state = { ...work.state, isViewStale: input.isStale };
      return;
  }
}

function onMessage(work: Work, from: NodeId, message: Message): void {
  if (isBefore(message)) return onBefore(work, from, message);
  const channel = work.state.channels.get(message.channel);
  if (channel === undefined) return;
  if (channel.peer !== from) {
    dropMessage(work, from, `${message.kind} for channel ${message.channel}, of which the sender is no end`);
    return;
  }
  switch (message.kind) {
    case "update":
      return onUpdate(work, from, message);
    case "fulfil":
      return onFulfil(work, from, message);
    case "fail":
      return onFail(work, message);
    case "seen":
      return onSeen(work, message);
    case "resume":
      return onResume(work, from, message);
    case "recover":
      return onRecover(work, from, message);
    case "shutdown":
      return beginShutdown(work, message.channel, "peer");
    case "stop":
      return onStop(work, from, message);
    case "closing":
      return onClosing(work, from, message);
    case "resize":
      return onResize(work, from, message);
    case "resizeAgreed":
      return onResizeAgreed(work, from, message);
  }
}

/** What needs no channel yet. */
type Before = Extract<Message, { kind: (typeof BEFORE)[number] }>;

const BEFORE = ["policy", "quoteAsk", "quote", "openAsk", "openConsent", "openDecline"] as const;

function isBefore(message: Message): message is Before {
  return (BEFORE as readonly string[]).includes(message.kind);
}

function onBefore(work: Work, from: NodeId, message: Before): void {
  switch (message.kind) {
    case "policy":
      return onPolicy(work, from, message.signed);
    case "quoteAsk":
      return notify(work, { ...message, kind: "quoteAsked", from });
    case "quote":
      return notify(work, { ...message, kind: "quoted", from });
    case "openAsk":
      return onOpenAsk(work, from, message);
    case "openConsent":
      return onOpenConsent(work, from, message);
    case "openDecline":
      return onOpenDecline(work, from, message);
  }
}

function onFact(work: Work, fact: ChainFact): void {
  switch (fact.kind) {
    case "opened":
      return onOpened(work, fact);
    case "deposited":
      return onDeposited(work, fact);
    case "resized":
      return onResized(work, fact);
    case "closing":
      return onClosingFact(work, fact);
    case "answered":
      return onAnswered(work, fact);
    case "settled":
      return onSettled(work, fact);
    case "ended":
      return onEnded(work, fact);
    case "recorded":
      return onRecorded(work, fact);
    case "chainRecorded":
      return onChainRecorded(work, fact);
    case "head":
      return onHead(work, fact);
  }
}

/** One new state for every lane that has changes or owes an acknowledgement (section 3.4). */
function signAll(work: Work): void {
  for (const id of work.touched) {
    sign(work, id);
    advanceShutdown(work, id);
  }
}

function sign(work: Work, id: ChannelId): void {
  const channel = work.state.channels.get(id);
  if (channel !== undefined && isLive(channel) && hasResumed(work.state, channel)) signLane(work, channel);
}
