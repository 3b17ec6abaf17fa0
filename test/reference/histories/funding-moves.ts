import type { Hex } from "../../../src/protocol/types.ts";
import { type Consent, MOST_DEPOSIT, type Opening } from "../funding.ts";
import { digestOf } from "../messages.ts";
import { balanceOf, creditOf } from "../vault.ts";
import { isEth } from "../world.ts";
import { bytesOf } from "../words.ts";
import type { Move, Plan, Scene } from "./scene.ts";

/** Money into channels, and credit. */

const NO_CONSENT: Consent = { otherAmount: 0n, validUntil: 0n, signature: new Uint8Array() };

function amountOf(scene: Scene, plan: Plan): bigint {
  const { dice } = scene;
  if (dice.chance(30) && scene.bad())
    return dice.pick([0n, MOST_DEPOSIT, MOST_DEPOSIT + 1n, 2n ** 256n - 1n]);
  return 1n + dice.amount(plan.size - 1n);
}

/** For the life that can be funded now. */
function openingOf(scene: Scene, plan: Plan): Opening {
  const { life, phase } = scene.channelOf(plan);
  const fundable = phase.kind === "ended" ? life + 1n : life;
  const amountA = scene.dice.chance(15) ? 0n : amountOf(scene, plan);
  const amountB = scene.dice.chance(30) ? 0n : amountOf(scene, plan);
  return { params: plan.params, life: scene.lifeIn(fundable), amountA, amountB };
}

/** Values of a call have 128 bits in the files of histories. */
function valueFor(plan: Plan, amount: bigint): bigint {
  return isEth(plan.params.token) && amount < 2n ** 100n ? amount : 0n;
}

export function open(scene: Scene, plan: Plan): Move {
  const opening = openingOf(scene, plan);
  const value = valueFor(plan, opening.amountA + opening.amountB);
  return { message: scene.message(scene.cast.funder, value), call: { kind: "open", ...opening } };
}

export function openFromCredit(scene: Scene, plan: Plan): Move {
  const opening = openingOf(scene, plan);
  return { message: scene.message(scene.cast.funder), call: { kind: "openFromCredit", ...opening } };
}

export function openBatch(scene: Scene): Move {
  const items = Array.from({ length: scene.dice.below(4) }, () =>
    openingOf(scene, scene.dice.pick(scene.plans)),
  );
  return { message: scene.message(scene.cast.funder), call: { kind: "openBatch", items } };
}

export function openBoth(scene: Scene, plan: Plan): Move {
  const opening = openingOf(scene, plan);
  const consentOfB = scene.dice.chance(50);
  const consent = consentOf(scene, plan, opening, consentOfB ? "B" : "A");
  const value = valueFor(plan, consentOfB ? opening.amountA : opening.amountB);
  return {
    message: scene.message(scene.cast.funder, value),
    call: { kind: "openBoth", ...opening, consentOfB, consent },
  };
}

export function openFor(scene: Scene, plan: Plan): Move {
  const opening = openingOf(scene, plan);
  const needs = (amount: bigint): boolean => amount > 0n !== scene.bad();
  const consentA = needs(opening.amountA) ? consentOf(scene, plan, opening, "A") : NO_CONSENT;
  const consentB = needs(opening.amountB) ? consentOf(scene, plan, opening, "B") : NO_CONSENT;
  return {
    message: scene.message(scene.cast.stranger),
    call: { kind: "openFor", ...opening, consentA, consentB },
  };
}

function consentOf(scene: Scene, plan: Plan, { life, amountA, amountB }: Opening, side: "A" | "B"): Consent {
  const { phase } = scene.channelOf(plan);
  const [amount, brought] = side === "A" ? [amountA, amountB] : [amountB, amountA];
  const held = phase.kind !== "open" ? 0n : side === "A" ? phase.depositB : phase.depositA;
  const beside = brought + held;
  const otherAmount = scene.dice.chance(1) ? 2n ** 256n - 1n : scene.atMost(beside > 0n ? beside : 0n);
  const validUntil = scene.validUntil();
  const fields = [scene.paramsIdOf(plan), life, amount, otherAmount, validUntil];
  const digest = digestOf(scene.world.setting, "fundingConsent", ...fields);
  return { otherAmount, validUntil, signature: bytesOf(scene.signAsOwner(plan[side], digest)) };
}

export function deposit(scene: Scene, plan: Plan): Move {
  const { phase, life } = scene.channelOf(plan);
  const amount = scene.dice.amount(plan.size);
  const named = { params: plan.params, life: scene.lifeIn(life) };
  if (phase.kind === "open" && phase.isEth !== scene.bad()) {
    const forB = scene.dice.chance(50);
    return { message: scene.message(scene.anybody(), amount), call: { kind: "deposit", ...named, forB } };
  }
  const amounts = { amountA: amount, amountB: scene.dice.chance(50) ? 0n : amountOf(scene, plan) };
  return {
    message: scene.message(scene.cast.funder),
    call: { kind: "depositToken", ...named, ...amounts },
  };
}

export function addCredit(scene: Scene): Move {
  const { dice, cast, world } = scene;
  const { token, feeToken } = world.setting;
  const plan = dice.pick(scene.plans);
  const asset = scene.bad() ? dice.pick([token, feeToken]) : plan.params.token;
  const amount = dice.amount(plan.size * 4n);
  const account = dice.pick([cast.funder, plan.params.ownerA, plan.params.ownerB]);
  return {
    message: scene.message(cast.funder, isEth(asset) ? amount : 0n),
    call: { kind: "addCredit", token: asset, account, amount },
  };
}

export function withdrawCredit(scene: Scene): Move {
  const { dice, world } = scene;
  const token = dice.pick(scene.plans).params.token;
  const holder = richest(scene, token);
  const amount = scene.atMost(creditOf(world, token, holder));
  const to = dice.chance(60) ? holder : scene.anybody();
  return { message: scene.message(holder), call: { kind: "withdrawCredit", token, amount, to } };
}

function richest(scene: Scene, token: Hex): Hex {
  const { cast, dice, world } = scene;
  const all = [cast.funder, cast.tower, ...cast.parties.map(({ owner }) => owner)];
  const rich = all.filter((account) => creditOf(world, token, account) > 0n);
  return dice.pick(rich.length > 0 ? rich : all);
}

export function approve(scene: Scene): Move {
  const { dice, world } = scene;
  const sender = dice.pick(scene.cast.parties).owner;
  const { token } = world.setting;
  return {
    message: { sender, value: 0n, gas: "enough" },
    call: { kind: "approve", token, amount: dice.amount(balanceOf(world, token, sender) * 2n) },
  };
}
