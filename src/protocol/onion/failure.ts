import { asciiBytes, concatBytes, readUint, writeUint } from "../bytes.ts";
import type { Crypto } from "../crypto.ts";
import type { RentTerms } from "../types.ts";
import { MAC_BYTES, MAX_HOPS } from "./format.ts";
import { hmac, isEqual, mask } from "./mac.ts";
import { ROWS_BYTES, rowOf, rowShows, shiftIn, shiftOut } from "./failure-rows.ts";

const CONTENT_BYTES = 48;
const BODY_BYTES = MAC_BYTES + CONTENT_BYTES;
/** After the code, where rent was too low. */
const SLOT_FEE_AT = 1;
const SLOT_FEE_BYTES = 16;
const RATE_AT = SLOT_FEE_AT + SLOT_FEE_BYTES;
const RATE_BYTES = 4;
/** Every failure has this size, whoever gave the payment back. */
export const FAILURE_BYTES = BODY_BYTES + ROWS_BYTES;

const STREAM_LABEL = asciiBytes("Hashlane failure 1 stream");
const ORIGIN_LABEL = asciiBytes("Hashlane failure 1 origin");
const ROW_LABEL = asciiBytes("Hashlane failure 1 row");

/** Why a node gave a lock back; only the payer can read it. */
export type FailCode =
  | "unknown_payment"
  | "wrong_amount"
  | "expiry_too_soon"
  | "fee_too_low"
  | "no_capacity"
  | "peer_offline"
  | "unknown_channel"
  | "bad_packet"
  | "policy"
  | "too_many_locks"
  | "replayed"
  | "next_unreadable"
  | "parts_missing"
  | "no_spontaneous"
  | "cancelled"
  | "stale_view"
  | "rent_too_low"
  | "share_full";

const NUMBERS = {
  unknown_payment: 1,
  wrong_amount: 2,
  expiry_too_soon: 3,
  fee_too_low: 4,
  no_capacity: 5,
  peer_offline: 6,
  unknown_channel: 7,
  bad_packet: 8,
  policy: 9,
  too_many_locks: 10,
  replayed: 11,
  next_unreadable: 12,
  parts_missing: 13,
  no_spontaneous: 14,
  cancelled: 15,
  stale_view: 16,
  rent_too_low: 17,
  share_full: 18,
} as const satisfies Record<FailCode, number>;

const CODE_OF: ReadonlyMap<number, FailCode> = new Map(
  (Object.keys(NUMBERS) as FailCode[]).map((code) => [NUMBERS[code], code]),
);

/**
 * A failure as it leaves the node that decided it; `key`: of its layer of the packet. `asked`: what it asks for, if that
 * was not paid.
 */
export function makeFailure(crypto: Crypto, key: Uint8Array, code: FailCode, asked?: RentTerms): Uint8Array {
  const content = new Uint8Array(CONTENT_BYTES);
  content[0] = NUMBERS[code];
  if (asked !== undefined) {
    writeUint(content, SLOT_FEE_AT, SLOT_FEE_BYTES, asked.slotFee);
    writeUint(content, RATE_AT, RATE_BYTES, asked.rentPpm);
  }
  const body = concatBytes(originMac(crypto, key, content), content);
  return relayFailure(crypto, key, concatBytes(body, new Uint8Array(ROWS_BYTES)));
}

/** A failure from the next node, as it goes on to the one before. What it says is not for us to read. */
export function relayFailure(crypto: Crypto, key: Uint8Array, failure: Uint8Array): Uint8Array {
  if (failure.length !== FAILURE_BYTES) {
    throw new RangeError(`a failure has ${FAILURE_BYTES} bytes, not ${failure.length}`);
  }
  const [body, rows] = [failure.subarray(0, BODY_BYTES), failure.subarray(BODY_BYTES)];
  const own = rowOf(crypto, hmac(crypto, key, ROW_LABEL), body, rows);
  const relayed = concatBytes(body, shiftIn(own, rows));
  mask(relayed, streamOf(crypto, key));
  return relayed;
}

/** What a failure tells the payer; `hop` counts the nodes of the route from 0, without the payer. */
export type FailureRead =
  | {
      readonly kind: "failed";
      readonly hop: number;
      readonly code: FailCode;
      /** What the node says that it asks for, if that is why. */
      readonly asked?: RentTerms;
    }
  /** A node gave a reason that this program does not know. */
  | { readonly kind: "unknown_reason"; readonly hop: number; readonly number: number }
  /** Somebody changed it: this node or the one before it. */
  | { readonly kind: "garbled"; readonly hop: number };

/**
 * Takes off layer after layer. Always as many as there can be, so that the time taken tells nobody how far away the
 * failing node was. Never throws.
 */
export function readFailure(crypto: Crypto, keys: readonly Uint8Array[], failure: Uint8Array): FailureRead {
  if (failure.length !== FAILURE_BYTES) return { kind: "garbled", hop: 0 };
  let verdict: FailureRead | null = null;
  let left = failure;
  for (let hop = 0; hop < MAX_HOPS; hop++) {
    const key = keys[hop] ?? new Uint8Array(32);
    const peeled = peel(crypto, key, left, hop);
    if (hop < keys.length) verdict ??= judge(crypto, key, hop, peeled);
    left = peeled.received;
  }
  return verdict ?? { kind: "garbled", hop: keys.length - 1 };
}

interface Peeled {
  readonly received: Uint8Array;
  readonly isWhole: boolean;
}

/** What the node at this place says that it received, and whether it does say so. */
function peel(crypto: Crypto, key: Uint8Array, failure: Uint8Array, place: number): Peeled {
  const shown = failure.slice();
  mask(shown, streamOf(crypto, key));
  const body = shown.subarray(0, BODY_BYTES);
  const { own, rows } = shiftOut(shown.subarray(BODY_BYTES));
  const isWhole = rowShows(crypto, hmac(crypto, key, ROW_LABEL), { body, rows, own, place });
  return { received: concatBytes(body, rows), isWhole };
}

function judge(
  crypto: Crypto,
  key: Uint8Array,
  hop: number,
  { received, isWhole }: Peeled,
): FailureRead | null {
  if (!isWhole) return { kind: "garbled", hop };
  const content = received.subarray(MAC_BYTES, BODY_BYTES);
  if (!isEqual(originMac(crypto, key, content), received.subarray(0, MAC_BYTES))) return null;
  const number = content[0] ?? 0;
  const code = CODE_OF.get(number);
  if (code === undefined) return { kind: "unknown_reason", hop, number };
  return { kind: "failed", hop, code, ...(code === "rent_too_low" ? { asked: askedIn(content) } : {}) };
}

function askedIn(content: Uint8Array): RentTerms {
  const slotFee = readUint(content, SLOT_FEE_AT, SLOT_FEE_BYTES);
  return { slotFee, rentPpm: Number(readUint(content, RATE_AT, RATE_BYTES)) };
}

function originMac(crypto: Crypto, key: Uint8Array, content: Uint8Array): Uint8Array {
  return hmac(crypto, hmac(crypto, key, ORIGIN_LABEL), content).slice(0, MAC_BYTES);
}

function streamOf(crypto: Crypto, key: Uint8Array): Uint8Array {
  return crypto.chacha20(hmac(crypto, key, STREAM_LABEL), FAILURE_BYTES);
}
