import { readShown } from "../locks.ts";
import { Refusal } from "../refusal.ts";
import type { Scene } from "./scene.ts";

/** When the next call comes: soon, or just before or at a time from which something is different. */
export function nextTime(scene: Scene): bigint {
  const { dice, world } = scene;
  const soon = world.now + BigInt(dice.chance(20) ? 0 : dice.below(20));
  if (!dice.chance(40)) return soon;
  const turns = turningPoints(scene).filter((time) => time > world.now);
  if (turns.length === 0) return soon;
  const near = turns.toSorted((left, right) => (left < right ? -1 : 1)).slice(0, 4);
  const turn = dice.pick(near);
  return dice.chance(40) ? turn - 1n : turn;
}

/** Deadlines, expiries, and both with the wait. */
function turningPoints(scene: Scene): readonly bigint[] {
  return scene.plans.flatMap((plan) => {
    const { phase } = scene.channelOf(plan);
    if (phase.kind !== "closing") return [];
    const { own, theirs, answered } = phase.record;
    const roots = [own, theirs, answered].map(({ locksRoot }) => locksRoot);
    const expiries = roots.flatMap((root) => {
      const remaining = scene.world.remaining.get(root) ?? locksIn(scene.lists.get(root));
      return remaining.map(({ expiry }) => expiry);
    });
    const times = [phase.deadline, phase.deadline, ...expiries];
    return times.flatMap((time) => [time, time + plan.params.challengePeriod]);
  });
}

function locksIn(list: Uint8Array | undefined): readonly { readonly expiry: bigint }[] {
  try {
    return readShown(list ?? new Uint8Array()).map(({ lock }) => lock);
  } catch (thrown) {
    if (thrown instanceof Refusal) return [];
    throw thrown;
  }
}
