import type { Hex } from "../../src/protocol/types.ts";
import { postedRoot } from "./locks.ts";
import { bodyOf, digestOf, laneDigest, NO_SIGNATURE, recordValue } from "./messages.ts";
import {
  idsOf,
  type Ids,
  type Named,
  requireBefore,
  requireClosing,
  requireInTime,
  requireOpen,
  requireRecord,
  requireSide,
  requireSigner,
} from "./rules.ts";
import { type Closing, INITIAL_LANE, type LaneState, sameLane } from "./state.ts";
import { push } from "./vault.ts";
import { Refusal } from "./refusal.ts";
import type { Message, World } from "./world.ts";
import { recover, ZERO_ADDRESS, ZERO_WORD } from "./words.ts";

/** Closing alone and answering. */

export interface Closure extends Named {
  readonly own: LaneState;
  readonly theirs: LaneState;
  readonly signature: Hex;
  readonly ownLocks: Uint8Array;
}

export interface Intent {
  readonly humble: boolean;
  readonly validUntil: bigint;
  /** All zero: the caller is the closer. */
  readonly signature: Hex;
}

export interface Answering extends Named {
  readonly record: Closing;
  readonly state: LaneState;
  readonly signature: Hex;
}

interface Reward {
  readonly tower: Hex;
  readonly reward: bigint;
}

type Deposits = Pick<Closing, "depositA" | "depositB">;

export function close(world: World, message: Message, call: Closure): void {
  const ids = idsOf(world, call);
  const phase = requireOpen(world, ids.paramsId, call.life);
  begin(world, call, ids, phase, requireSide(call.params, message.sender), false);
}

export function closeFor(
  world: World,
  message: Message,
  call: Closure & { readonly record: Closing; readonly intent: Intent },
): void {
  const { params, life, record, intent } = call;
  const ids = idsOf(world, call);
  const closer = closerOf(world, message, call, ids.channel);
  const { phase, life: now } = world.channelAt(ids.paramsId);
  let deposits: Deposits;
  if (phase.kind === "closing" && now === life) {
    requireRecord(record, phase);
    const isOfOther = record.closerIsB === (closer === "A");
    if (!record.humble || intent.humble || !isOfOther) throw new Refusal("NotReplaceable");
    requireBefore(world, phase.deadline);
    deposits = record;
  } else {
    deposits = requireOpen(world, ids.paramsId, life);
  }
  if (intent.humble && params.recoveryPeriod === 0n) throw new Refusal("NoRecoveryPeriod");
  begin(world, call, ids, deposits, closer, intent.humble);
}

/** [CL-1] The caller, or who signed the intent. */
function closerOf(
  world: World,
  message: Message,
  { params, own, theirs, intent }: Closure & { readonly intent: Intent },
  channel: Hex,
): "A" | "B" {
  if (intent.signature === NO_SIGNATURE) return requireSide(params, message.sender);
  requireInTime(world, intent.validUntil);
  const states = [own.seq, bodyOf(own), theirs.seq, bodyOf(theirs)];
  const fields = [channel, ...states, intent.humble, intent.validUntil];
  const signer = recover(digestOf(world.setting, "closeIntent", ...fields), intent.signature);
  if (signer === params.signerA) return "A";
  if (signer === params.signerB) return "B";
  throw new Refusal("NotParticipant", signer);
}

function begin(
  world: World,
  { params, life, own, theirs, signature, ownLocks }: Closure,
  { paramsId, channel }: Ids,
  { depositA, depositB }: Deposits,
  closer: "A" | "B",
  humble: boolean,
): void {
  requireConsistent(own, theirs);
  if (theirs.seq !== 0n) {
    const signer = closer === "A" ? params.signerB : params.signerA;
    requireSigner(signer, laneDigest(world.setting, channel, theirs), signature);
  }
  const root = postedRoot(ownLocks);
  if (root !== own.locksRoot) throw new Refusal("WrongLocks", own.locksRoot, root);
  const record: Closing = {
    depositA,
    depositB,
    closerIsB: closer === "B",
    humble,
    theirsShown: false,
    answeredShown: false,
    spare: 0n,
    paidA: 0n,
    paidB: 0n,
    own,
    // [CL-7] A humble closer gives up what it was to receive on a condition.
    theirs: humble ? { ...theirs, locksRoot: ZERO_WORD } : theirs,
    answered: INITIAL_LANE,
  };
  const deadline = world.now + (humble ? params.recoveryPeriod : params.challengePeriod);
  world.channels.set(paramsId, { life, phase: { kind: "closing", deadline, record } });
  world.emit("CloseStarted", channel, deadline, recordValue(record), ownLocks);
}

