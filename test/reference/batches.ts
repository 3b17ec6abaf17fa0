import { closeCooperativelyToCredit, type Ending, type OneSignature } from "./cooperation.ts";
import { refusalBytes } from "./errors.ts";
import { openFromCredit, type Opening } from "./funding.ts";
import { settle, type Settling } from "./settlement.ts";
import type { Message, World } from "./world.ts";

/** Many calls in one; an item that fails changes nothing. */

/** A call of `settle`, or bytes that are none. */
export type SettleItem = Settling | Uint8Array;

export function openBatch(world: World, message: Message, items: readonly Opening[]): void {
  attemptAll(world, items, (item) => openFromCredit(world, message, item));
}

export function closeBatch(world: World, message: Message, items: readonly (Ending & OneSignature)[]): void {
  attemptAll(world, items, (item) => closeCooperativelyToCredit(world, message, item));
}

export function settleBatch(world: World, message: Message, items: readonly SettleItem[]): void {
  items.forEach((item, index) => {
    if (item instanceof Uint8Array) world.emit("Skipped", BigInt(index), new Uint8Array());
    else attemptItem(world, index, () => settle(world, message, item));
  });
}

function attemptAll<T>(world: World, items: readonly T[], act: (item: T) => void): void {
  items.forEach((item, index) => attemptItem(world, index, () => act(item)));
}

function attemptItem(world: World, index: number, act: () => void): void {
  const refusal = world.attempt(act);
  if (refusal !== null) world.emit("Skipped", BigInt(index), refusalBytes(refusal));
}
