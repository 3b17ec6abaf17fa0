import type { Hex } from "../../../src/protocol/types.ts";
import { calldataOf } from "../calldata.ts";
import type { CallKind } from "../calls.ts";
import { refusalBytes } from "../errors.ts";
import { hashOfLogs } from "../events.ts";
import { slotOf } from "../slot.ts";
import type { Setting } from "../world.ts";
import { bytesOf, hexOfNumber, joined } from "../words.ts";
import type { Account, History, Step } from "./history.ts";
import type { Watched } from "./watched.ts";

/** Histories as the Solidity test reads them: numbers are big endian, and what has no fixed length follows it. */

const KINDS = { plain: 0, refuser: 1, wallet: 2 } as const;
const WATCHED = { slot: 0, balance: 1, credit: 2, time: 3, checkpoint: 4 } as const;
/** Less than paying takes, more than all before it. */
const LITTLE_GAS = 90_000;

/** A file of histories begins with the contract that they are about. */
export function fileOf(histories: readonly History[]): Uint8Array {
  const [first] = histories;
  if (first === undefined) throw new RangeError("a file needs histories");
  return joined(bytesOf(first.setting.notary), ...histories.map((history) => chunk(historyBytes(history))));
}

function number(value: bigint | number, bytes: number): Uint8Array {
  return bytesOf(hexOfNumber(BigInt.asUintN(bytes * 8, BigInt(value)), bytes));
}

function chunk(bytes: Uint8Array): Uint8Array {
  return joined(number(bytes.length, 4), bytes);
}

function historyBytes({ seed, setting, accounts, presets, watched, initial, steps }: History): Uint8Array {
  let before = initial;
  return joined(
    number(seed, 6),
    number(accounts.length, 1),
    ...accounts.map((account) => accountBytes(setting, account)),
    number(presets.size, 1),
    ...[...presets].map(([id, channel]) => joined(bytesOf(id), number(slotOf(channel), 32))),
    number(watched.length, 2),
    ...watched.map((each, index) => watchedBytes(each, initial[index] ?? 0n)),
    number(steps.length, 2),
    ...steps.map((step) => {
      const bytes = stepBytes(setting, step, before);
      before = step.values;
      return bytes;
    }),
  );
}

function accountBytes({ kinds, blocked }: Setting, account: Account): Uint8Array {
  const { address, eth, tokens, allowance, feeTokens, feeAllowance, ethCredit, tokenCredit } = account;
  return joined(
    bytesOf(address),
    number(KINDS[kinds.get(address) ?? "plain"], 1),
    number(blocked.has(address) ? 1 : 0, 1),
    ...[eth, tokens, allowance, feeTokens, feeAllowance, ethCredit, tokenCredit].map((amount) =>
      number(amount, 16),
    ),
  );
}

function watchedBytes({ kind, token, key }: Watched, value: bigint): Uint8Array {
  return joined(number(WATCHED[kind], 1), bytesOf(token), wordBytes(key), number(value, 32));
}

/** An address stands at the end of its word. */
function wordBytes(key: Hex): Uint8Array {
  return number(BigInt(key), 32);
}

function stepBytes(setting: Setting, step: Step, before: readonly bigint[]): Uint8Array {
  const { time, message, call, refusal, heard, values } = step;
  const changes = values.flatMap((value, index) =>
    value === before[index] ? [] : [joined(number(index, 2), number(value, 32))],
  );
  return joined(
    number(time, 5),
    bytesOf(message.sender),
    number(targetOf(setting, step), 1),
    number(message.value, 16),
    number(message.gas === "little" ? LITTLE_GAS : 0, 4),
    chunk(calldataOf(setting, call)),
    number(refusal === null ? 0 : refusal.message === "NotEnoughGas" ? 2 : 1, 1),
    chunk(refusal === null ? new Uint8Array() : refusalBytes(refusal)),
    bytesOf(hashOfLogs(setting, heard)),
    number(changes.length, 1),
    ...changes,
  );
}

const OF_REGISTRY: readonly CallKind[] = ["record", "recordList", "recordChain"];

function targetOf({ token }: Setting, { call }: Step): number {
  if (OF_REGISTRY.includes(call.kind)) return 1;
  if (call.kind === "approve") return call.token === token ? 2 : 3;
  return 0;
}
