import type { Hex } from "../../src/protocol/types.ts";
import { closeBatch, openBatch, type SettleItem, settleBatch } from "./batches.ts";
import { answer, type Answering, answerFor, close, closeFor, type Closure, type Intent } from "./closing.ts";
import {
  type BothSignatures,
  closeCooperatively,
  closeCooperativelyToCredit,
  closeCooperativelyWhileClosing,
  type Ending,
  type OneSignature,
  resize,
  type Resizing,
} from "./cooperation.ts";
import {
  type Consent,
  deposit,
  depositToken,
  open,
  openBoth,
  openFor,
  openFromCredit,
  type Opening,
} from "./funding.ts";
import { record, recordChain, recordList } from "./registry.ts";
import type { Named } from "./rules.ts";
import { settle, type Settling } from "./settlement.ts";
import type { Closing } from "./state.ts";
import { addCredit, bringValue, withdrawCredit } from "./vault.ts";
import { Refusal } from "./refusal.ts";
import { at, type Message, type World } from "./world.ts";

/** All calls that change something; each kind has the name of its function. */
export type Call =
  | ({ readonly kind: "open" | "openFromCredit" | "depositToken" } & Opening)
  | ({ readonly kind: "openFor"; readonly consentA: Consent; readonly consentB: Consent } & Opening)
  | ({ readonly kind: "openBoth"; readonly consentOfB: boolean; readonly consent: Consent } & Opening)
  | { readonly kind: "openBatch"; readonly items: readonly Opening[] }
  | ({ readonly kind: "deposit"; readonly forB: boolean } & Named)
  | ({ readonly kind: "resize" } & Resizing & OneSignature)
  | ({ readonly kind: "resizeFor" } & Resizing & BothSignatures)
  | ({ readonly kind: "closeCooperatively" | "closeCooperativelyToCredit" } & Ending & OneSignature)
  | ({ readonly kind: "closeCooperativelyFor" } & Ending & BothSignatures)
  | ({ readonly kind: "closeCooperativelyWhileClosing"; readonly record: Closing } & Ending & OneSignature)
  | ({ readonly kind: "closeCooperativelyForWhileClosing"; readonly record: Closing } & Ending &
      BothSignatures)
  | { readonly kind: "closeBatch"; readonly items: readonly (Ending & OneSignature)[] }
  | ({ readonly kind: "close" } & Closure)
  | ({ readonly kind: "closeFor"; readonly record: Closing; readonly intent: Intent } & Closure)
  | ({ readonly kind: "answer" } & Answering)
  | ({
      readonly kind: "answerFor";
      readonly tower: Hex;
      readonly reward: bigint;
      readonly consent: Hex;
    } & Answering)
  | ({ readonly kind: "settle" } & Settling)
  | { readonly kind: "settleBatch"; readonly items: readonly SettleItem[] }
  | { readonly kind: "addCredit"; readonly token: Hex; readonly account: Hex; readonly amount: bigint }
  | { readonly kind: "withdrawCredit"; readonly token: Hex; readonly amount: bigint; readonly to: Hex }
  | { readonly kind: "record"; readonly witness: Hex }
  | { readonly kind: "recordList"; readonly witnesses: readonly Hex[] }
  | {
      readonly kind: "recordChain";
      readonly commitment: Hex;
      readonly index: bigint;
      readonly witness: Hex;
      readonly hint: bigint;
    }
  | { readonly kind: "approve"; readonly token: Hex; readonly amount: bigint };

export type CallKind = Call["kind"];

export const CALL_KINDS = [
  "open",
  "openFromCredit",
  "openBoth",
  "openFor",
  "openBatch",
  "deposit",
  "depositToken",
  "resize",
  "resizeFor",
  "closeCooperatively",
  "closeCooperativelyFor",
  "closeCooperativelyToCredit",
  "closeCooperativelyWhileClosing",
  "closeCooperativelyForWhileClosing",
  "closeBatch",
  "close",
  "closeFor",
  "answer",
  "answerFor",
  "settle",
  "settleBatch",
  "addCredit",
  "withdrawCredit",
  "record",
  "recordList",
  "recordChain",
  "approve",
] as const satisfies readonly CallKind[];

const PAYABLE: readonly CallKind[] = ["open", "openBoth", "deposit", "addCredit"];

/** Carries a call out; why not, if it is refused. */
export function execute(world: World, message: Message, call: Call): Refusal | null {
  world.events = [];
  world.heard = [];
  return world.attempt(() => {
    bringValue(world, message);
    if (message.value !== 0n && !PAYABLE.includes(call.kind)) throw new Refusal("");
    run(world, message, call);
  });
}

function run(world: World, message: Message, call: Call): void {
  switch (call.kind) {
    case "open":
      return open(world, message, call);
    case "openFromCredit":
      return openFromCredit(world, message, call);
    case "openFor":
      return openFor(world, message, call);
    case "openBoth":
      return openBoth(world, message, call);
    case "openBatch":
      return openBatch(world, message, call.items);
    case "deposit":
      return deposit(world, message, call);
    case "depositToken":
      return depositToken(world, message, call);
    case "resize":
    case "resizeFor":
      return resize(world, message, call);
    case "closeCooperatively":
    case "closeCooperativelyFor":
      return closeCooperatively(world, message, call);
    case "closeCooperativelyToCredit":
      return closeCooperativelyToCredit(world, message, call);
    case "closeCooperativelyWhileClosing":
    case "closeCooperativelyForWhileClosing":
      return closeCooperativelyWhileClosing(world, message, call);
    case "closeBatch":
      return closeBatch(world, message, call.items);
    case "close":
      return close(world, message, call);
    case "closeFor":
      return closeFor(world, message, call);
    case "answer":
      return answer(world, message, call);
    case "answerFor":
      return answerFor(world, message, call);
    case "settle":
      return settle(world, message, call);
    case "settleBatch":
      return settleBatch(world, message, call.items);
    case "addCredit":
      return addCredit(world, message, call.token, call.account, call.amount);
    case "withdrawCredit":
      return withdrawCredit(world, message, call.token, call.amount, call.to);
    case "record":
      record(world, call.witness);
      return;
    case "recordList":
      recordList(world, call.witnesses);
      return;
    case "recordChain":
      return recordChain(world, call.commitment, call.index, call.witness, call.hint);
    case "approve":
      world.allowances.set(at(call.token, message.sender), call.amount);
  }
}
