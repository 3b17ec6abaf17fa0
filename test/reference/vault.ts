import type { Hex } from "../../src/protocol/types.ts";
import { Refusal } from "./refusal.ts";
import { at, isEth, type Message, type World } from "./world.ts";

/** Money in, money out, and credit [ST-2] [ST-3]. */

/** The most that paying may take, and what has to be left for all around it. */
const GAS_FOR_ETH = 50_000n + 50_000n / 32n + 45_000n;
const GAS_FOR_TOKEN = 200_000n + 200_000n / 32n + 45_000n;

/** Stands for a value that no model can tell: how much gas was left. */
export const ANY = 0n;

export function balanceOf(world: World, token: Hex, account: Hex): bigint {
  return world.balances.get(at(token, account)) ?? 0n;
}

export function creditOf(world: World, token: Hex, account: Hex): bigint {
  return world.credits.get(at(token, account)) ?? 0n;
}

function move(world: World, token: Hex, from: Hex, to: Hex, amount: bigint): void {
  world.balances.set(at(token, from), balanceOf(world, token, from) - amount);
  world.balances.set(at(token, to), balanceOf(world, token, to) + amount);
}

/** The value that comes with a call, before the call runs. */
export function bringValue(world: World, { sender, value }: Message): void {
  move(world, `0x${"00".repeat(20)}`, sender, world.setting.notary, value);
}

/** What the caller has to bring: as the value for ETH, else by its allowance. */
export function pull(world: World, { sender, value }: Message, token: Hex, amount: bigint): void {
  if (isEth(token)) {
    if (value !== amount) throw new Refusal("WrongValue", amount, value);
    return;
  }
  if (value !== 0n) throw new Refusal("WrongValue", 0n, value);
  requireReceived(amount, pullToken(world, token, sender, amount));
}

/** Exactly this has to arrive, from all together. */
export function pullTokens(
  world: World,
  token: Hex,
  parts: readonly { readonly from: Hex; readonly amount: bigint }[],
): void {
  const moved = parts.filter(({ amount }) => amount > 0n);
  const received = moved.map(({ from, amount }) => pullToken(world, token, from, amount));
  const sum = (amounts: readonly bigint[]): bigint => amounts.reduce((total, amount) => total + amount, 0n);
  requireReceived(sum(moved.map(({ amount }) => amount)), sum(received));
}

function requireReceived(expected: bigint, received: bigint): void {
  if (received !== expected) throw new Refusal("WrongTokenAmount", expected, received);
}

/** What arrives. */
function pullToken(world: World, token: Hex, from: Hex, amount: bigint): bigint {
  const { notary, feeToken } = world.setting;
  const allowed = world.allowances.get(at(token, from)) ?? 0n;
  if (allowed < amount) throw new Refusal("ERC20InsufficientAllowance", notary, allowed, amount);
  const balance = balanceOf(world, token, from);
  if (balance < amount) throw new Refusal("ERC20InsufficientBalance", from, balance, amount);
  world.allowances.set(at(token, from), allowed - amount);
  move(world, token, from, notary, amount);
  if (token !== feeToken) return amount;
  const held = balanceOf(world, token, notary);
  if (held === 0n) throw new Refusal("ERC20InsufficientBalance", notary, 0n, 1n);
  world.balances.set(at(token, notary), held - 1n);
  return amount - 1n;
}

/** Pays, or gives credit for what could not be delivered. */
export function push(world: World, message: Message, token: Hex, to: Hex, amount: bigint): void {
  if (amount === 0n) return;
  if (message.gas === "little") {
    throw new Refusal("NotEnoughGas", ANY, isEth(token) ? GAS_FOR_ETH : GAS_FOR_TOKEN);
  }
  if (isReachable(world, token, to)) move(world, token, world.setting.notary, to, amount);
  else giveCredit(world, token, to, amount);
}

function isReachable({ setting }: World, token: Hex, to: Hex): boolean {
  if (isEth(token)) return setting.kinds.get(to) !== "refuser";
  return token !== setting.token || !setting.blocked.has(to);
}

export function giveCredit(world: World, token: Hex, account: Hex, amount: bigint): void {
  world.credits.set(at(token, account), creditOf(world, token, account) + amount);
  world.emit("Credited", token, account, amount);
}

export function spendCredit(world: World, token: Hex, account: Hex, amount: bigint): void {
  takeCredit(world, token, account, amount);
  world.emit("CreditSpent", account, amount);
}

export function takeCredit(world: World, token: Hex, account: Hex, amount: bigint): void {
  const available = creditOf(world, token, account);
  if (available < amount) throw new Refusal("NotEnoughCredit", available, amount);
  world.credits.set(at(token, account), available - amount);
}

export function addCredit(world: World, message: Message, token: Hex, account: Hex, amount: bigint): void {
  pull(world, message, token, amount);
  giveCredit(world, token, account, amount);
}

export function withdrawCredit(world: World, { sender }: Message, token: Hex, amount: bigint, to: Hex): void {
  takeCredit(world, token, sender, amount);
  world.emit("CreditWithdrawn", token, sender, to, amount);
  if (!isReachable(world, token, to)) {
    throw isEth(token)
      ? new Refusal("PaymentFailed", to, amount)
      : new Refusal("SafeERC20FailedOperation", token);
  }
  move(world, token, world.setting.notary, to, amount);
}
