import type { Hex } from "../../src/protocol/types.ts";
import { channelIdOf, paramsIdOf, recordHash } from "./messages.ts";
import {
  type Closing,
  type ClosingPhase,
  type OpenPhase,
  type Params,
  PHASE_NUMBERS,
  sameRecord,
} from "./state.ts";
import { Refusal } from "./refusal.ts";
import type { World } from "./world.ts";
import { recover } from "./words.ts";

/** What many calls require. */

/** The channel that a call names. */
export interface Named {
  readonly params: Params;
  readonly life: bigint;
}

export interface Ids {
  readonly paramsId: Hex;
  readonly channel: Hex;
}

export function idsOf(world: World, { params, life }: Named): Ids {
  const paramsId = paramsIdOf(world.setting, params);
  return { paramsId, channel: channelIdOf(paramsId, life) };
}

export function requireOpen(world: World, paramsId: Hex, life: bigint): OpenPhase {
  const channel = world.channelAt(paramsId);
  const { phase } = channel;
  if (phase.kind !== "open") throw wrongPhase("open", phase.kind);
  if (channel.life !== life) throw new Refusal("WrongLife", channel.life, life);
  return phase;
}

export function requireClosing(world: World, paramsId: Hex, life: bigint): ClosingPhase {
  const channel = world.channelAt(paramsId);
  const { phase } = channel;
  if (phase.kind !== "closing") throw wrongPhase("closing", phase.kind);
  if (channel.life !== life) throw new Refusal("WrongLife", channel.life, life);
  return phase;
}

export function wrongPhase(
  expected: keyof typeof PHASE_NUMBERS,
  actual: keyof typeof PHASE_NUMBERS,
): Refusal {
  return new Refusal("WrongPhase", PHASE_NUMBERS[expected], PHASE_NUMBERS[actual]);
}

export function requireRecord(given: Closing, phase: ClosingPhase): void {
  if (!sameRecord(given, phase.record)) throw new Refusal("StaleRecord", recordHash(given));
}

export function requireInTime(world: World, validUntil: bigint): void {
  if (world.now > validUntil) throw new Refusal("SignatureExpired", validUntil, world.now);
}

export function requireSigner(expected: Hex, digest: Hex, signature: Hex): void {
  const recovered = recover(digest, signature);
  if (recovered !== expected) throw new Refusal("WrongSigner", expected, recovered);
}

/** Of which side this account is owner or signer. */
export function sideOf(params: Params, account: Hex): "A" | "B" | null {
  if (account === params.ownerA || account === params.signerA) return "A";
  if (account === params.ownerB || account === params.signerB) return "B";
  return null;
}

export function requireSide(params: Params, account: Hex): "A" | "B" {
  const side = sideOf(params, account);
  if (side === null) throw new Refusal("NotParticipant", account);
  return side;
}

export function requireBefore(world: World, deadline: bigint): void {
  if (world.now >= deadline) throw new Refusal("DeadlinePassed", deadline, world.now);
}

/** The channel's life is over; all of it is paid by what follows. */
export function end(
  world: World,
  { paramsId, channel }: Ids,
  life: bigint,
  paidA: bigint,
  paidB: bigint,
): void {
  world.channels.set(paramsId, { life, phase: { kind: "ended" } });
  world.emit("Ended", channel, paidA, paidB);
}
