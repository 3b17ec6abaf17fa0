import type { HashlaneInterface, IHashlane } from "../../typechain-types/Hashlane.ts";
import { toHex } from "../protocol/bytes.ts";
import type { ForeignRecord, ShownList, Transaction } from "../protocol/chain-facts.ts";
import { ZERO_WORD } from "../protocol/checked.ts";
import type { Crypto } from "../protocol/crypto.ts";
import { headOf, packLocks, packShownLocks, type ShownWitness } from "../protocol/locks.ts";
import { MAX_RECORDED, registryPath } from "../protocol/registry.ts";
import type { Hex, LockId, Secret, Signature } from "../protocol/types.ts";
import type { Call } from "./call.ts";
import { writeHead, writeRecord, writeSignature } from "./closing.ts";
import type { Contracts } from "./contracts.ts";

/** Of a state of seq 0, which is unsigned. */
const NO_SIGNATURE = `${ZERO_WORD}${ZERO_WORD.slice(2)}` as Signature;

/** Of a close that replaces none. */
const NO_RECORD: IHashlane.ClosingStruct = {
  ...{ terms: 0n, paid: 0n, own: 0n, theirs: 0n, answered: 0n },
  ...{ ownLocks: ZERO_WORD, theirLocks: ZERO_WORD, answeredLocks: ZERO_WORD },
};

/** The calls that carry out a wish; more than one only for a record of more witnesses than one list holds. */
export function callsOf(contracts: Contracts, crypto: Crypto, transaction: Transaction): readonly Call[] {
  if (transaction.kind === "record") return recordCalls(contracts, transaction.secrets);
  const to = contracts.domain.contract;
  return [{ to, value: 0n, data: dataOf(contracts, crypto, transaction), pushes: pushes(transaction) }];
}

function pushes({ kind }: Transaction): boolean {
  return kind === "closeCooperatively" || kind === "resize" || kind === "answer" || kind === "settle";
}

function dataOf(
  { hashlane }: Contracts,
  crypto: Crypto,
  transaction: Exclude<Transaction, { kind: "record" }>,
): Hex {
  const { params, life } = transaction;
  const { interface: abi } = hashlane;
  switch (transaction.kind) {
    case "closeCooperatively": {
      const { transfer, validUntil } = transaction;
      const values = [params, life, transfer, validUntil, writeSignature(transaction.signature)] as const;
      return abi.encodeFunctionData("closeCooperatively", [...values]) as Hex;
    }
    case "resize": {
      const { changes, validUntil } = transaction;
      const signature = writeSignature(transaction.signature);
      const values = [params, life, changes.A, changes.B, validUntil, signature] as const;
      return abi.encodeFunctionData("resize", [...values]) as Hex;
    }
    case "close":
      return closeData(hashlane.interface, crypto, transaction);
    case "answer": {
      const record = writeRecord(transaction.record);
      const signature = writeSignature(transaction.signature);
      const state = writeHead(transaction.state);
      return abi.encodeFunctionData("answer", [params, life, record, state, signature]) as Hex;
    }
    case "settle": {
      const record = writeRecord(transaction.record);
      return abi.encodeFunctionData("settle", [params, life, record, shownOf(crypto, transaction)]) as Hex;
    }
  }
}

function closeData(
  abi: HashlaneInterface,
  crypto: Crypto,
  close: Extract<Transaction, { kind: "close" }>,
): Hex {
  const { params, life, own, theirs, theirSignature, humble } = close;
  const heads = [writeHead(headOf(crypto, own)), writeHead(theirs)] as const;
  const signature = writeSignature(theirSignature ?? NO_SIGNATURE);
  const locks = packLocks(own.locks);
  if (humble !== true)
    return abi.encodeFunctionData("close", [params, life, ...heads, signature, locks]) as Hex;
  const intent = { humble, validUntil: 0n, signature: writeSignature(NO_SIGNATURE) };
  const values = [params, life, NO_RECORD, ...heads, signature, locks, intent] as const;
  return abi.encodeFunctionData("closeFor", [...values]) as Hex;
}

type Lists = Pick<Extract<Transaction, { kind: "settle" }>, "own" | "theirs" | "answered" | "records">;

/** Lists with witnesses, and the paths to the records of those that were recorded before, in the same order. */
function shownOf(crypto: Crypto, { own, theirs, answered, records }: Lists): IHashlane.ShownStruct {
  const proofs: Hex[] = [];
  const pack = (list: ShownList | null): Uint8Array => {
    if (list === null) return new Uint8Array(0);
    const shown = new Map<LockId, ShownWitness>();
    for (const { id } of list.state.locks) {
      const secret = list.witnesses.get(id);
      if (secret === undefined) continue;
      const record = earliest(records, secret);
      if (record !== null)
        proofs.push(...registryPath(crypto, record.secrets, record.secrets.indexOf(secret)));
      shown.set(id, { secret, recorded: record === null ? "now" : "before" });
    }
    return packShownLocks(list.state.locks, shown, list.checkpoints, list.conceded);
  };
  return { own: pack(own), theirs: pack(theirs), answered: pack(answered), proofs };
}

function earliest(records: readonly ForeignRecord[], secret: Secret): ForeignRecord | null {
  let found: ForeignRecord | null = null;
  for (const record of records) {
    if (record.secrets.includes(secret) && (found === null || record.time < found.time)) found = record;
  }
  return found;
}

function recordCalls({ registry, registryAddress }: Contracts, secrets: readonly Secret[]): readonly Call[] {
  const { interface: abi } = registry;
  const calls: Call[] = [];
  for (let from = 0; from < secrets.length; from += MAX_RECORDED) {
    const part = secrets.slice(from, from + MAX_RECORDED);
    const [first = toHex<Secret>(new Uint8Array(32))] = part;
    const data =
      part.length === 1
        ? abi.encodeFunctionData("record", [first])
        : abi.encodeFunctionData("recordList", [part]);
    calls.push({ to: registryAddress, value: 0n, data: data as Hex, pushes: false });
  }
  return calls;
}
