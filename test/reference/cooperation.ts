import type { Hex } from "../../src/protocol/types.ts";
import { MOST_DEPOSIT } from "./funding.ts";
import { digestOf } from "./messages.ts";
import {
  end,
  idsOf,
  type Named,
  requireClosing,
  requireInTime,
  requireOpen,
  requireRecord,
  requireSide,
  requireSigner,
} from "./rules.ts";
import type { Closing, Params } from "./state.ts";
import { giveCredit, push } from "./vault.ts";
import { Refusal } from "./refusal.ts";
import type { Message, World } from "./world.ts";

/** What both sides do together: resizing, ending a channel. */

export interface Resizing extends Named {
  readonly changeA: bigint;
  readonly changeB: bigint;
  readonly validUntil: bigint;
}

export interface Ending extends Named {
  readonly transfer: bigint;
  readonly validUntil: bigint;
}

/** By the signer of the side that does not call. */
export interface OneSignature {
  readonly signature: Hex;
}

export interface BothSignatures {
  readonly signatureA: Hex;
  readonly signatureB: Hex;
}

type Signatures = OneSignature | BothSignatures;

const MOST_RESIZES = 2n ** 32n - 1n;
const LEAST_DEPOSIT = -MOST_DEPOSIT - 1n;

export function resize(world: World, message: Message, call: Resizing & Signatures): void {
  const { params, life, changeA, changeB, validUntil } = call;
  const { paramsId, channel } = idsOf(world, call);
  const phase = requireOpen(world, paramsId, life);
  requireBoth(world, message, call, () =>
    digestOf(world.setting, "resize", channel, phase.resizes, changeA, changeB, validUntil),
  );
  const depositA = phase.depositA + changeA;
  const depositB = phase.depositB + changeB;
  const areSound =
    changeA + changeB <= 0n &&
    depositA + depositB >= 0n &&
    [changeA, changeB, depositA, depositB].every(fits96Bits);
  if (!areSound) throw new Refusal("BadResize", phase.depositA, phase.depositB, changeA, changeB);
  if (phase.resizes === MOST_RESIZES) throw new Refusal("ResizesExhausted", channel);
  const resizes = phase.resizes + 1n;
  world.channels.set(paramsId, { life, phase: { ...phase, resizes, depositA, depositB } });
  world.emit("Resized", channel, resizes, depositA, depositB);
  push(world, message, params.token, params.ownerA, takenOut(changeA, changeB));
  push(world, message, params.token, params.ownerB, takenOut(changeB, changeA));
}

export function closeCooperatively(world: World, message: Message, call: Ending & Signatures): void {
  const { params, life } = call;
  const ids = idsOf(world, call);
  const { depositA, depositB } = requireOpen(world, ids.paramsId, life);
  requireEnding(world, message, call, ids.channel);
  const { partA, partB } = partsOf(call.transfer, depositA, depositB);
  end(world, ids, life, partA, partB);
  payBoth(world, message, params, partA, partB);
}

export function closeCooperativelyToCredit(
  world: World,
  message: Message,
  call: Ending & OneSignature,
): void {
  const { params, life } = call;
  const ids = idsOf(world, call);
  const { depositA, depositB } = requireOpen(world, ids.paramsId, life);
  requireEnding(world, message, call, ids.channel);
  const { partA, partB } = partsOf(call.transfer, depositA, depositB);
  end(world, ids, life, partA, partB);
  if (requireSide(params, message.sender) === "A") {
    giveCredit(world, params.token, params.ownerA, partA);
    push(world, message, params.token, params.ownerB, partB);
  } else {
    giveCredit(world, params.token, params.ownerB, partB);
    push(world, message, params.token, params.ownerA, partA);
  }
}

export function closeCooperativelyWhileClosing(
  world: World,
  message: Message,
  call: Ending & Signatures & { readonly record: Closing },
): void {
  const { params, life, record } = call;
  const ids = idsOf(world, call);
  requireInTime(world, call.validUntil);
  requireEnding(world, message, call, ids.channel);
  requireRecord(record, requireClosing(world, ids.paramsId, life));
  if (record.paidA !== 0n || record.paidB !== 0n) {
    throw new Refusal("AlreadyPaying", record.paidA, record.paidB);
  }
  const { partA, partB } = partsOf(call.transfer, record.depositA, record.depositB);
  end(world, ids, life, partA, partB);
  payBoth(world, message, params, partA, partB);
}

function requireEnding(world: World, message: Message, call: Ending & Signatures, channel: Hex): void {
  requireBoth(world, message, call, () =>
    digestOf(world.setting, "cooperativeClose", channel, call.transfer, call.validUntil),
  );
}

/** Both sides agree: by their signatures, or one of them by calling. */
function requireBoth(
  world: World,
  { sender }: Message,
  call: Named & Signatures & { readonly validUntil: bigint },
  digest: () => Hex,
): void {
  const { params, validUntil } = call;
  if ("signature" in call) {
    const other = requireSide(params, sender) === "A" ? params.signerB : params.signerA;
    requireInTime(world, validUntil);
    requireSigner(other, digest(), call.signature);
  } else {
    requireInTime(world, validUntil);
    requireSigner(params.signerA, digest(), call.signatureA);
    requireSigner(params.signerB, digest(), call.signatureB);
  }
}

function partsOf(
  transfer: bigint,
  depositA: bigint,
  depositB: bigint,
): { readonly partA: bigint; readonly partB: bigint } {
  const partA = depositA - transfer;
  const partB = depositB + transfer;
  if (partA < 0n || partB < 0n) {
    // As far as they fit the error's values.
    throw new Refusal("BadTransfer", BigInt.asIntN(256, partA), BigInt.asIntN(256, partB));
  }
  return { partA, partB };
}

function payBoth(
  world: World,
  message: Message,
  { token, ownerA, ownerB }: Params,
  partA: bigint,
  partB: bigint,
): void {
  push(world, message, token, ownerA, partA);
  push(world, message, token, ownerB, partB);
}

/** One side's fall first covers the other's rise. */
function takenOut(change: bigint, otherChange: bigint): bigint {
  if (change >= 0n) return 0n;
  return -change - (otherChange > 0n ? otherChange : 0n);
}

function fits96Bits(amount: bigint): boolean {
  return amount >= LEAST_DEPOSIT && amount <= MOST_DEPOSIT;
}
