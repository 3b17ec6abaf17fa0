import type { Hex } from "../../src/protocol/types.ts";
import { digestOf, paramsValue } from "./messages.ts";
import { idsOf, type Ids, type Named, requireInTime, requireOpen, wrongPhase } from "./rules.ts";
import type { OpenPhase, Params } from "./state.ts";
import { pull, pullTokens, spendCredit, takeCredit } from "./vault.ts";
import { Refusal } from "./refusal.ts";
import { isEth, type Message, type Setting, type World } from "./world.ts";
import { bytesOf, hexOf, keccak, recover, ZERO_ADDRESS } from "./words.ts";

/** Opening and depositing. */

export interface Opening extends Named {
  readonly amountA: bigint;
  readonly amountB: bigint;
}

/** Empty signature: there is none, unless a wallet takes that for one. */
export interface Consent {
  readonly otherAmount: bigint;
  readonly validUntil: bigint;
  readonly signature: Uint8Array;
}

const LAST_LIFE = 2n ** 20n - 1n;
export const MOST_DEPOSIT = 2n ** 95n - 1n;

export function open(world: World, message: Message, call: Opening): void {
  fund(world, call);
  pull(world, message, call.params.token, call.amountA + call.amountB);
}

export function openFromCredit(world: World, message: Message, call: Opening): void {
  fund(world, call);
  spendCredit(world, call.params.token, message.sender, call.amountA + call.amountB);
}

/** One side's amount comes by its owner's consent, the other one from the caller. */
export function openBoth(
  world: World,
  { sender, value }: Message,
  call: Opening & { readonly consentOfB: boolean; readonly consent: Consent },
): void {
  const { params, amountA, amountB, consent } = call;
  const { token } = params;
  const side = call.consentOfB ? "B" : "A";
  const owner = ownerOf(params, side);
  const [amount, brought] = call.consentOfB ? [amountB, amountA] : [amountA, amountB];
  requireConsent(world, call, side, amount, consent);
  fund(world, call, [side]);
  requireBeside(world, call, side, consent);
  if (isEth(token)) {
    if (value !== brought) throw new Refusal("WrongValue", brought, value);
    spendByConsent(world, token, owner, amount);
  } else {
    if (value !== 0n) throw new Refusal("WrongValue", 0n, value);
    spendByConsent(world, token, owner, amount);
    pullTokens(world, token, [
      { from: owner, amount },
      { from: sender, amount: brought },
    ]);
  }
}

/** All money comes by consents; where there is none, none is needed. */
export function openFor(
  world: World,
  _message: Message,
  call: Opening & { readonly consentA: Consent; readonly consentB: Consent },
): void {
  const { params, amountA, amountB, consentA, consentB } = call;
  const sides = [
    { side: "A", amount: amountA, consent: consentA },
    { side: "B", amount: amountB, consent: consentB },
  ] as const;
  const consenting = sides.filter(({ amount, consent }) => amount > 0n || consent.signature.length > 0);
  for (const { side, amount, consent } of consenting) requireConsent(world, call, side, amount, consent);
  fund(
    world,
    call,
    consenting.map(({ side }) => side),
  );
  for (const { side, consent } of sides) requireBeside(world, call, side, consent);
  for (const { side, amount } of consenting) {
    spendByConsent(world, params.token, ownerOf(params, side), amount);
  }
  if (isEth(params.token)) return;
  const parts = sides.map(({ side, amount }) => ({ from: ownerOf(params, side), amount }));
  pullTokens(world, params.token, parts);
}

function spendByConsent(world: World, token: Hex, owner: Hex, amount: bigint): void {
  if (isEth(token)) takeCredit(world, token, owner, amount);
  world.emit("FundedByConsent", owner, amount);
}

export function deposit(
  world: World,
  message: Message,
  { params, life, forB }: Named & { readonly forB: boolean },
): void {
  const ids = idsOf(world, { params, life });
  const phase = requireOpen(world, ids.paramsId, life);
  if (!phase.isEth) throw new Refusal("NotEthChannel", ids.paramsId);
  addDeposits(world, ids, life, phase, forB ? 0n : message.value, forB ? message.value : 0n);
}

export function depositToken(world: World, message: Message, call: Opening): void {
  const ids = idsOf(world, call);
  const phase = requireOpen(world, ids.paramsId, call.life);
  addDeposits(world, ids, call.life, phase, call.amountA, call.amountB);
  pull(world, message, call.params.token, call.amountA + call.amountB);
}

