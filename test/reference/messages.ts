import type { Hex } from "../../src/protocol/types.ts";
import { encode, type Value } from "./abi.ts";
import type { Closing, LaneState, Params } from "./state.ts";
import type { Setting } from "./world.ts";
import { bytesOf, hexOfNumber, joined, keccak } from "./words.ts";

/** Ids, hashes and digests, from sections 2.1 and 2.3 and the formats. */

const TYPES = {
  domain: "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)",
  lane: "Lane(bytes32 channel,uint64 seq,bytes32 body)",
  answer: "Answer(bytes32 channel,uint64 seq,bytes32 body,address tower,uint256 reward)",
  cooperativeClose: "CooperativeClose(bytes32 channel,int256 transfer,uint256 validUntil)",
  resize: "Resize(bytes32 channel,uint256 count,int256 changeA,int256 changeB,uint256 validUntil)",
  closeIntent:
    "CloseIntent(bytes32 channel,uint64 ownSeq,bytes32 ownBody,uint64 theirSeq,bytes32 theirBody,bool humble,uint256 validUntil)",
  fundingConsent:
    "FundingConsent(bytes32 paramsId,uint256 life,uint256 amount,uint256 otherAmount,uint256 validUntil)",
} as const;

export type MessageType = Exclude<keyof typeof TYPES, "domain">;

const hashes = new Map<string, Hex>();
const separators = new WeakMap<Setting, Uint8Array>();
const ids = new WeakMap<Params, Hex>();

function hashOfText(text: string): Hex {
  const known = hashes.get(text) ?? keccak(Buffer.from(text));
  hashes.set(text, known);
  return known;
}

function separatorOf(setting: Setting): Uint8Array {
  const { chainId, notary } = setting;
  const words = [hashOfText(TYPES.domain), hashOfText("Hashlane"), hashOfText("1"), chainId, notary];
  const separator = separators.get(setting) ?? bytesOf(keccak(encode(words)));
  separators.set(setting, separator);
  return separator;
}

/** What is signed for a message of this type. */
export function digestOf(setting: Setting, type: MessageType, ...fields: readonly Value[]): Hex {
  const struct = keccak(encode([hashOfText(TYPES[type]), ...fields]));
  return keccak(joined(Uint8Array.of(0x19, 0x01), separatorOf(setting), bytesOf(struct)));
}

export function paramsValue(params: Params): readonly Value[] {
  const { ownerA, ownerB, signerA, signerB, token, challengePeriod, recoveryPeriod, salt } = params;
  return [ownerA, ownerB, signerA, signerB, token, challengePeriod, recoveryPeriod, salt];
}

/** [ID-4] */
export function paramsIdOf({ chainId, notary }: Setting, params: Params): Hex {
  const id = ids.get(params) ?? keccak(encode([chainId, notary, ...paramsValue(params)]));
  ids.set(params, id);
  return id;
}

export function channelIdOf(paramsId: Hex, life: bigint): Hex {
  return keccak(encode([paramsId, life]));
}

export function bodyOf({ sent, ack, locksRoot }: LaneState): Hex {
  return keccak(encode([sent, ack, locksRoot]));
}

export function laneDigest(setting: Setting, channel: Hex, state: LaneState): Hex {
  return digestOf(setting, "lane", channel, state.seq, bodyOf(state));
}

/** The eight words of a closing record. */
export function recordValue(record: Closing): readonly Value[] {
  const terms =
    BigInt.asUintN(96, record.depositA) |
    (BigInt.asUintN(96, record.depositB) << 96n) |
    (BigInt(record.closerIsB) << 192n) |
    (BigInt(record.humble) << 193n) |
    (BigInt(record.theirsShown) << 194n) |
    (BigInt(record.answeredShown) << 195n) |
    (record.spare << 196n);
  const paid = record.paidA | (record.paidB << 128n);
  const lanes = [record.own, record.theirs, record.answered].flatMap((lane) => [
    lane.sent | (lane.ack << 128n) | (lane.seq << 192n),
    lane.locksRoot,
  ]);
  return [terms, paid, ...lanes];
}

export function recordHash(record: Closing): Hex {
  return keccak(encode(recordValue(record)));
}

/** An EIP-2098 signature as the contract takes it: the words r and vs. */
export function signatureValue(signature: Hex): readonly Value[] {
  return [`0x${signature.slice(2, 66)}`, `0x${signature.slice(66)}`];
}

export const NO_SIGNATURE: Hex = hexOfNumber(0n, 64);
