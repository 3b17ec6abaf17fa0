import type { IHashlane } from "../../typechain-types/Hashlane.ts";
import { writeHead, writeRecord, writeSignature } from "../../src/chain/closing.ts";
import type { ClosingRecord } from "../../src/protocol/chain-facts.ts";
import { toHex } from "../../src/protocol/bytes.ts";
import { ZERO_ADDRESS } from "../../src/protocol/checked.ts";
import type { Crypto } from "../../src/protocol/crypto.ts";
import { headOf, packShownLocks, type ShownWitness } from "../../src/protocol/locks.ts";
import { registryPath } from "../../src/protocol/registry.ts";
import type { RecordedList } from "../../src/protocol/settlement.ts";
import type {
  Address,
  Amount,
  ChainCommitment,
  Deposits,
  Hex,
  LaneHead,
  LaneLock,
  LaneState,
  LockId,
  Params,
  Secret,
  Side,
  Signature,
} from "../../src/protocol/types.ts";
import { hashlaneAbi, type LocalChain, registryAbi, type Sending } from "./local-chain.ts";

/** Who sends a call. */
export type Role = "ownerA" | "ownerB" | "signerA" | "signerB" | "stranger";

/** A witness beside its lock: recorded by the settle itself, or standing in a list that may have been recorded. */
export interface Witness {
  readonly secret: Secret;
  readonly list: readonly Secret[] | "now";
}

export interface ListToShow {
  readonly locks: readonly LaneLock[];
  readonly witnesses: ReadonlyMap<LockId, Witness>;
  /** Numbers of the checkpoints named with chain locks. */
  readonly checkpoints: ReadonlyMap<LockId, number>;
  /** Hash locks that are flagged as conceded, whoever sends. */
  readonly conceded: ReadonlySet<LockId>;
}

export type ListsToShow = Readonly<Record<RecordedList, ListToShow | null>>;

/** In the order in which a settle reads them. */
export const LISTS: readonly RecordedList[] = ["own", "theirs", "answered"];

interface ToChannel {
  readonly by: Role;
  readonly life: number;
}

export type ChannelCall =
  | ({ readonly kind: "open"; readonly amounts: Deposits } & ToChannel)
  | ({
      readonly kind: "close";
      readonly own: LaneState;
      readonly theirs: LaneHead;
      readonly signature: Signature;
      /** Packed. */
      readonly posted: Uint8Array;
      /** Of a call of closeFor; null for close. */
      readonly intent: Intent | null;
    } & ToChannel)
  | ({
      readonly kind: "answer";
      readonly record: ClosingRecord;
      readonly state: LaneHead;
      readonly signature: Signature;
      readonly tower: Tower | null;
    } & ToChannel)
  | ({
      readonly kind: "settle";
      readonly record: ClosingRecord;
      readonly lists: ListsToShow;
      /** Words after the proofs that the lists need. */
      readonly surplus: readonly Hex[];
    } & ToChannel)
  | ({
      readonly kind: "cooperate";
      readonly how: "alone" | "for" | "closing" | "closingFor";
      readonly record: ClosingRecord;
      readonly transfer: bigint;
      readonly validUntil: number;
      /** Of both where the name says `for`; else that of the side that does not send counts. */
      readonly signatures: Readonly<Record<Side, Signature>>;
    } & ToChannel)
  | ({
      readonly kind: "resize";
      readonly how: "alone" | "for";
      readonly changeA: bigint;
      readonly changeB: bigint;
      readonly validUntil: number;
      /** Of both for `for`; else that of the side that does not send counts. */
      readonly signatures: Readonly<Record<Side, Signature>>;
    } & ToChannel)
  | { readonly kind: "record"; readonly by: Role; readonly secrets: readonly Secret[] }
  | {
      readonly kind: "recordChain";
      readonly by: Role;
      readonly commitment: ChainCommitment;
      readonly index: number;
      readonly witness: Hex;
      readonly hint: number;
    };

/** What a close is declared to be, and by whom. */
export interface Intent {
  /** The one to replace; of no meaning if the channel is open. */
  readonly record: ClosingRecord;
  readonly humble: boolean;
  readonly validUntil: number;
  /** Null: the sender is the closer. */
  readonly signature: Signature | null;
}

export interface Tower {
  readonly address: Address;
  readonly reward: Amount;
  readonly consent: Signature;
}

/** Witnesses that a settle records, in the order of its calldata. */
export function recordedNow(lists: ListsToShow): readonly Secret[] {
  return LISTS.flatMap((name) => {
    const list = lists[name];
    if (list === null) return [];
    return list.locks.flatMap(({ id }) => {
      const witness = list.witnesses.get(id);
      return witness?.list === "now" ? [witness.secret] : [];
    });
  });
}

/** Proofs that the lists need, in order. */
export function proofsOf(crypto: Crypto, lists: ListsToShow): readonly Hex[] {
  return LISTS.flatMap((name) => {
    const list = lists[name];
    if (list === null) return [];
    return list.locks.flatMap(({ id }) => {
      const witness = list.witnesses.get(id);
      if (witness === undefined || witness.list === "now") return [];
      return registryPath(crypto, witness.list, witness.list.indexOf(witness.secret));
    });
  });
}

function pack(list: ListToShow | null): Uint8Array {
  if (list === null) return new Uint8Array(0);
  const shown = new Map<LockId, ShownWitness>();
  for (const [id, { secret, list: from }] of list.witnesses) {
    shown.set(id, { secret, recorded: from === "now" ? "now" : "before" });
  }
  return packShownLocks(list.locks, shown, list.checkpoints, list.conceded);
}

