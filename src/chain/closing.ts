import type { IHashlane } from "../../typechain-types/Hashlane.ts";
import type { ClosingRecord, RecordedLane } from "../protocol/chain-facts.ts";
import { must, parseAddress } from "../protocol/checked.ts";
import type { LaneHead, LocksRoot, Params, Signature } from "../protocol/types.ts";

const CLOSER_IS_B = 1n << 192n;
const HUMBLE = 1n << 193n;
const THEIRS_SHOWN = 1n << 194n;
const ANSWERED_SHOWN = 1n << 195n;
const MASK_128 = (1n << 128n) - 1n;
const MASK_64 = (1n << 64n) - 1n;
const MOST_SEQ = BigInt(Number.MAX_SAFE_INTEGER);

const signed96 = (bits: bigint): bigint => BigInt.asIntN(96, bits);
const unsigned96 = (value: bigint): bigint => BigInt.asUintN(96, value);

/** Something for each state of a closing record. */
export interface RecordedLists<T> {
  readonly own: T;
  readonly theirs: T;
  readonly answered: T;
}

export function readParams(params: IHashlane.ParamsStructOutput): Params {
  return {
    ownerA: must(parseAddress(params.ownerA)),
    ownerB: must(parseAddress(params.ownerB)),
    signerA: must(parseAddress(params.signerA)),
    signerB: must(parseAddress(params.signerB)),
    token: must(parseAddress(params.token)),
    challengePeriod: Number(params.challengePeriod),
    recoveryPeriod: Number(params.recoveryPeriod),
    salt: params.salt,
  };
}

type ClosingWords = Pick<
  IHashlane.ClosingStructOutput,
  "terms" | "paid" | "own" | "ownLocks" | "theirs" | "theirLocks" | "answered" | "answeredLocks"
>;

/** The packed words of a closing record; their layout is documented at IHashlane.Closing. */
export function readRecord(closing: ClosingWords): ClosingRecord {
  const { terms, paid } = closing;
  return {
    closer: (terms & CLOSER_IS_B) === 0n ? "A" : "B",
    humble: (terms & HUMBLE) !== 0n,
    deposits: { A: signed96(terms), B: signed96(terms >> 96n) },
    paid: { A: paid & MASK_128, B: paid >> 128n },
    own: readLane(closing.own, closing.ownLocks, true),
    theirs: readLane(closing.theirs, closing.theirLocks, (terms & THEIRS_SHOWN) !== 0n),
    answered: readLane(closing.answered, closing.answeredLocks, (terms & ANSWERED_SHOWN) !== 0n),
  };
}

function readLane(word: bigint, root: string, shown: boolean): RecordedLane {
  const seq = word >> 192n;
  const ack = (word >> 128n) & MASK_64;
  const isHuge = seq > MOST_SEQ || ack > MOST_SEQ;
  return {
    seq: Number(seq > MOST_SEQ ? MOST_SEQ : seq),
    ack: Number(ack > MOST_SEQ ? MOST_SEQ : ack),
    sent: word & MASK_128,
    locksRoot: root as LocksRoot,
    shown,
    ...(isHuge ? { exact: { seq, ack } } : {}),
  };
}

/** The inverse of {@link readRecord}: the contract must find the hash that its slot commits to. */
export function writeRecord(record: ClosingRecord): IHashlane.ClosingStruct {
  const { closer, humble, deposits, paid, own, theirs, answered } = record;
  return {
    terms:
      unsigned96(deposits.A) |
      (unsigned96(deposits.B) << 96n) |
      (closer === "B" ? CLOSER_IS_B : 0n) |
      (humble ? HUMBLE : 0n) |
      (theirs.shown ? THEIRS_SHOWN : 0n) |
      (answered.shown ? ANSWERED_SHOWN : 0n),
    paid: (paid.B << 128n) | paid.A,
    own: laneWord(own),
    ownLocks: own.locksRoot,
    theirs: laneWord(theirs),
    theirLocks: theirs.locksRoot,
    answered: laneWord(answered),
    answeredLocks: answered.locksRoot,
  };
}

function laneWord({ seq, ack, sent, exact }: RecordedLane): bigint {
  const numbers = exact ?? { seq: BigInt(seq), ack: BigInt(ack) };
  return (numbers.seq << 192n) | (numbers.ack << 128n) | sent;
}

export function writeHead({ seq, ack, sent, locksRoot }: LaneHead): IHashlane.LaneStateStruct {
  return { seq, ack, sent, locksRoot };
}

export function writeSignature(signature: Signature): IHashlane.SignatureStruct {
  return { r: signature.slice(0, 66), vs: `0x${signature.slice(66)}` };
}
