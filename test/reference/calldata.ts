import type { Hex } from "../../src/protocol/types.ts";
import { encode, type Value } from "./abi.ts";
import type { SettleItem } from "./batches.ts";
import type { Call, CallKind } from "./calls.ts";
import type { Answering, Closure } from "./closing.ts";
import type { Ending, OneSignature, Resizing } from "./cooperation.ts";
import type { Consent, Opening } from "./funding.ts";
import { INTERFACES } from "./interfaces.ts";
import { paramsIdOf, paramsValue, recordValue, signatureValue } from "./messages.ts";
import type { Named } from "./rules.ts";
import type { Settling } from "./settlement.ts";
import type { LaneState } from "./state.ts";
import type { Setting } from "./world.ts";
import { bytesOf, joined } from "./words.ts";

const selectors = new Map<CallKind, Uint8Array>();

function selectorOf(kind: CallKind): Uint8Array {
  const known = selectors.get(kind);
  if (known !== undefined) return known;
  const found = INTERFACES.map((each) => each.getFunction(kind)).find((each) => each !== null);
  if (found === undefined) throw new RangeError(`there is no function ${kind}`);
  const selector = bytesOf(found.selector as Hex);
  selectors.set(kind, selector);
  return selector;
}

/** What is sent to carry out a call. */
export function calldataOf(setting: Setting, call: Call): Uint8Array {
  return joined(selectorOf(call.kind), encode(argumentsOf(setting, call)));
}

function argumentsOf(setting: Setting, call: Call): readonly Value[] {
  switch (call.kind) {
    case "open":
    case "openFromCredit":
    case "depositToken":
      return opening(call);
    case "openFor":
      return [...opening(call), consent(call.consentA), consent(call.consentB)];
    case "openBoth": {
      const { otherAmount, validUntil, signature } = call.consent;
      return [...opening(call), call.consentOfB, otherAmount, validUntil, signature];
    }
    case "openBatch":
      return [{ list: call.items.map(opening) }];
    case "deposit":
      return [paramsIdOf(setting, call.params), call.life, call.forB];
    case "resize":
      return [...resizing(call), signatureValue(call.signature)];
    case "resizeFor":
      return [...resizing(call), signatureValue(call.signatureA), signatureValue(call.signatureB)];
    case "closeCooperatively":
    case "closeCooperativelyToCredit":
      return endingSigned(call);
    case "closeCooperativelyFor":
      return [
        ...named(call),
        ...ending(call),
        signatureValue(call.signatureA),
        signatureValue(call.signatureB),
      ];
    case "closeCooperativelyWhileClosing":
      return [...named(call), recordValue(call.record), ...ending(call), signatureValue(call.signature)];
    case "closeCooperativelyForWhileClosing": {
      const signatures = [signatureValue(call.signatureA), signatureValue(call.signatureB)];
      return [...named(call), recordValue(call.record), ...ending(call), ...signatures];
    }
    case "closeBatch":
      return [{ list: call.items.map(endingSigned) }];
    case "close":
      return [...named(call), ...closure(call)];
    case "closeFor": {
      const { humble, validUntil, signature } = call.intent;
      const intent = [humble, validUntil, signatureValue(signature)];
      return [...named(call), recordValue(call.record), ...closure(call), intent];
    }
    case "answer":
      return answering(call);
    case "answerFor":
      return [...answering(call), call.tower, call.reward, signatureValue(call.consent)];
    case "settle":
      return settling(call);
    case "settleBatch":
      return [{ list: call.items.map((item) => settleItem(setting, item)) }];
    case "addCredit":
      return [call.token, call.account, call.amount];
    case "withdrawCredit":
      return [call.token, call.amount, call.to];
    case "record":
      return [call.witness];
    case "recordList":
      return [{ list: call.witnesses }];
    case "recordChain":
      return [call.commitment, call.index, call.witness, call.hint];
    case "approve":
      return [setting.notary, call.amount];
  }
}

function named({ params, life }: Named): readonly Value[] {
  return [paramsValue(params), life];
}

function opening(call: Opening): readonly Value[] {
  return [...named(call), call.amountA, call.amountB];
}

function consent({ otherAmount, validUntil, signature }: Consent): Value {
  return [otherAmount, validUntil, signature];
}

function resizing(call: Resizing): readonly Value[] {
  return [...named(call), call.changeA, call.changeB, call.validUntil];
}

function ending({ transfer, validUntil }: Ending): readonly Value[] {
  return [transfer, validUntil];
}

function endingSigned(call: Ending & OneSignature): readonly Value[] {
  return [...named(call), ...ending(call), signatureValue(call.signature)];
}

function lane({ seq, ack, sent, locksRoot }: LaneState): Value {
  return [seq, ack, sent, locksRoot];
}

function closure({ own, theirs, signature, ownLocks }: Closure): readonly Value[] {
  return [lane(own), lane(theirs), signatureValue(signature), ownLocks];
}

function answering(call: Answering): readonly Value[] {
  return [...named(call), recordValue(call.record), lane(call.state), signatureValue(call.signature)];
}

function settling(call: Settling): readonly Value[] {
  const { own, theirs, answered, proofs } = call.shown;
  return [...named(call), recordValue(call.record), [own, theirs, answered, { list: proofs }]];
}

function settleItem(setting: Setting, item: SettleItem): Uint8Array {
  return item instanceof Uint8Array ? item : calldataOf(setting, { kind: "settle", ...item });
}
