import { readFile } from "node:fs/promises";

import type { Immutables } from "../../src/chain/code.ts";
import type { ContractName } from "../../src/chain/deploy.ts";
import type { Hex } from "../../src/protocol/types.ts";

const ROOT = new URL("../../", import.meta.url);

/** The contracts that are deployed, by their names in Solidity. */
export const SOLIDITY_NAMES: Readonly<Record<ContractName, string>> = {
  registry: "SecretRegistry",
  hashlane: "Hashlane",
  hashTimelock: "HashTimelock",
};
export const CONTRACTS = Object.keys(SOLIDITY_NAMES) as readonly ContractName[];

/** What the build says of a contract. */
export interface Artifact {
  readonly contractName: string;
  /** As the compiler was told. */
  readonly inputSourceName: string;
  readonly buildInfoId: string;
  readonly abi: readonly AbiItem[];
  readonly bytecode: Hex;
  readonly deployedBytecode: Hex;
  readonly immutableReferences: Readonly<Record<string, readonly { readonly start: number }[]>>;
}

export interface AbiItem {
  readonly type: string;
  readonly name?: string;
  readonly stateMutability?: string;
  readonly inputs?: readonly AbiInput[];
}

export interface AbiInput {
  readonly name: string;
  readonly type: string;
  readonly components?: readonly AbiInput[];
}

/** How the compiler was called. */
export interface BuildInfo {
  readonly solcLongVersion: string;
  readonly input: {
    readonly language: string;
    readonly sources: Readonly<Record<string, { readonly content: string }>>;
    readonly settings: Readonly<Record<string, unknown>>;
  };
}

/** The files are the build's own. */
async function read(path: string): Promise<unknown> {
  return JSON.parse(await readFile(new URL(path, ROOT), "utf8"));
}

export async function readArtifact(contract: ContractName): Promise<Artifact> {
  const name = SOLIDITY_NAMES[contract];
  return (await read(`artifacts/contracts/${name}.sol/${name}.json`)) as Artifact;
}

export async function readBuildInfo({ buildInfoId }: Artifact): Promise<BuildInfo> {
  return (await read(`artifacts/build-info/${buildInfoId}.json`)) as BuildInfo;
}

export function immutablesOf({ immutableReferences }: Artifact): Immutables {
  return Object.values(immutableReferences)
    .flat()
    .map(({ start }) => start)
    .sort((a, b) => a - b);
}
