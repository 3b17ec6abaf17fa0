/** Writes deployments/addresses.json: where the usual factory puts the contracts of this build. */
import { readFile, writeFile } from "node:fs/promises";
import { pathToFileURL } from "node:url";

import { getAddress, keccak256 } from "ethers";

import type { AddressBook } from "../src/chain/addresses.ts";
import { codeHashOf } from "../src/chain/code.ts";
import { initCodes, USUAL_BOUNDS, type ContractName } from "../src/chain/deploy.ts";
import { addressOfCode, FACTORY, SALT } from "../src/chain/factory.ts";
import { CONTRACTS, immutablesOf, readArtifact, SOLIDITY_NAMES } from "./deploy/build.ts";

export const ADDRESSES = new URL("../deployments/addresses.json", import.meta.url);

/** Any Hardhat node: `npm run deploy` puts the contracts there. */
const LOCAL_CHAINS: AddressBook["chains"] = { 31337: { firstBlock: 0 } };

export interface BookFile {
  readonly contracts: Readonly<
    Record<ContractName, { readonly address: string; readonly initCodeHash: string }>
  >;
  readonly chains: AddressBook["chains"];
}

async function contractOf(name: ContractName) {
  const artifact = await readArtifact(name);
  const initCode = initCodes(USUAL_BOUNDS)[name];
  if (!initCode.startsWith(artifact.bytecode)) {
    throw new Error(
      `typechain-types/ has another ${artifact.contractName} than artifacts/: run \`npm run build\`.`,
    );
  }
  const immutables = immutablesOf(artifact);
  return {
    name: SOLIDITY_NAMES[name],
    address: getAddress(addressOfCode(initCode)),
    initCodeHash: keccak256(initCode),
    codeHash: codeHashOf(artifact.deployedBytecode, immutables),
    immutables,
  };
}

/** What is known of chains stays as long as the contracts are the same. */
function chainsOf(old: BookFile | null, hashes: Readonly<Record<ContractName, string>>) {
  const same = CONTRACTS.every((name) => old?.contracts[name].initCodeHash === hashes[name]);
  return same && old !== null ? { ...old.chains, ...LOCAL_CHAINS } : LOCAL_CHAINS;
}

/** Null if there is none, or one with the marks of a merge in it. */
export async function readBook(): Promise<BookFile | null> {
  try {
    return JSON.parse(await readFile(ADDRESSES, "utf8")) as BookFile;
  } catch {
    return null;
  }
}

/** The file as it must be for this build. */
export async function addressesText(old: BookFile | null): Promise<string> {
  const [registry, hashlane, hashTimelock] = await Promise.all([
    contractOf("registry"),
    contractOf("hashlane"),
    contractOf("hashTimelock"),
  ]);
  const contracts = { registry, hashlane, hashTimelock };
  const book = {
    factory: getAddress(FACTORY),
    salt: SALT,
    challengePeriods: USUAL_BOUNDS,
    contracts,
    chains: chainsOf(old, {
      registry: registry.initCodeHash,
      hashlane: hashlane.initCodeHash,
      hashTimelock: hashTimelock.initCodeHash,
    }),
  };
  return `${JSON.stringify(book, null, 2)}\n`;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  await writeFile(ADDRESSES, await addressesText(await readBook()));
}
