import { mkdir, writeFile } from "node:fs/promises";
import { join, posix } from "node:path";

import { getAddress } from "ethers";

import { initCodes, type ChallengeBounds, type ContractName } from "../../src/chain/deploy.ts";
import { addressOfCode, FACTORY, SALT } from "../../src/chain/factory.ts";
import { StoryFailure } from "../story/failure.ts";
import { createTeller } from "../story/print.ts";
import { CONTRACTS, readArtifact, readBuildInfo, SOLIDITY_NAMES, type BuildInfo } from "./build.ts";

type Sources = BuildInfo["input"]["sources"];

/** What an explorer or Sourcify asks for. */
export interface Verification {
  /** Fully qualified, as the input names it. */
  readonly contract: string;
  readonly address: string;
  readonly compiler: string;
  /** ABI-encoded, hex without 0x; empty if the constructor takes nothing. */
  readonly constructorArguments: string;
  /** Standard JSON input of solc with the sources of this contract alone. */
  readonly input: BuildInfo["input"];
}

const IMPORT = /^\s*import\s(?:[^"';]*?\sfrom\s+)?["']([^"']+)["']/gm;

/** Name of the imported source: relative to the importing one, or by the first remapping that fits. */
function resolveImport(from: string, path: string, remappings: readonly string[]): string {
  if (path.startsWith(".")) return posix.join(posix.dirname(from), path);
  for (const remapping of remappings) {
    const [left = "", target = ""] = remapping.split("=");
    const [context, prefix] = left.includes(":") ? left.split(":") : ["", left];
    if (from.startsWith(context ?? "") && path.startsWith(prefix ?? ""))
      return target + path.slice((prefix ?? "").length);
  }
  return path;
}

/** Those that the contract needs; the build's input holds others that were compiled with it. */
function sourcesOf(root: string, all: Sources, remappings: readonly string[]): Sources {
  const needed = new Map<string, { readonly content: string }>();
  const waiting = [root];
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (needed.has(name)) continue;
    const source = all[name];
    if (source === undefined) throw new StoryFailure(`the build holds no source ${name}. Build it anew.`);
    needed.set(name, source);
    for (const [, path = ""] of source.content.matchAll(IMPORT))
      waiting.push(resolveImport(name, path, remappings));
  }
  return Object.fromEntries([...needed].sort(([a], [b]) => (a < b ? -1 : 1)));
}

export async function verificationOf(contract: ContractName, bounds: ChallengeBounds): Promise<Verification> {
  const artifact = await readArtifact(contract);
  const { input, solcLongVersion } = await readBuildInfo(artifact);
  const initCode = initCodes(bounds)[contract];
  const remappings = (input.settings.remappings ?? []) as readonly string[];
  return {
    contract: `${artifact.inputSourceName}:${artifact.contractName}`,
    address: getAddress(addressOfCode(initCode)),
    compiler: `v${solcLongVersion}`,
    constructorArguments: initCode.slice(artifact.bytecode.length),
    input: {
      language: input.language,
      sources: sourcesOf(artifact.inputSourceName, input.sources, remappings),
      settings: {
        ...input.settings,
        outputSelection: {
          [artifact.inputSourceName]: {
            [artifact.contractName]: [
              "abi",
              "metadata",
              "evm.bytecode.object",
              "evm.deployedBytecode.object",
            ],
          },
        },
      },
    },
  };
}

/** As far as it is used here. */
interface Compiler {
  compile(input: string): string;
}

interface CompilerOutput {
  readonly contracts?: Readonly<
    Record<string, Record<string, { readonly evm: { readonly bytecode: { readonly object: string } } }>>
  >;
}

/** Compiles the input as an explorer would; refuses if that does not give the code that is deployed. */
export async function requireSameCode({ contract, input }: Verification, bytecode: string): Promise<void> {
  const [source = "", name = ""] = contract.split(":");
  const solc = (await import("solc")) as unknown as { readonly default: Compiler };
  const output = JSON.parse(solc.default.compile(JSON.stringify(input))) as CompilerOutput;
  if (output.contracts?.[source]?.[name]?.evm.bytecode.object === bytecode.slice(2)) return;
  throw new StoryFailure(`the sources of ${name} do not give the code of the build. Build it anew.`);
}

/** Three files of each contract, checked by compiling them. */
async function filesOf(contract: ContractName, bounds: ChallengeBounds) {
  const verification = await verificationOf(contract, bounds);
  await requireSameCode(verification, (await readArtifact(contract)).bytecode);
  const { input, constructorArguments, ...facts } = verification;
  const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;
  return {
    facts,
    files: {
      [`${SOLIDITY_NAMES[contract]}.input.json`]: json(input),
      [`${SOLIDITY_NAMES[contract]}.arguments.txt`]: `${constructorArguments}\n`,
      [`${SOLIDITY_NAMES[contract]}.facts.json`]: json({
        ...facts,
        factory: getAddress(FACTORY),
        salt: SALT,
      }),
    },
  };
}

/** Writes what explorers ask for, so that anybody can see that the source is that of the code on chain. */
export async function tellVerification(
  directory: string,
  bounds: ChallengeBounds,
  json: boolean,
): Promise<void> {
  const teller = createTeller(json);
  teller.part(`What explorers ask for, in ${directory}`);
  await mkdir(directory, { recursive: true });
  const contracts = [];
  for (const contract of CONTRACTS) {
    const { facts, files } = await filesOf(contract, bounds);
    for (const [name, text] of Object.entries(files)) await writeFile(join(directory, name), text);
    contracts.push({ ...facts, files: Object.keys(files) });
  }
  teller.table(
    ["contract", "address", "compiler"],
    contracts.map(({ contract, address, compiler }) => [contract, address, compiler]),
  );
  teller.say("The inputs were compiled again and give the code of the build.");
  teller.end({ contracts });
}