/** [CL-2] */
function requireConsistent(own: LaneState, theirs: LaneState): void {
  for (const state of [own, theirs]) {
    if (state.seq === 0n && !sameLane(state, INITIAL_LANE)) throw new Refusal("BadInitialState");
  }
  if (theirs.seq < own.ack) throw new Refusal("StaleTheirs", theirs.seq, own.ack);
  if (theirs.ack > own.seq) throw new Refusal("StaleOwn", own.seq, theirs.ack);
}

export function answer(world: World, message: Message, call: Answering): void {
  const closer = call.record.closerIsB ? "B" : "A";
  if (requireSide(call.params, message.sender) === closer) {
    throw new Refusal("NotParticipant", message.sender);
  }
  judge(world, message, call, { tower: ZERO_ADDRESS, reward: 0n });
}

export function answerFor(
  world: World,
  message: Message,
  call: Answering & Reward & { readonly consent: Hex },
): void {
  const { params, record, state, tower, reward, consent } = call;
  const { channel } = idsOf(world, call);
  const digest = digestOf(world.setting, "answer", channel, state.seq, bodyOf(state), tower, reward);
  requireSigner(record.closerIsB ? params.signerA : params.signerB, digest, consent);
  judge(world, message, call, call);
}

/** [CL-5] */
function judge(world: World, message: Message, call: Answering, reward: Reward): void {
  const { params, life, record, state, signature } = call;
  const ids = idsOf(world, call);
  const phase = requireClosing(world, ids.paramsId, life);
  requireRecord(record, phase);
  requireBefore(world, phase.deadline);
  if (state.seq === 0n) throw new Refusal("UselessAnswer", 0n, 1n);
  const closer = record.closerIsB ? params.signerB : params.signerA;
  requireSigner(closer, laneDigest(world.setting, ids.channel, state), signature);
  if (!record.humble && contradicts(state, record.own)) {
    convict(world, message, call, ids, reward);
    return;
  }
  const above = record.answered.seq + 1n;
  const lowest = record.theirs.ack > above ? record.theirs.ack : above;
  if (state.seq < lowest || sameLane(state, record.own)) {
    throw new Refusal("UselessAnswer", state.seq, lowest);
  }
  const answered: Closing = { ...record, answered: state };
  world.channels.set(ids.paramsId, { life, phase: { ...phase, record: answered } });
  world.emit("Answered", ids.channel, recordValue(answered));
}

function contradicts(shown: LaneState, declared: LaneState): boolean {
  if (shown.seq > declared.seq) return true;
  if (shown.seq === declared.seq) return !sameLane(shown, declared);
  return shown.sent > declared.sent || shown.ack > declared.ack;
}

/** [CL-6] */
function convict(
  world: World,
  message: Message,
  { params, life, record }: Answering,
  { paramsId, channel }: Ids,
  { tower, reward }: Reward,
): void {
  const total = record.depositA + record.depositB;
  const most = tower === ZERO_ADDRESS ? 0n : total / 100n;
  const paid = reward < most ? reward : most;
  world.channels.set(paramsId, { life, phase: { kind: "ended" } });
  world.emit("Convicted", channel, record.closerIsB, total - paid, tower, paid);
  push(world, message, params.token, record.closerIsB ? params.ownerA : params.ownerB, total - paid);
  push(world, message, params.token, tower, paid);
}
