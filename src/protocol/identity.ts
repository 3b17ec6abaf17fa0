import { abiEncode } from "./abi.ts";
import { toHex } from "./bytes.ts";
import { type Checked, MAX_UINT144, ZERO_ADDRESS } from "./checked.ts";
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

export function ownerOf(params: Params, side: Side): Address {
  return side === "A" ? params.ownerA : params.ownerB;
}

export function otherSide(side: Side): Side {
  return side === "A" ? "B" : "A";
}

/** What a deployment takes for a period, in seconds; both ends included. */
export interface PeriodBounds {
  readonly least: number;
  readonly most: number;
}

/** Whether a channel may have these Params [ID-3]. */
export function checkParams(params: Params, bounds: PeriodBounds): Checked<Params> {
  const problem = problemOfParties(params) ?? problemOfNumbers(params, bounds);
  return problem === null ? { ok: true, value: params } : { ok: false, problem };
}

function problemOfParties({ ownerA, ownerB, signerA, signerB }: Params): string | null {
  const parties = { ownerA, ownerB, signerA, signerB };
  for (const [name, address] of Object.entries(parties)) {
    if (address === ZERO_ADDRESS) return `${name} must not be the zero address`;
  }
  // The caller's side is told from its address.
  for (const one of ["ownerA", "signerA"] as const) {
    for (const other of ["ownerB", "signerB"] as const) {
      if (parties[one] === parties[other]) return `${one} and ${other} must differ; both are ${parties[one]}`;
    }
  }
  return null;
}

function problemOfNumbers(
  { challengePeriod, recoveryPeriod, salt }: Params,
  bounds: PeriodBounds,
): string | null {
  const { least, most } = bounds;
  if (!isWithin(challengePeriod, bounds)) {
    return `challengePeriod must be from ${least} to ${most} seconds; given: ${challengePeriod}`;
  }
  if (recoveryPeriod !== 0 && !isWithin(recoveryPeriod, bounds)) {
    return `recoveryPeriod must be 0 or from ${least} to ${most} seconds; given: ${recoveryPeriod}`;
  }
  return salt < 0n || salt > MAX_UINT144 ? `salt must be from 0 to ${MAX_UINT144}; given: ${salt}` : null;
}

function isWithin(seconds: number, { least, most }: PeriodBounds): boolean {
  return Number.isInteger(seconds) && seconds >= least && seconds <= most;
}
