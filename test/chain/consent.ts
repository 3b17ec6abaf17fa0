import { Signature, type JsonRpcApiProvider } from "ethers";
import type { Consent } from "../../src/chain/funding.ts";
import type { Address, Amount, Domain, Hex, ParamsId } from "../../src/protocol/types.ts";

const FIELDS = {
  FundingConsent: [
    { name: "paramsId", type: "bytes32" },
    { name: "life", type: "uint256" },
    { name: "amount", type: "uint256" },
    { name: "otherAmount", type: "uint256" },
    { name: "validUntil", type: "uint256" },
  ],
};

export interface Asked {
  readonly paramsId: ParamsId;
  readonly life: number;
  readonly amount: Amount;
  readonly otherAmount: Amount;
  readonly validUntil: number;
}

/** Signed as a wallet would, by an account that the chain's node holds the key of. */
export async function consentOf(
  provider: JsonRpcApiProvider,
  domain: Domain,
  owner: Address,
  asked: Asked,
): Promise<Consent> {
  const signer = await provider.getSigner(owner);
  const { chainId, contract: verifyingContract } = domain;
  const where = { name: "Hashlane", version: "1", chainId, verifyingContract };
  const signed = await signer.signTypedData(where, FIELDS, asked);
  const { otherAmount, validUntil } = asked;
  return { otherAmount, validUntil, signature: Signature.from(signed).compactSerialized as Hex };
}