function addressOf(role: Role, params: Params, stranger: Address): Address {
  return role === "stranger" ? stranger : params[role];
}

export function senderOf(chain: LocalChain, params: Params, { by, kind }: ChannelCall): Address {
  return addressOf(by, params, kind === "open" ? chain.funder : STRANGER);
}

/** Neither side, nor the account that brings the money. */
export const STRANGER = "0x5757575757575757575757575757575757575757" as Address;

/** The transaction that makes a call. */
export function sendingOf(
  chain: LocalChain,
  crypto: Crypto,
  params: Params,
  call: ChannelCall,
): Omit<Sending, "time"> {
  const from = senderOf(chain, params, call);
  if (call.kind === "record") {
    const [first] = call.secrets;
    const data =
      call.secrets.length === 1 && first !== undefined
        ? registryAbi.encodeFunctionData("record", [first])
        : registryAbi.encodeFunctionData("recordList", [[...call.secrets]]);
    return { from, to: chain.registry, data };
  }
  if (call.kind === "recordChain") {
    const { commitment, index, witness, hint } = call;
    const data = registryAbi.encodeFunctionData("recordChain", [commitment, index, witness, hint]);
    return { from, to: chain.registry, data };
  }
  const to = chain.domain.contract;
  const data = dataOf(crypto, params, call);
  if (call.kind !== "open" || params.token !== ZERO_ADDRESS) return { from, to, data };
  return { from, to, data, value: call.amounts.A + call.amounts.B };
}

function dataOf(
  crypto: Crypto,
  params: Params,
  call: Exclude<ChannelCall, { kind: "record" | "recordChain" }>,
): string {
  const { life } = call;
  switch (call.kind) {
    case "open":
      return hashlaneAbi.encodeFunctionData("open", [params, life, call.amounts.A, call.amounts.B]);
    case "close":
      return closeData(crypto, params, call);
    case "answer": {
      const { tower } = call;
      const record = writeRecord(call.record);
      const state = writeHead(call.state);
      const signature = writeSignature(call.signature);
      if (tower === null)
        return hashlaneAbi.encodeFunctionData("answer", [params, life, record, state, signature]);
      const { address, reward, consent } = tower;
      const rest = [address, reward, writeSignature(consent)] as const;
      return hashlaneAbi.encodeFunctionData("answerFor", [params, life, record, state, signature, ...rest]);
    }
    case "settle": {
      const { own, theirs, answered } = call.lists;
      const proofs = [...proofsOf(crypto, call.lists), ...call.surplus];
      const shown: IHashlane.ShownStruct = {
        own: pack(own),
        theirs: pack(theirs),
        answered: pack(answered),
        proofs,
      };
      return hashlaneAbi.encodeFunctionData("settle", [params, life, writeRecord(call.record), shown]);
    }
    case "cooperate":
      return cooperateData(params, call);
    case "resize":
      return resizeData(params, call);
  }
}

const NO_SIGNATURE: Signature = toHex(new Uint8Array(64), 64);

function closeData(crypto: Crypto, params: Params, call: Extract<ChannelCall, { kind: "close" }>): string {
  const { life, posted, intent } = call;
  const own = writeHead(headOf(crypto, call.own));
  const signature = writeSignature(call.signature);
  const theirs = writeHead(call.theirs);
  if (intent === null) {
    return hashlaneAbi.encodeFunctionData("close", [params, life, own, theirs, signature, posted]);
  }
  const { humble, validUntil } = intent;
  const record = writeRecord(intent.record);
  const given = { humble, validUntil, signature: writeSignature(intent.signature ?? NO_SIGNATURE) };
  const rest = [signature, posted, given] as const;
  return hashlaneAbi.encodeFunctionData("closeFor", [params, life, record, own, theirs, ...rest]);
}

function resizeData(params: Params, call: Extract<ChannelCall, { kind: "resize" }>): string {
  const { life, changeA, changeB, validUntil, by } = call;
  const a = writeSignature(call.signatures.A);
  const b = writeSignature(call.signatures.B);
  const message = [params, life, changeA, changeB, validUntil] as const;
  if (call.how === "for") return hashlaneAbi.encodeFunctionData("resizeFor", [...message, a, b]);
  const other = by === "ownerB" || by === "signerB" ? a : b;
  return hashlaneAbi.encodeFunctionData("resize", [...message, other]);
}

function cooperateData(params: Params, call: Extract<ChannelCall, { kind: "cooperate" }>): string {
  const { life, transfer, validUntil } = call;
  const a = writeSignature(call.signatures.A);
  const b = writeSignature(call.signatures.B);
  const other = call.by === "ownerB" || call.by === "signerB" ? a : b;
  switch (call.how) {
    case "alone":
      return hashlaneAbi.encodeFunctionData("closeCooperatively", [
        params,
        life,
        transfer,
        validUntil,
        other,
      ]);
    case "for":
      return hashlaneAbi.encodeFunctionData("closeCooperativelyFor", [
        params,
        life,
        transfer,
        validUntil,
        a,
        b,
      ]);
    case "closing": {
      const record = writeRecord(call.record);
      const rest = [transfer, validUntil, other] as const;
      return hashlaneAbi.encodeFunctionData("closeCooperativelyWhileClosing", [
        params,
        life,
        record,
        ...rest,
      ]);
    }
    case "closingFor": {
      const record = writeRecord(call.record);
      const rest = [transfer, validUntil, a, b] as const;
      return hashlaneAbi.encodeFunctionData("closeCooperativelyForWhileClosing", [
        params,
        life,
        record,
        ...rest,
      ]);
    }
  }
}
