import type { JsonRpcApiProvider } from "ethers";
import { Contract } from "ethers";

import { codeHashOf } from "../../src/chain/code.ts";
import { initCodes, type ChallengeBounds, type ContractName } from "../../src/chain/deploy.ts";
import { addressOfCode } from "../../src/chain/factory.ts";
import type { Address, Hex } from "../../src/protocol/types.ts";
import { StoryFailure } from "../story/failure.ts";
import { CONTRACTS, immutablesOf, readArtifact } from "./build.ts";

/** What stands at the address of a contract of this build. */
export interface Standing {
  readonly contract: ContractName;
  readonly address: Address;
  readonly state: "this build" | "nothing" | "another code" | "other values";
}

/** Compares the code on chain, and what constructors wrote into it, with the build. */
export async function inspect(
  provider: JsonRpcApiProvider,
  bounds: ChallengeBounds,
): Promise<readonly Standing[]> {
  const codes = initCodes(bounds);
  return Promise.all(
    CONTRACTS.map(async (contract) => {
      const address = addressOfCode(codes[contract]);
      const code = (await provider.getCode(address)) as Hex;
      if (code === "0x") return { contract, address, state: "nothing" };
      const artifact = await readArtifact(contract);
      const immutables = immutablesOf(artifact);
      const same = codeHashOf(code, immutables) === codeHashOf(artifact.deployedBytecode, immutables);
      if (!same) return { contract, address, state: "another code" };
      const right = contract !== "hashlane" || (await hasValues(provider, address, bounds, codes.registry));
      return { contract, address, state: right ? "this build" : "other values" };
    }),
  );
}

async function hasValues(
  provider: JsonRpcApiProvider,
  address: Address,
  { leastChallenge, mostChallenge }: ChallengeBounds,
  registryCode: Hex,
): Promise<boolean> {
  const { abi } = await readArtifact("hashlane");
  const hashlane = new Contract(address, JSON.stringify(abi), provider);
  const read = async (view: string): Promise<unknown> =>
    (await hashlane.getFunction(view).staticCall()) as unknown;
  const { chainId } = await provider.getNetwork();
  const values = [
    await read("registry"),
    ...((await read("challengePeriodBounds")) as Iterable<unknown>),
    ...((await read("eip712Domain")) as Iterable<unknown>),
  ];
  const expected = [
    addressOfCode(registryCode),
    leastChallenge,
    mostChallenge,
    // ERC-5267: name, version, chain and contract, no salt, no extensions.
    "0x0f",
    "Hashlane",
    "1",
    chainId,
    address,
    `0x${"00".repeat(32)}`,
    "",
  ];
  return values.map(String).join().toLowerCase() === expected.map(String).join().toLowerCase();
}

/** Refuses if one of them is not what this build deploys. */
export function requireThisBuild(standings: readonly Standing[], network: string): void {
  const wrong = standings.filter(({ state }) => state !== "this build");
  if (wrong.length === 0) return;
  const list = wrong.map(({ contract, address, state }) => `${contract} at ${address}: ${state}`).join("; ");
  const next = wrong.every(({ state }) => state === "nothing")
    ? "Deploy them with `npm run deploy -- --contracts-only`."
    : "Do not use them: the chain's node does not tell the truth, or its chain was tampered with.";
  throw new StoryFailure(`the contracts of this build do not stand on ${network} (${list}). ${next}`);
}
