import {
  HashTimelock__factory,
  Hashlane__factory,
  SecretRegistry__factory,
} from "../../typechain-types/index.ts";
import { HashlaneError } from "../protocol/error.ts";
import type { Address, Hex } from "../protocol/types.ts";
import type { Account } from "./account.ts";
import { transact } from "./receipt.ts";

export interface DeployOptions {
  /** Seconds: bounds of the challenge periods that channels may choose. */
  readonly leastChallenge: number;
  readonly mostChallenge: number;
  /** One that stands already: a chain needs only one. */
  readonly registry?: Address;
}

export interface Deployed {
  readonly address: Address;
  readonly gasUsed: bigint;
}

export interface Deployment {
  /** Gas 0 if it stood already. */
  readonly registry: Deployed;
  readonly hashlane: Deployed;
  readonly hashTimelock: Deployed;
  /** Reading starts here; 0 if the registry stood already, because it may be as old as the chain. */
  readonly firstBlock: number;
}

/** Deploys registry, Hashlane and HashTimelock. Rejects with `transaction_failed`. */
export async function deployContracts(account: Account, options: DeployOptions): Promise<Deployment> {
  const { leastChallenge, mostChallenge } = options;
  const registry =
    options.registry === undefined
      ? await deploy(account, "the SecretRegistry", SecretRegistry__factory.bytecode)
      : { address: options.registry, gasUsed: 0n, block: 0 };
  const values = Hashlane__factory.createInterface().encodeDeploy([
    registry.address,
    leastChallenge,
    mostChallenge,
  ]);
  const hashlane = await deploy(account, "Hashlane", `${Hashlane__factory.bytecode}${values.slice(2)}`);
  const hashTimelock = await deploy(account, "the HashTimelock", HashTimelock__factory.bytecode);
  return {
    registry: { address: registry.address, gasUsed: registry.gasUsed },
    hashlane: { address: hashlane.address, gasUsed: hashlane.gasUsed },
    hashTimelock: { address: hashTimelock.address, gasUsed: hashTimelock.gasUsed },
    firstBlock: registry.block,
  };
}

async function deploy(account: Account, name: string, code: string): Promise<Deployed & { block: number }> {
  const call = { to: null, data: code as Hex, value: 0n, pushes: false };
  const { created, gasUsed, block } = await transact(account, `the deployment of ${name}`, call);
  if (created === null) {
    throw new HashlaneError("transaction_failed", {
      failed: `the deployment of ${name} made no contract`,
      given: { account: account.address, block },
      next: "This chain does not behave like Ethereum; use another.",
    });
  }
  return { address: created, gasUsed, block };
}
