import { abiEncode } from "./abi.ts";
import { concatBytes, fromHex, toHex } from "./bytes.ts";
import type { Crypto } from "./crypto.ts";
import { answerDigest, laneDigest, typedDigest } from "./eip712.ts";
import { channelId, otherSide, paramsId, signerOf } from "./identity.ts";
import { bodyOf } from "./locks.ts";
import type {
  Address,
  Amount,
  Body,
  ChannelId,
  Digest,
  Domain,
  Hex,
  LaneHead,
  Params,
  Secret,
  Side,
  Signature,
  UnixSeconds,
} from "./types.ts";

/** What a tower holds for the payee of a lane: enough to answer for it, and nothing that could start a close. */
export interface Appointment {
  readonly params: Params;
  readonly life: number;
  /** The guarded side, which the state pays. */
  readonly side: Side;
  /** Of the lane of the other side. */
  readonly state: LaneHead;
  /** By the other side's signer. */
  readonly signature: Signature;
  /** For the tower, of a conviction; the contract pays at most 1 % of the channel. */
  readonly reward: Amount;
  /** By the guarded side's signer, on the `Answer` in favour of this tower: whoever made it is the client. */
  readonly consent: Signature;
}

/** A witness that must be recorded before a time, if nobody else has done so. */
export interface WitnessDue {
  readonly secret: Secret;
  readonly before: UnixSeconds;
}

/** Types of messages between nodes and towers; the contracts know none of them. */
const TOWER_TYPES = {
  read: "TowerRead(address tower,bytes32 channel,bytes32 challenge)",
  witnesses: "TowerWitnesses(address tower,bytes32 list,bytes32 challenge)",
  receipt: "TowerReceipt(bytes32 taken,uint256 time,uint256 block)",
} as const;

/** What a tower says that it holds, and since when by its view of the chain. */
export interface Receipt {
  /** Digest of the `Answer`, or hash of the list of witnesses. */
  readonly taken: Hex;
  readonly time: UnixSeconds;
  readonly block: number;
}

export interface Named {
  readonly channel: ChannelId;
  readonly body: Body;
  /** Digest of the `Answer` in favour of this tower. */
  readonly answer: Digest;
  /** Signer of the guarded side. */
  readonly client: Address;
  /** Signer of the other side. */
  readonly payer: Address;
}

/** What an appointment with this tower is about. */
export function nameAppointment(
  crypto: Crypto,
  domain: Domain,
  tower: Address,
  appointment: Appointment,
): Named {
  const { params, life, side, state, reward } = appointment;
  const channel = channelId(crypto, paramsId(crypto, domain, params), life);
  const body = bodyOf(crypto, state);
  return {
    channel,
    body,
    answer: answerDigest(crypto, domain, { channel, seq: state.seq, body, tower, reward }),
    client: signerOf(params, side),
    payer: signerOf(params, otherSide(side)),
  };
}

/** Values are what was recovered, null for no signature at all, then whose it had to be. */
export type AppointmentRefusal =
  | { readonly code: "nothing_signed" }
  | { readonly code: "wrong_payer"; readonly signer: Address | null; readonly expected: Address }
  | { readonly code: "wrong_client"; readonly signer: Address | null; readonly expected: Address };

/** Whether both sides have signed what they must; null if so. */
export function checkAppointment(
  crypto: Crypto,
  domain: Domain,
  { channel, body, answer, client, payer }: Named,
  { state, signature, consent }: Appointment,
): AppointmentRefusal | null {
  if (state.seq === 0) return { code: "nothing_signed" };
  const lane = laneDigest(crypto, domain, channel, state.seq, body);
  const signer = crypto.recover(lane, signature);
  if (signer !== payer) return { code: "wrong_payer", signer, expected: payer };
  const consenter = crypto.recover(answer, consent);
  return consenter === client ? null : { code: "wrong_client", signer: consenter, expected: client };
}

/** Signed by a client that wants its record back; the challenge is the tower's, and good for one answer. */
export function readDigest(
  crypto: Crypto,
  domain: Domain,
  {
    tower,
    channel,
    challenge,
  }: { readonly tower: Address; readonly channel: ChannelId; readonly challenge: Hex },
): Digest {
  return typedDigest(crypto, domain, TOWER_TYPES.read, [tower, channel, challenge]);
}

/** Signed by a client that hands over its whole list of witnesses. */
export function witnessesDigest(
  crypto: Crypto,
  domain: Domain,
  { tower, list, challenge }: { readonly tower: Address; readonly list: Hex; readonly challenge: Hex },
): Digest {
  return typedDigest(crypto, domain, TOWER_TYPES.witnesses, [tower, list, challenge]);
}

export function witnessesHash(crypto: Crypto, witnesses: readonly WitnessDue[]): Hex {
  const words = witnesses.flatMap(({ secret, before }) => [fromHex(secret), abiEncode([before])]);
  return toHex(crypto.keccak256(concatBytes(...words)), 32);
}

/** Signed by the tower: it answers for what it took. */
export function receiptDigest(crypto: Crypto, domain: Domain, { taken, time, block }: Receipt): Digest {
  return typedDigest(crypto, domain, TOWER_TYPES.receipt, [taken, time, block]);
}
