import { abiEncode, type AbiWord } from "./abi.ts";
import { asciiBytes, toHex } from "./bytes.ts";
import type { Crypto } from "./crypto.ts";
import type { Address, Amount, Body, ChannelId, Digest, Domain, ParamsId, Seq } from "./types.ts";

/** Types of section 2.3 that are signed off chain; the text is hashed, so every character counts. */
export const TYPES = {
  domain: "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)",
  lane: "Lane(bytes32 channel,uint64 seq,bytes32 body)",
  answer: "Answer(bytes32 channel,uint64 seq,bytes32 body,address tower,uint256 reward)",
  resize: "Resize(bytes32 channel,uint256 count,int256 changeA,int256 changeB,uint256 validUntil)",
  closeIntent:
    "CloseIntent(bytes32 channel,uint64 ownSeq,bytes32 ownBody,uint64 theirSeq,bytes32 theirBody,bool humble,uint256 validUntil)",
  fundingConsent:
    "FundingConsent(bytes32 paramsId,uint256 life,uint256 amount,uint256 otherAmount,uint256 validUntil)",
  cooperativeClose: "CooperativeClose(bytes32 channel,int256 transfer,uint256 validUntil)",
} as const;

const PREFIX = Uint8Array.of(0x19, 0x01);
const NAME = "Hashlane";
const VERSION = "1";

/** Constant for a domain and asked for at every signature; the cache forgets with its key. */
const separators = new WeakMap<Domain, Uint8Array>();

/** Hash of the text of an EIP-712 type. */
function typeHash(crypto: Crypto, type: string): Uint8Array {
  return crypto.keccak256(asciiBytes(type));
}

export function domainSeparator(crypto: Crypto, domain: Domain): Uint8Array {
  const known = separators.get(domain);
  if (known !== undefined) return known;
  const separator = crypto.keccak256(
    abiEncode([
      typeHash(crypto, TYPES.domain),
      typeHash(crypto, NAME),
      typeHash(crypto, VERSION),
      domain.chainId,
      domain.contract,
    ]),
  );
  separators.set(domain, separator);
  return separator;
}

/** Digest of a struct of static fields in this domain [I7]. */
export function typedDigest(
  crypto: Crypto,
  domain: Domain,
  type: string,
  fields: readonly AbiWord[],
): Digest {
  const struct = crypto.keccak256(abiEncode([typeHash(crypto, type), ...fields]));
  const message = new Uint8Array(66);
  message.set(PREFIX, 0);
  message.set(domainSeparator(crypto, domain), 2);
  message.set(struct, 34);
  return toHex<Digest>(crypto.keccak256(message), 32);
}

/** What the payer of a lane signs for each state. */
export function laneDigest(crypto: Crypto, domain: Domain, channel: ChannelId, seq: Seq, body: Body): Digest {
  return typedDigest(crypto, domain, TYPES.lane, [channel, seq, body]);
}

export interface Answer {
  readonly channel: ChannelId;
  readonly seq: Seq;
  readonly body: Body;
  readonly tower: Address;
  readonly reward: Amount;
}

/** What the payee signs to let a tower answer in its name [CL-6]. */
export function answerDigest(crypto: Crypto, domain: Domain, answer: Answer): Digest {
  const { channel, seq, body, tower, reward } = answer;
  return typedDigest(crypto, domain, TYPES.answer, [channel, seq, body, tower, reward]);
}

export interface CooperativeClose {
  readonly channel: ChannelId;
  /** Net amount from A to B. */
  readonly transfer: bigint;
  /** Unix seconds. */
  readonly validUntil: number;
}

/** What both sides sign to end a channel at once. */
export function cooperativeCloseDigest(crypto: Crypto, domain: Domain, close: CooperativeClose): Digest {
  return typedDigest(crypto, domain, TYPES.cooperativeClose, [
    close.channel,
    close.transfer,
    close.validUntil,
  ]);
}

export interface Resize {
  readonly channel: ChannelId;
  /** Resizes of this life so far. */
  readonly count: number;
  /** Changes of the net deposits, together at most zero. */
  readonly changeA: bigint;
  readonly changeB: bigint;
  /** Unix seconds. */
  readonly validUntil: number;
}

/** What both sides sign to withdraw from an open channel or to move deposits between its sides. */
export function resizeDigest(crypto: Crypto, domain: Domain, resize: Resize): Digest {
  const { channel, count, changeA, changeB, validUntil } = resize;
  return typedDigest(crypto, domain, TYPES.resize, [channel, count, changeA, changeB, validUntil]);
}

export interface CloseIntent {
  readonly channel: ChannelId;
  readonly ownSeq: Seq;
  readonly ownBody: Body;
  readonly theirSeq: Seq;
  readonly theirBody: Body;
  readonly humble: boolean;
  /** Unix seconds. */
  readonly validUntil: number;
}

/** What a closer signs so that somebody else can send its close [CL-1]. */
export function closeIntentDigest(crypto: Crypto, domain: Domain, intent: CloseIntent): Digest {
  const { channel, ownSeq, ownBody, theirSeq, theirBody, humble, validUntil } = intent;
  const fields = [channel, ownSeq, ownBody, theirSeq, theirBody, humble, validUntil];
  return typedDigest(crypto, domain, TYPES.closeIntent, fields);
}

export interface FundingConsent {
  readonly paramsId: ParamsId;
  readonly life: number;
  /** What the owner's side gets. */
  readonly amount: Amount;
  /** Least net deposit that the other side must have then. */
  readonly otherAmount: Amount;
  /** Unix seconds. */
  readonly validUntil: number;
}

/** What an owner signs to let somebody else bring its money in. */
export function fundingConsentDigest(crypto: Crypto, domain: Domain, consent: FundingConsent): Digest {
  const { paramsId, life, amount, otherAmount, validUntil } = consent;
  return typedDigest(crypto, domain, TYPES.fundingConsent, [paramsId, life, amount, otherAmount, validUntil]);
}
