import type { Hex } from "../../../src/protocol/types.ts";
import type { SettleItem } from "../batches.ts";
import { calldataOf } from "../calldata.ts";
import { type Evidence, NO_EVIDENCE, packShown, readShown, type ShownLock } from "../locks.ts";
import { Refusal } from "../refusal.ts";
import { depthOf, levelOf } from "../registry.ts";
import type { Settling } from "../settlement.ts";
import { hexOfNumber, ZERO_WORD } from "../words.ts";
import { flawed } from "./lanes.ts";
import type { Move, Plan, Scene } from "./scene.ts";

/** Settling, and recording witnesses. */

export function settle(scene: Scene, plan: Plan): Move {
  const settling = settlingOf(scene, plan);
  return { message: scene.message(senderOf(scene, plan)), call: { kind: "settle", ...settling } };
}

export function settleBatch(scene: Scene): Move {
  const { dice, world } = scene;
  const items = Array.from({ length: dice.below(4) }, (): SettleItem => {
    if (!scene.bad()) return settlingOf(scene, dice.pick(scene.plans));
    const withdrawal = { token: world.setting.token, amount: 1n, to: scene.anybody() };
    const foreign = calldataOf(world.setting, { kind: "withdrawCredit", ...withdrawal });
    const whole = calldataOf(world.setting, { kind: "settle", ...settlingOf(scene, dice.pick(scene.plans)) });
    return dice.pick([
      foreign,
      new Uint8Array(),
      whole.subarray(0, 3),
      whole.subarray(0, 4 + dice.below(300)),
    ]);
  });
  const sender = senderOf(scene, dice.pick(scene.plans));
  return { message: scene.message(sender), call: { kind: "settleBatch", items } };
}

/** Payees concede what is flagged; what others flag is not heard. */
function senderOf(scene: Scene, { A, B }: Plan): Hex {
  return scene.dice.pick([scene.eitherOf(A), scene.eitherOf(B), scene.cast.stranger]);
}

function settlingOf(scene: Scene, plan: Plan): Settling {
  const record = scene.recordOf(plan);
  const proofs: Hex[] = [];
  const show = (root: Hex): Uint8Array => shownList(scene, root, proofs);
  const own = show(record.own.locksRoot);
  const theirs = show(record.theirs.locksRoot);
  const answered = show(record.answered.locksRoot);
  const life = scene.lifeIn(scene.channelOf(plan).life);
  return {
    params: plan.params,
    life,
    record,
    shown: { own, theirs, answered, proofs: spoilt(scene, proofs) },
  };
}

function shownList(scene: Scene, root: Hex, proofs: Hex[]): Uint8Array {
  const { dice, lists, world } = scene;
  const remaining = world.remaining.get(root);
  const list = lists.get(root) ?? new Uint8Array();
  if (root === ZERO_WORD) return scene.bad() ? dice.pick([...lists.values(), list]) : new Uint8Array();
  if (dice.chance(25)) return new Uint8Array();
  let locks: readonly ShownLock[];
  try {
    locks = remaining?.map((lock) => ({ lock, evidence: NO_EVIDENCE })) ?? readShown(list);
  } catch (thrown) {
    // A root of bytes that are no list was signed.
    if (thrown instanceof Refusal) return list;
    throw thrown;
  }
  const eager = dice.below(100);
  const shown = packShown(
    locks.map((each) => ({ ...each, evidence: evidenceFor(scene, each, eager, proofs) })),
  );
  return scene.bad() && dice.chance(40) ? flawed(dice, shown) : shown;
}

