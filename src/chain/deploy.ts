import {
  HashTimelock__factory,
  Hashlane__factory,
  SecretRegistry__factory,
} from "../../typechain-types/index.ts";
import type { Address, Hex } from "../protocol/types.ts";
import type { Account } from "./account.ts";
import { addressOfCode, place, requireFactory, type Placed } from "./factory.ts";

export interface ChallengeBounds {
  /** Seconds: bounds of the challenge periods that channels may choose. */
  readonly leastChallenge: number;
  readonly mostChallenge: number;
}

export interface DeployOptions extends ChallengeBounds {
  /** One that stands already elsewhere: a chain needs only one. */
  readonly registry?: Address;
}

/** Those of the addresses in `deployments/`. */
export const USUAL_BOUNDS: ChallengeBounds = { leastChallenge: 60, mostChallenge: 365 * 86_400 };

export type ContractName = "registry" | "hashlane" | "hashTimelock";

/** Gas 0 if it stood already. */
export type Deployed = Pick<Placed, "address" | "gasUsed">;

export interface Deployment extends Readonly<Record<ContractName, Deployed>> {
  /** Reading starts here; 0 if the registry stood already, because it may be as old as the chain. */
  readonly firstBlock: number;
}

/** What the factory is given to make each contract, constructor arguments included. */
export function initCodes(options: DeployOptions): Readonly<Record<ContractName, Hex>> {
  const { leastChallenge, mostChallenge } = options;
  const registryCode = SecretRegistry__factory.bytecode as Hex;
  const registry = options.registry ?? addressOfCode(registryCode);
  const values = Hashlane__factory.createInterface().encodeDeploy([registry, leastChallenge, mostChallenge]);
  return {
    registry: registryCode,
    hashlane: `${Hashlane__factory.bytecode}${values.slice(2)}` as Hex,
    hashTimelock: HashTimelock__factory.bytecode,
  };
}

/**
 * Deploys registry, Hashlane and HashTimelock at addresses that their code decides; what stands there already is this
 * very code. Rejects as `requireFactory` and `place` do.
 */
export async function deployContracts(account: Account, options: DeployOptions): Promise<Deployment> {
  await requireFactory(account);
  const codes = initCodes(options);
  const registry =
    options.registry === undefined
      ? await place(account, "the SecretRegistry", codes.registry)
      : { address: options.registry, gasUsed: 0n, block: 0 };
  const hashlane = await place(account, "Hashlane", codes.hashlane);
  const hashTimelock = await place(account, "the HashTimelock", codes.hashTimelock);
  return { registry, hashlane, hashTimelock, firstBlock: registry.block };
}
