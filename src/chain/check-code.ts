import addresses from "../../deployments/addresses.json" with { type: "json" };
import type { Hex } from "../protocol/types.ts";
import { codeHashOf } from "./code.ts";
import type { Contracts } from "./contracts.ts";

/** Whether the contract is what this build compiles to, whatever its constructor was given. */
export async function isCodeOurs({ provider, domain }: Contracts): Promise<boolean> {
  const { codeHash, immutables } = addresses.contracts.hashlane;
  return codeHashOf((await provider.getCode(domain.contract)) as Hex, immutables) === codeHash;
}
