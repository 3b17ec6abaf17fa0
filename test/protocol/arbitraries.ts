import fc from "fast-check";
import { toHex } from "../../src/protocol/bytes.ts";
import { MAX_UINT128, MAX_UINT40, MAX_UINT96 } from "../../src/protocol/checked.ts";
import { REFUSALS } from "../../src/protocol/liquidity-terms.ts";
import type { Change, Message, SignedState } from "../../src/protocol/messages.ts";
import type {
  Body,
  ChainLock,
  HashLock,
  Hex,
  LaneLock,
  Lock,
  Params,
  PaymentTag,
  Policy,
  RentTerms,
  Secret,
  Signature,
} from "../../src/protocol/types.ts";
import { FAILURE_BYTES } from "../../src/protocol/onion/failure.ts";
import { MAX_PACKET_BYTES } from "../../src/protocol/wire-change.ts";

/** Brands are lengths with a meaning; a test says which. */
export function hexOf<T extends Hex>(length: number): fc.Arbitrary<T> {
  return fc.uint8Array({ minLength: length, maxLength: length }).map((bytes) => toHex<T>(bytes, length));
}

export const uint40 = fc.maxSafeNat().map((value) => value % (MAX_UINT40 + 1));
export const uint96 = fc.bigInt({ min: 0n, max: MAX_UINT96 });
export const uint128 = fc.bigInt({ min: 0n, max: MAX_UINT128 });
export const int256 = fc.bigInt({ min: -(1n << 255n), max: (1n << 255n) - 1n });
export const safeUint = fc.maxSafeNat();

const hashLock: fc.Arbitrary<HashLock> = fc.record({
  kind: fc.constant("hash" as const),
  amount: uint96,
  expiry: uint40,
  hash: hexOf<HashLock["hash"]>(32),
});

const chainLock: fc.Arbitrary<ChainLock> = fc.record({
  kind: fc.constant("chain" as const),
  amount: uint96,
  expiry: uint40,
  commitment: hexOf<ChainLock["commitment"]>(32),
  unit: uint96,
  start: uint40,
});

export const lock: fc.Arbitrary<Lock> = fc.oneof({ weight: 2, arbitrary: hashLock }, chainLock);

export const laneLocks: fc.Arbitrary<readonly LaneLock[]> = fc
  .array(lock, { maxLength: 20 })
  .map((locks) => locks.map((one, index) => ({ id: index + 1, lock: one })));

export const params: fc.Arbitrary<Params> = fc.record({
  ownerA: hexOf<Params["ownerA"]>(20),
  ownerB: hexOf<Params["ownerB"]>(20),
  signerA: hexOf<Params["signerA"]>(20),
  signerB: hexOf<Params["signerB"]>(20),
  token: hexOf<Params["token"]>(20),
  challengePeriod: fc.nat(0xffffffff),
  recoveryPeriod: fc.nat(0xffffffff),
  salt: fc.bigInt({ min: 0n, max: (1n << 256n) - 1n }),
});

export const change: fc.Arbitrary<Change> = fc.oneof(
  fc.record({ kind: fc.constant("pay" as const), amount: uint128, tag: hexOf<PaymentTag>(32) }),
  fc.record({
    kind: fc.constant("add" as const),
    id: safeUint,
    lock,
    packet: fc.uint8Array({ maxLength: MAX_PACKET_BYTES, size: "small" }),
  }),
  fc.record({
    kind: fc.constant("add" as const),
    id: safeUint,
    lock,
    packet: fc.uint8Array({ maxLength: MAX_PACKET_BYTES, size: "small" }),
    rent: fc.bigInt({ min: 1n, max: MAX_UINT96 }),
  }),
  fc.record({ kind: fc.constantFrom("win" as const, "drop" as const, "expire" as const), id: safeUint }),
);

const rentTerms: fc.Arbitrary<RentTerms> = fc
  .record({ slotFee: uint128, rentPpm: fc.nat(0xffffffff) })
  .filter(({ slotFee, rentPpm }) => slotFee > 0n || rentPpm > 0);

