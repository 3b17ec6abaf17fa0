import { writeRecord } from "../../src/chain/closing.ts";
import { abiEncode } from "../../src/protocol/abi.ts";
import { toHex } from "../../src/protocol/bytes.ts";
import type { Checkpoint, ClosingRecord } from "../../src/protocol/chain-facts.ts";
import { ZERO_ADDRESS } from "../../src/protocol/checked.ts";
import type { Crypto } from "../../src/protocol/crypto.ts";
import { channelId, paramsId, signerOf } from "../../src/protocol/identity.ts";
import type { RecordedList } from "../../src/protocol/settlement.ts";
import type {
  ChainCommitment,
  ChannelId,
  Deposits,
  Digest,
  Domain,
  Hex,
  LaneHead,
  LaneLock,
  Params,
  ParamsId,
  Side,
  Signature,
} from "../../src/protocol/types.ts";
import { type Role, STRANGER } from "./channel-calls.ts";
import type { Reverted } from "./local-chain.ts";

/** What the contracts must hold of a channel, as the core sees it. */
export interface TwinState {
  readonly life: number;
  readonly phase: Phase;
  /** Times of recorded lists of witnesses by the registry's key. */
  readonly times: ReadonlyMap<Hex, number>;
  /** Checkpoints of hash chains, in order of number. */
  readonly chains: ReadonlyMap<ChainCommitment, readonly Checkpoint[]>;
  readonly balances: Balances;
}

export interface ClosingPhase {
  readonly kind: "closing";
  readonly record: ClosingRecord;
  readonly deadline: number;
  /** What remains of each list, whether shown or not. */
  readonly remaining: Readonly<Record<RecordedList, readonly LaneLock[]>>;
}

export type Phase =
  | { readonly kind: "ended" }
  | {
      readonly kind: "open";
      readonly deposits: Deposits;
      /** Resizes of this life so far. */
      readonly resizes: number;
    }
  | ClosingPhase;

/** Paid out so far, and what the contract holds. */
export interface Balances {
  readonly A: bigint;
  readonly B: bigint;
  readonly tower: bigint;
  readonly held: bigint;
}

export interface Refused {
  readonly kind: "refused";
  readonly error: Reverted;
}

/** What must come of a call. `what`: classes for counting. */
export type Expected =
  Refused | { readonly kind: "done"; readonly what: readonly string[]; readonly state: TwinState };

export interface TwinTerms {
  readonly crypto: Crypto;
  readonly domain: Domain;
  readonly params: Params;
  readonly id: ParamsId;
  /** Locks of a state that was signed, for what the chain knows by its root only. */
  readonly locksOf: (head: LaneHead) => readonly LaneLock[];
}

export const PHASES = { ended: 0, open: 1, closing: 2 } as const;

export function refuse(name: string, ...values: readonly (string | number | bigint)[]): Refused {
  return { kind: "refused", error: { name, values: values.map(String) } };
}

export function termsOf(
  crypto: Crypto,
  domain: Domain,
  params: Params,
  locksOf: TwinTerms["locksOf"],
): TwinTerms {
  return { crypto, domain, params, id: paramsId(crypto, domain, params), locksOf };
}

export function channelOf({ crypto, id }: TwinTerms, life: number): ChannelId {
  return channelId(crypto, id, life);
}

/** Of whoever is neither owner nor signer. */
export function notParticipant({ params }: TwinTerms, by: Role): Refused {
  return refuse("NotParticipant", by === "stranger" ? STRANGER : params[by]);
}

export function sideOfRole(role: Role): Side | null {
  if (role === "stranger") return null;
  return role.endsWith("A") ? "A" : "B";
}

/** `keccak256` of the eight words of a closing record. */
export function recordHash(crypto: Crypto, record: ClosingRecord): Hex {
  const { terms, paid, own, ownLocks, theirs, theirLocks, answered, answeredLocks } = writeRecord(record);
  const words = [terms, paid, own, ownLocks, theirs, theirLocks, answered, answeredLocks] as (bigint | Hex)[];
  return toHex(crypto.keccak256(abiEncode(words)), 32);
}

/** The storage word of the channel; its layout is documented at the library Slots. */
export function slotWord({ crypto, params }: TwinTerms, { life, phase }: TwinState): bigint {
  const head = (BigInt(PHASES[phase.kind]) << 254n) | (BigInt(life) << 234n);
  switch (phase.kind) {
    case "ended":
      return head;
    case "open": {
      const isEth = params.token === ZERO_ADDRESS ? 1n << 224n : 0n;
      const [A, B] = [BigInt.asUintN(96, phase.deposits.A), BigInt.asUintN(96, phase.deposits.B)];
      return head | isEth | (BigInt(phase.resizes) << 192n) | (B << 96n) | A;
    }
    case "closing":
      return head | (BigInt(phase.deadline) << 200n) | (BigInt(recordHash(crypto, phase.record)) >> 56n);
  }
}

/** The phase if the call names it and the life that the channel is in. */
export function inPhase<K extends Phase["kind"]>(
  { life, phase }: TwinState,
  call: { readonly life: number },
  wanted: K,
): Extract<Phase, { kind: K }> | Refused {
  if (!isPhase(phase, wanted)) return refuse("WrongPhase", PHASES[wanted], PHASES[phase.kind]);
  return call.life === life ? phase : refuse("WrongLife", life, call.life);
}

function isPhase<K extends Phase["kind"]>(phase: Phase, wanted: K): phase is Extract<Phase, { kind: K }> {
  return phase.kind === wanted;
}

export function refusalOfSigner(
  { crypto, params }: TwinTerms,
  side: Side,
  digest: Digest,
  signature: Signature,
): Refused | null {
  const expected = signerOf(params, side);
  const recovered = crypto.recover(digest, signature) ?? ZERO_ADDRESS;
  return recovered === expected ? null : refuse("WrongSigner", expected, recovered);
}

/** The channel is over; what its end pays. */
export function ended(state: TwinState, paid: Omit<Balances, "held">): TwinState {
  return { ...pay(state, paid), phase: { kind: "ended" } };
}

export function pay(state: TwinState, { A, B, tower }: Omit<Balances, "held">): TwinState {
  const { balances: was } = state;
  const held = was.held - A - B - tower;
  return { ...state, balances: { A: was.A + A, B: was.B + B, tower: was.tower + tower, held } };
}