/** The money is taken afterwards. `consenting`: sides whose consents are used up by it. */
function fund(
  world: World,
  { params, life, amountA, amountB }: Opening,
  consenting: readonly ("A" | "B")[] = [],
): void {
  const ids = idsOf(world, { params, life });
  const { phase, life: lives } = world.channelAt(ids.paramsId);
  const byA = consenting.includes("A");
  const byB = consenting.includes("B");
  if (phase.kind === "open" && lives === life) {
    if (byA && phase.consentedA) throw new Refusal("ConsentUsed", params.ownerA);
    if (byB && phase.consentedB) throw new Refusal("ConsentUsed", params.ownerB);
    const used = { consentedA: phase.consentedA || byA, consentedB: phase.consentedB || byB };
    addDeposits(world, ids, life, { ...phase, ...used }, amountA, amountB);
    return;
  }
  if (phase.kind !== "ended") throw wrongPhase("ended", phase.kind);
  if (life !== lives + 1n) throw new Refusal("WrongLife", lives + 1n, life);
  if (life > LAST_LIFE) throw new Refusal("LivesExhausted", life);
  if (!areValid(world.setting, params)) throw new Refusal("BadParams", paramsValue(params));
  requireAmounts(amountA, amountB);
  const none = { resizes: 0n, consentedA: byA, consentedB: byB };
  const deposits = { depositA: amountA, depositB: amountB };
  const opened: OpenPhase = { kind: "open", isEth: isEth(params.token), ...none, ...deposits };
  world.channels.set(ids.paramsId, { life, phase: opened });
  world.emit("Opened", ids.channel, life, paramsValue(params), amountA, amountB);
}

/** [ID-3], and no account on both sides. */
function areValid({ leastPeriod, mostPeriod }: Setting, params: Params): boolean {
  const { ownerA, ownerB, signerA, signerB, challengePeriod, recoveryPeriod } = params;
  const sideA = [ownerA, signerA];
  const sideB = [ownerB, signerB];
  const fits = (period: bigint): boolean => period >= leastPeriod && period <= mostPeriod;
  return (
    ![...sideA, ...sideB].includes(ZERO_ADDRESS) &&
    !sideA.some((account) => sideB.includes(account)) &&
    fits(challengePeriod) &&
    (recoveryPeriod === 0n || fits(recoveryPeriod))
  );
}

function requireAmounts(amountA: bigint, amountB: bigint): void {
  const isNothing = amountA === 0n && amountB === 0n;
  if (isNothing || amountA > MOST_DEPOSIT || amountB > MOST_DEPOSIT) {
    throw new Refusal("BadAmount", amountA, amountB);
  }
}

function addDeposits(
  world: World,
  { paramsId, channel }: Ids,
  life: bigint,
  phase: OpenPhase,
  amountA: bigint,
  amountB: bigint,
): void {
  requireAmounts(amountA, amountB);
  const depositA = phase.depositA + amountA;
  const depositB = phase.depositB + amountB;
  if (depositA > MOST_DEPOSIT || depositB > MOST_DEPOSIT) throw new Refusal("BadAmount", amountA, amountB);
  world.channels.set(paramsId, { life, phase: { ...phase, depositA, depositB } });
  world.emit("Deposited", channel, depositA, depositB);
}

function ownerOf(params: Params, side: "A" | "B"): Hex {
  return side === "A" ? params.ownerA : params.ownerB;
}

function requireConsent(
  world: World,
  { params, life }: Named,
  side: "A" | "B",
  amount: bigint,
  { otherAmount, validUntil, signature }: Consent,
): void {
  requireInTime(world, validUntil);
  const { paramsId } = idsOf(world, { params, life });
  const owner = ownerOf(params, side);
  const fields = [paramsId, life, amount, otherAmount, validUntil];
  const digest = digestOf(world.setting, "fundingConsent", ...fields);
  if (!isBy(world.setting, owner, digest, signature)) throw new Refusal("WrongConsent", owner);
}

/** With all money of the call in the channel. */
function requireBeside(world: World, call: Named, side: "A" | "B", { otherAmount }: Consent): void {
  const phase = requireOpen(world, idsOf(world, call).paramsId, call.life);
  const beside = side === "A" ? phase.depositB : phase.depositA;
  // Zero: whatever the other side has, even less than nothing.
  if (otherAmount !== 0n && beside < otherAmount) throw new Refusal("TooLittleBeside", otherAmount, beside);
}

function isBy({ kinds }: Setting, owner: Hex, digest: Hex, signature: Uint8Array): boolean {
  if (signature.length === 64 && recover(digest, hexOf(signature)) === owner) return true;
  return kinds.get(owner) === "wallet" && hexOf(signature) === walletSignature(digest);
}

/** What a wallet of these tests accepts by ERC-1271. */
export function walletSignature(digest: Hex): Hex {
  return keccak(bytesOf(digest));
}