function evidenceFor(scene: Scene, { lock }: ShownLock, eager: number, proofs: Hex[]): Evidence {
  const { dice, recorded, secrets, world } = scene;
  if (!dice.chance(eager))
    return lock.kind === "hash" && dice.chance(50) ? { kind: "conceded" } : NO_EVIDENCE;
  if (lock.kind === "chain") {
    const count = world.checkpoints.get(lock.commitment)?.length ?? 0;
    const far = scene.bad() && dice.chance(30);
    const number = far ? dice.pick([2n ** 256n - 1n, 2n ** 255n]) : BigInt(dice.below(count + 2));
    return { kind: "checkpoint", number };
  }
  const witness = scene.bad() ? dice.word<Hex>() : secrets.secretOf.get(lock.commitment);
  if (witness === undefined) return NO_EVIDENCE;
  const found = recorded.filter((each) => each.includes(witness));
  if (dice.chance(found.length > 0 ? 25 : 85)) return { kind: "now", witness };
  const list = found.length > 0 ? dice.pick(found) : [dice.word<Hex>(), witness];
  proofs.push(...proofOf(list, list.indexOf(witness)));
  return { kind: "proof", witness };
}

/** `depth | index << 8`, then the siblings from the leaf upwards. */
function proofOf(list: readonly Hex[], index: number): readonly Hex[] {
  const depth = depthOf(list.length);
  const siblings = Array.from({ length: depth }, (_, level) => {
    const place = Math.floor(index / 2 ** level);
    return levelOf(list, level)[place % 2 === 0 ? place + 1 : place - 1] ?? ZERO_WORD;
  });
  return [hexOfNumber(BigInt(depth + index * 256), 32), ...siblings];
}

function spoilt(scene: Scene, proofs: readonly Hex[]): readonly Hex[] {
  const { dice } = scene;
  if (!scene.bad()) return proofs;
  switch (dice.below(5)) {
    case 0:
      return proofs.slice(0, -1);
    case 1:
      return [...proofs, dice.word<Hex>()];
    case 2:
      return [hexOfNumber(BigInt(dice.below(12)), 32), ...proofs.slice(1)];
    case 3:
      // Only the bits up to the depth say where the leaf stands.
      return proofs.length === 0 ? [] : [dice.pick([raised(proofs[0]), ZERO_WORD]), ...proofs.slice(1)];
    default:
      return proofs.map((word, index) => (index === 1 ? dice.word<Hex>() : word));
  }
}

function raised(word: Hex | undefined): Hex {
  return hexOfNumber(BigInt(word ?? "0x0") | (1n << 250n), 32);
}

export function record(scene: Scene): Move {
  const witness = scene.bad() ? scene.dice.word<Hex>() : scene.dice.pick(scene.secrets.secrets);
  return { message: scene.message(scene.anybody()), call: { kind: "record", witness } };
}

export function recordList(scene: Scene): Move {
  const { dice, secrets } = scene;
  const isLong = dice.below(150) === 0;
  const count = isLong ? dice.pick([256, 257]) : scene.bad() ? dice.below(3) : 1 + dice.below(4);
  const witnesses = Array.from({ length: count }, () => dice.pick(secrets.secrets));
  return { message: scene.message(scene.anybody()), call: { kind: "recordList", witnesses } };
}

export function recordChain(scene: Scene): Move {
  const { dice, secrets, world } = scene;
  const chain = dice.pick(secrets.chains);
  const commitment = chain[0] ?? ZERO_WORD;
  const known = world.checkpoints.get(commitment) ?? [];
  const count = known.length;
  const last = chain.length - 1;
  const further = Number(known.at(-1)?.index ?? 0n) + 1 + dice.below(2);
  const index = dice.chance(70) ? Math.min(last, further) : dice.below(last + 1);
  const hint = BigInt(scene.bad() ? dice.below(count + 3) : dice.below(count + 1));
  const witness = scene.bad() ? dice.pick(chain) : (chain[index] ?? ZERO_WORD);
  const named = scene.bad() ? dice.pick([0n, 4097n, BigInt(index)]) : BigInt(index);
  return {
    message: scene.message(scene.anybody()),
    call: { kind: "recordChain", commitment, index: named, witness, hint },
  };
}
