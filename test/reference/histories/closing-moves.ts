import type { Hex } from "../../../src/protocol/types.ts";
import { bodyOf, digestOf, laneDigest, NO_SIGNATURE } from "../messages.ts";
import type { Closing, LaneState } from "../state.ts";
import type { Closure, Intent } from "../closing.ts";
import { flawed, lockOf, newest, remember, twisted } from "./lanes.ts";
import type { Move, Plan, Scene } from "./scene.ts";

/** Closing alone, and answering. */

type Side = "A" | "B";

/** Of 512 and 513, and as many of the weight of chain locks. */
const MANY = [512, 513] as const;

function other(side: Side): Side {
  return side === "A" ? "B" : "A";
}

/** A state of a side: the newest, an older one, or one that contradicts. */
function stateOf(scene: Scene, plan: Plan, life: bigint, side: Side, newestPercent: number): LaneState {
  const { dice, secrets, lists, world } = scene;
  const lane = scene.lanesOf(plan, life)[side];
  const state = dice.chance(newestPercent) ? newest(lane) : dice.pick(lane);
  return scene.bad() ? twisted(dice, secrets, world.now, state, lists) : state;
}

function closureOf(scene: Scene, plan: Plan, side: Side): Closure {
  const { dice, lists } = scene;
  const life = scene.lifeIn(scene.channelOf(plan).life);
  let own = stateOf(scene, plan, life, side, 65);
  if (dice.below(400) === 0) own = { ...own, seq: own.seq + 1n, locksRoot: rememberMany(scene) };
  const theirs = stateOf(scene, plan, life, other(side), 80);
  const digest = laneDigest(scene.world.setting, scene.channelIdOf(plan, life), theirs);
  const signature = scene.sign(plan[other(side)].signer, digest);
  const list = lists.get(own.locksRoot) ?? new Uint8Array();
  const ownLocks = scene.bad() && dice.chance(50) ? flawed(dice, list) : list;
  return { params: plan.params, life, own, theirs, signature, ownLocks };
}

/** As many locks as a lane may carry, or one more [LOCK-3]. */
function rememberMany(scene: Scene): Hex {
  const { dice, lists, secrets, world } = scene;
  const kind = dice.pick(["hash", "chain"]);
  const weight = dice.pick(MANY);
  let lock = lockOf(dice, secrets, world.now, 10n);
  while (lock.kind !== kind) lock = lockOf(dice, secrets, world.now, 10n);
  const count = kind === "hash" ? weight : Math.ceil(weight / 4);
  return remember(lists, new Array<typeof lock>(count).fill(lock));
}

export function close(scene: Scene, plan: Plan): Move {
  const side = scene.dice.chance(50) ? "A" : "B";
  const message = scene.message(scene.eitherOf(plan[side]));
  return { message, call: { kind: "close", ...closureOf(scene, plan, side) } };
}

/** Of an open channel, or in place of a humble close. */
export function closeFor(scene: Scene, plan: Plan): Move {
  const { dice } = scene;
  const { phase } = scene.channelOf(plan);
  const isOver = phase.kind === "closing";
  const closer = isOver && phase.record.closerIsB ? "B" : "A";
  const side = isOver && !dice.chance(15) ? other(closer) : dice.pick(["A", "B"] as const);
  const closure = closureOf(scene, plan, side);
  const canBeHumble = plan.params.recoveryPeriod > 0n && !isOver;
  const humble = canBeHumble !== scene.bad() && dice.chance(60);
  const isByItself = dice.chance(40);
  const intent = intentOf(scene, plan, closure, side, humble, isByItself);
  const sender = isByItself ? scene.eitherOf(plan[side]) : scene.cast.stranger;
  const record = scene.recordOf(plan);
  return { message: scene.message(sender), call: { kind: "closeFor", ...closure, record, intent } };
}

function intentOf(
  scene: Scene,
  plan: Plan,
  { life, own, theirs }: Closure,
  side: Side,
  humble: boolean,
  isByItself: boolean,
): Intent {
  if (isByItself) return { humble, validUntil: 0n, signature: NO_SIGNATURE };
  const validUntil = scene.validUntil();
  const channel = scene.channelIdOf(plan, life);
  const states = [own.seq, bodyOf(own), theirs.seq, bodyOf(theirs)];
  const said = scene.bad() ? !humble : humble;
  const digest = digestOf(scene.world.setting, "closeIntent", channel, ...states, said, validUntil);
  return { humble, validUntil, signature: scene.sign(plan[side].signer, digest) };
}

export function answer(scene: Scene, plan: Plan): Move {
  const { dice, world } = scene;
  const life = scene.lifeIn(scene.channelOf(plan).life);
  const record = scene.recordOf(plan);
  const closer = record.closerIsB ? "B" : "A";
  const state = answerOf(scene, plan, life, closer, record);
  const channel = scene.channelIdOf(plan, life);
  const signature = scene.sign(plan[closer].signer, laneDigest(world.setting, channel, state));
  const answering = { params: plan.params, life, record, state, signature };
  if (dice.chance(55)) {
    const message = scene.message(scene.eitherOf(plan[other(closer)]));
    return { message, call: { kind: "answer", ...answering } };
  }
  const total = record.depositA + record.depositB;
  const reward = dice.chance(50) ? total / 100n + BigInt(dice.below(3)) : dice.amount(plan.size);
  const tower = dice.chance(80) ? scene.cast.tower : (`0x${"00".repeat(20)}` as const);
  const fields = [channel, state.seq, bodyOf(state), tower, reward];
  const consent = scene.sign(plan[other(closer)].signer, digestOf(world.setting, "answer", ...fields));
  return {
    message: scene.message(scene.cast.stranger),
    call: { kind: "answerFor", ...answering, tower, reward, consent },
  };
}

/** Often one that counts beside the declared state, which honest lanes seldom have. */
function answerOf(scene: Scene, plan: Plan, life: bigint, closer: Side, { own, theirs }: Closing): LaneState {
  const { dice, lists, secrets, world } = scene;
  if (dice.chance(45)) return stateOf(scene, plan, life, closer, 30);
  const lowest = theirs.ack > 0n ? theirs.ack : 1n;
  const seq = dice.chance(80) ? lowest + dice.amount(own.seq > lowest ? own.seq - lowest : 0n) : own.seq + 1n;
  const most = own.sent < plan.size ? own.sent : plan.size;
  const sent = dice.chance(60) ? own.sent : own.sent - dice.amount(most);
  const locks = Array.from({ length: dice.below(4) }, () => lockOf(dice, secrets, world.now, plan.size / 2n));
  // An older state may show no newer ack.
  const ack = dice.chance(8) ? own.ack + 1n : dice.amount(own.ack);
  return { seq, ack, sent, locksRoot: remember(lists, locks) };
}
