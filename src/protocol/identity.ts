import { abiEncode } from "./abi.ts";
import { toHex } from "./bytes.ts";
import type { Crypto } from "./crypto.ts";
import type { Address, ChannelId, Domain, Params, ParamsId, Side } from "./types.ts";

/** `keccak256(abi.encode(chainid, contract, Params))` [ID-4]. */
export function paramsId(crypto: Crypto, domain: Domain, params: Params): ParamsId {
  const encoded = abiEncode([
    domain.chainId,
    domain.contract,
    params.ownerA,
    params.ownerB,
    params.signerA,
    params.signerB,
    params.token,
    params.challengePeriod,
    params.recoveryPeriod,
    params.salt,
  ]);
  return toHex<ParamsId>(crypto.keccak256(encoded), 32);
}

/** `keccak256(abi.encode(paramsId, life))`: what every signature names. */
export function channelId(crypto: Crypto, id: ParamsId, life: number): ChannelId {
  return toHex<ChannelId>(crypto.keccak256(abiEncode([id, life])), 32);
}

/** Which side of the channel this signer is; null if it is neither. */
export function sideOf(params: Params, signer: Address): Side | null {
  if (signer === params.signerA) return "A";
  return signer === params.signerB ? "B" : null;
}

export function signerOf(params: Params, side: Side): Address {
  return side === "A" ? params.signerA : params.signerB;
}

export function otherSide(side: Side): Side {
  return side === "A" ? "B" : "A";
}
