import type { Crypto, Signer } from "./crypto.ts";
import { typedDigest } from "./eip712.ts";
import type { Digest, Domain, Policy, SignedPolicy } from "./types.ts";

const FIELDS =
  "bytes32 channel,address node,uint64 seq,uint128 feeBase,uint32 feePpm,uint32 claimTime,uint128 minAmount,uint128 maxAmount,bool enabled";
const POLICY_TYPE = `Policy(${FIELDS})`;
const RENT_POLICY_TYPE = `Policy(${FIELDS},uint128 slotFee,uint32 rentPpm)`;

/** One that asks for no rent is signed as before there was rent. In the domain of the channels, so that a policy is good for one contract on one chain only [I7]. */
export function policyDigest(crypto: Crypto, domain: Domain, policy: Policy): Digest {
  const { channel, node, seq, feeBase, feePpm, claimTime, minAmount, maxAmount, enabled, rent } = policy;
  const more = rent === undefined ? [] : [rent.slotFee, rent.rentPpm];
  return typedDigest(crypto, domain, rent === undefined ? POLICY_TYPE : RENT_POLICY_TYPE, [
    channel,
    node,
    seq,
    feeBase,
    feePpm,
    claimTime,
    minAmount,
    maxAmount,
    enabled,
    ...more,
  ]);
}

export function signPolicy(
  crypto: Crypto,
  signer: Signer,
  domain: Domain,
  policy: Omit<Policy, "node">,
): SignedPolicy {
  const own = { ...policy, node: signer.address };
  return { policy: own, signature: signer.sign(policyDigest(crypto, domain, own)) };
}

/** Keys that were asked for, of policies that are still known: recovering one takes as long as the rest of a payment. */
const keys = new WeakMap<SignedPolicy, { readonly domain: Domain; readonly key: Uint8Array | null }>();

/** The public key of the node, if {@link isSignedPolicy}. */
export function policyKey(crypto: Crypto, domain: Domain, signed: SignedPolicy): Uint8Array | null {
  const known = keys.get(signed);
  if (known?.domain === domain) return known.key;
  const key = crypto.recoverKey(policyDigest(crypto, domain, signed.policy), signed.signature);
  keys.set(signed, { domain, key });
  return key;
}

/** Whether the node that it names signed it; whether that node is an end of the channel is for the graph to know. */
export function isSignedPolicy(crypto: Crypto, domain: Domain, { policy, signature }: SignedPolicy): boolean {
  return crypto.recover(policyDigest(crypto, domain, policy), signature) === policy.node;
}
