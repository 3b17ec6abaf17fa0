import { rentField } from "./rent.ts";
import type { Policy, RentTerms, SignedPolicy } from "./types.ts";
import type { WireReader } from "./wire-reader.ts";
import type { WireWriter } from "./wire-writer.ts";

const WORD = 32;
const ADDRESS = 20;
const SIGNATURE = 64;
const NUMBER = 8;
const AMOUNT = 16;
const SECONDS = 4;

/** The last byte before the signature, or before the length and the terms that follow it. */
const ENABLED = 1;
const MORE_TERMS = 2;
/** Of the terms of rent: slot fee and rate. */
const RENT_TERMS_BYTES = AMOUNT + SECONDS;

export function writePolicy(to: WireWriter, { policy, signature }: SignedPolicy): void {
  to.hex(policy.channel);
  to.hex(policy.node);
  to.uint(NUMBER, policy.seq);
  to.uint(AMOUNT, policy.feeBase);
  to.uint(SECONDS, policy.feePpm);
  to.uint(SECONDS, policy.claimTime);
  to.uint(AMOUNT, policy.minAmount);
  to.uint(AMOUNT, policy.maxAmount);
  const { rent, enabled } = policy;
  to.uint(1, (enabled ? ENABLED : 0) | (rent === undefined ? 0 : MORE_TERMS));
  if (rent !== undefined) {
    to.uint(1, RENT_TERMS_BYTES);
    to.uint(AMOUNT, rent.slotFee);
    to.uint(SECONDS, rent.rentPpm);
  }
  to.hex(signature);
}

export function readPolicy(from: WireReader): SignedPolicy {
  const fixed = {
    channel: from.hex<Policy["channel"]>(WORD, "channel"),
    node: from.hex<Policy["node"]>(ADDRESS, "node"),
    seq: from.number(NUMBER, "policy seq"),
    feeBase: from.uint(AMOUNT, "base fee"),
    feePpm: from.number(SECONDS, "proportional fee"),
    claimTime: from.number(SECONDS, "claim time"),
    minAmount: from.uint(AMOUNT, "least amount"),
    maxAmount: from.uint(AMOUNT, "greatest amount"),
  };
  const at = from.at;
  const flags = from.number(1, "flags of a policy");
  if (flags > (ENABLED | MORE_TERMS))
    from.fail("out_of_range", `flags of a policy must be from 0 to 3; given: ${flags}`, at);
  const rent = (flags & MORE_TERMS) === 0 ? {} : rentField(readRentTerms(from));
  const policy: Policy = { ...fixed, enabled: (flags & ENABLED) !== 0, ...rent };
  return { policy, signature: from.hex(SIGNATURE, "signature") };
}

/** What a later version adds is signed with the rest, so that who does not know it cannot check the signature. */
function readRentTerms(from: WireReader): RentTerms {
  const at = from.at;
  const length = from.number(1, "length of the terms of rent");
  if (length !== RENT_TERMS_BYTES) {
    from.fail("out_of_range", `terms of rent must have ${RENT_TERMS_BYTES} bytes; given: ${length}`, at);
  }
  const slotFee = from.uint(AMOUNT, "slot fee");
  const rentPpm = from.number(SECONDS, "rate of rent");
  if (slotFee === 0n && rentPpm === 0)
    from.fail("out_of_range", "terms of rent must ask for some; given: 0 and 0", at);
  return { slotFee, rentPpm };
}