const policyTerms: fc.Arbitrary<Policy> = fc.record({
  channel: hexOf<Policy["channel"]>(32),
  node: hexOf<Policy["node"]>(20),
  seq: safeUint,
  feeBase: uint128,
  feePpm: fc.nat(0xffffffff),
  claimTime: fc.nat(0xffffffff),
  minAmount: uint128,
  maxAmount: uint128,
  enabled: fc.boolean(),
});

export const policy: fc.Arbitrary<Policy> = fc.oneof(
  policyTerms,
  fc.record({ terms: policyTerms, rent: rentTerms }).map(({ terms, rent }) => ({ ...terms, rent })),
);

const failure = fc.option(fc.uint8Array({ minLength: FAILURE_BYTES, maxLength: FAILURE_BYTES }));

const channel = hexOf<Policy["channel"]>(32);
const signature = hexOf<Signature>(64);

const signedState: fc.Arbitrary<SignedState> = fc.record({
  state: fc.record({ seq: safeUint, sent: uint128, ack: safeUint, locks: laneLocks }),
  signature,
});

export const message: fc.Arbitrary<Message> = fc.oneof(
  fc.record({
    kind: fc.constant("update" as const),
    channel,
    base: safeUint,
    seq: safeUint,
    ack: safeUint,
    changes: fc.array(change, { maxLength: 8 }),
    signature,
  }),
  fc.record({ kind: fc.constant("fulfil" as const), channel, id: safeUint, secret: hexOf<Secret>(32) }),
  fc.record({ kind: fc.constant("fail" as const), channel, id: safeUint, failure }),
  fc.record({ kind: fc.constant("seen" as const), channel, deposits: fc.record({ A: int256, B: int256 }) }),
  fc.record({
    kind: fc.constant("resume" as const),
    channel,
    ownSeq: safeUint,
    heldSeq: safeUint,
    held: fc.option(fc.record({ body: hexOf<Body>(32), signature })),
  }),
  fc.record({
    kind: fc.constant("recover" as const),
    channel,
    lost: fc.boolean(),
    own: fc.option(signedState),
    held: fc.option(signedState),
  }),
  fc.record({ kind: fc.constant("shutdown" as const), channel }),
  fc.record({ kind: fc.constant("stop" as const), channel, lastSeq: safeUint, heldSeq: safeUint }),
  fc.record({
    kind: fc.constant("closing" as const),
    channel,
    transfer: int256,
    validUntil: safeUint,
    signature,
  }),
  fc.record({
    kind: fc.constant("resize" as const),
    channel,
    count: safeUint,
    changes: fc.record({ A: int256, B: int256 }),
    validUntil: safeUint,
    seq: safeUint,
    signature,
  }),
  fc.record({ kind: fc.constant("resizeAgreed" as const), channel, count: safeUint, signature }),
  fc.record({ kind: fc.constant("quoteAsk" as const), token: hexOf<Policy["node"]>(20), amount: uint128 }),
  fc.record({
    kind: fc.constant("quote" as const),
    token: hexOf<Policy["node"]>(20),
    amount: uint128,
    refusal: fc.option(fc.constantFrom(...REFUSALS)),
    fee: uint128,
    seconds: fc.nat(0xffffffff),
    least: uint128,
    most: uint128,
  }),
  fc.record({
    kind: fc.constant("openAsk" as const),
    params,
    life: safeUint,
    amounts: fc.record({ A: uint128, B: uint128 }),
    fee: uint128,
    validUntil: safeUint,
    signature: fc.option(signature),
  }),
  fc.record({ kind: fc.constant("openConsent" as const), channel, signature }),
  fc.record({ kind: fc.constant("openDecline" as const), channel, refusal: fc.constantFrom(...REFUSALS) }),
  fc.record({ kind: fc.constant("policy" as const), signed: fc.record({ policy, signature }) }),
);
