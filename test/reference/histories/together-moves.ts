import type { Hex } from "../../../src/protocol/types.ts";
import type { Ending, OneSignature } from "../cooperation.ts";
import { digestOf } from "../messages.ts";
import type { Move, Plan, Scene } from "./scene.ts";

/** What both sides agree on: resizing, ending. */

interface Deposits {
  readonly depositA: bigint;
  readonly depositB: bigint;
}

function depositsOf(scene: Scene, plan: Plan): Deposits {
  const { phase } = scene.channelOf(plan);
  if (phase.kind === "open") return phase;
  if (phase.kind === "closing") return phase.record;
  return { depositA: plan.size, depositB: plan.size };
}

export function resize(scene: Scene, plan: Plan): Move {
  const { dice } = scene;
  const { phase, life } = scene.channelOf(plan);
  const count = phase.kind === "open" ? phase.resizes : 0n;
  const changes = changesOf(scene, depositsOf(scene, plan));
  const validUntil = scene.validUntil();
  const named = { params: plan.params, life: scene.lifeIn(life) };
  const channel = scene.channelIdOf(plan, named.life);
  const turn = scene.bad() ? count + 1n : count;
  const fields = [channel, turn, changes.changeA, changes.changeB, validUntil];
  const digest = digestOf(scene.world.setting, "resize", ...fields);
  const by = agreed(scene, plan, digest);
  if (dice.chance(60)) {
    return { message: by.message, call: { kind: "resize", ...named, ...changes, validUntil, ...by.one } };
  }
  return {
    message: scene.message(scene.cast.stranger),
    call: { kind: "resizeFor", ...named, ...changes, validUntil, ...by.both },
  };
}

function changesOf(
  scene: Scene,
  { depositA, depositB }: Deposits,
): { readonly changeA: bigint; readonly changeB: bigint } {
  const { dice } = scene;
  const total = depositA + depositB;
  if (scene.bad()) {
    const any = [total + 1n, -total - 1n, 1n, 2n ** 95n, -(2n ** 95n), 2n ** 95n - 1n, -(2n ** 255n)];
    return { changeA: dice.pick(any), changeB: dice.pick([...any, 0n]) };
  }
  const fall = dice.amount(total);
  const rise = dice.chance(50) ? 0n : dice.amount(fall);
  return dice.chance(50) ? { changeA: -fall, changeB: rise } : { changeA: rise, changeB: -fall };
}

/** Who calls with one signature, and both. */
function agreed(
  scene: Scene,
  { A, B }: Plan,
  digest: Hex,
): {
  readonly message: Move["message"];
  readonly one: OneSignature;
  readonly both: { readonly signatureA: Hex; readonly signatureB: Hex };
} {
  const [caller, other] = scene.dice.chance(50) ? [A, B] : [B, A];
  return {
    message: scene.message(scene.eitherOf(caller)),
    one: { signature: scene.sign(other.signer, digest) },
    both: { signatureA: scene.sign(A.signer, digest), signatureB: scene.sign(B.signer, digest) },
  };
}

function endingOf(scene: Scene, plan: Plan): { readonly ending: Ending; readonly digest: Hex } {
  const { life } = scene.channelOf(plan);
  const { depositA, depositB } = depositsOf(scene, plan);
  const total = depositA + depositB;
  const part = scene.dice.amount(total);
  const far = scene.dice.pick([depositA + 1n, -depositB - 1n, 2n ** 255n - 1n, -(2n ** 255n)]);
  const transfer = scene.bad() ? far : depositA - part;
  const ending = { params: plan.params, life: scene.lifeIn(life), transfer, validUntil: scene.validUntil() };
  const channel = scene.channelIdOf(plan, ending.life);
  const fields = [channel, transfer, ending.validUntil];
  return { ending, digest: digestOf(scene.world.setting, "cooperativeClose", ...fields) };
}

export function closeCooperatively(scene: Scene, plan: Plan): Move {
  const { ending, digest } = endingOf(scene, plan);
  const by = agreed(scene, plan, digest);
  switch (scene.dice.below(4)) {
    case 0: {
      const message = scene.message(scene.cast.stranger);
      return { message, call: { kind: "closeCooperativelyFor", ...ending, ...by.both } };
    }
    case 1:
      return { message: by.message, call: { kind: "closeCooperativelyToCredit", ...ending, ...by.one } };
    default: {
      const gas = scene.bad() ? "little" : "enough";
      return {
        message: { ...by.message, gas },
        call: { kind: "closeCooperatively", ...ending, ...by.one },
      };
    }
  }
}

export function closeWhileClosing(scene: Scene, plan: Plan): Move {
  const { ending, digest } = endingOf(scene, plan);
  const by = agreed(scene, plan, digest);
  const record = scene.recordOf(plan);
  if (scene.dice.chance(30)) {
    const kind = "closeCooperativelyForWhileClosing";
    return { message: scene.message(scene.cast.stranger), call: { kind, ...ending, record, ...by.both } };
  }
  return {
    message: by.message,
    call: { kind: "closeCooperativelyWhileClosing", ...ending, record, ...by.one },
  };
}

export function closeBatch(scene: Scene): Move {
  const hub = scene.dice.pick(scene.cast.parties);
  const mine = scene.plans.filter(({ A, B }) => A === hub || B === hub);
  const plans = mine.length > 0 && !scene.bad() ? mine : scene.plans;
  const items = Array.from({ length: scene.dice.below(4) }, () => {
    const plan = scene.dice.pick(plans);
    const { ending, digest } = endingOf(scene, plan);
    const other = plan.A === hub ? plan.B : plan.A;
    return { ...ending, signature: scene.sign(other.signer, digest) };
  });
  return { message: scene.message(scene.eitherOf(hub)), call: { kind: "closeBatch", items } };
}
