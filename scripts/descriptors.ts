/** Writes erc7730/: what wallets show of our calls and messages before they sign (ERC-7730, version 2). */
import { mkdir, writeFile } from "node:fs/promises";
import { pathToFileURL } from "node:url";

import { getAddress } from "ethers";

import type { ContractName } from "../src/chain/deploy.ts";
import { TYPES } from "../src/protocol/eip712.ts";
import { readBook, type BookFile } from "./addresses.ts";
import { CONTRACTS, readArtifact, SOLIDITY_NAMES, type AbiInput } from "./deploy/build.ts";
import { CALL_FIELDS, ETHER, MESSAGE_FIELDS, type Field } from "./descriptors/fields.ts";
import { CALL_INTENTS, MESSAGE_INTENTS, type Intent } from "./descriptors/intents.ts";
import { StoryFailure } from "./story/failure.ts";

export const DESCRIPTORS = new URL("../erc7730/", import.meta.url);

const SCHEMA = "https://eips.ethereum.org/assets/eip-7730/erc7730-v2.schema.json";
const COMMENT = "Written by `npm run addresses` from the contracts; do not edit.";

interface Format {
  readonly intent: string;
  readonly interpolatedIntent?: string;
  readonly fields: readonly Field[];
}

function isArray(type: string): boolean {
  return type.endsWith("]");
}

/** Paths of all values that the parameters hold. */
export function leavesOf(inputs: readonly AbiInput[], before = ""): readonly string[] {
  return inputs.flatMap(({ name, type, components }) => {
    const path = `${before}${name}${isArray(type) ? ".[]" : ""}`;
    return components === undefined ? [path] : leavesOf(components, `${path}.`);
  });
}

/** Types with names, as ERC-7730 keys functions. */
function signatureOf(inputs: readonly AbiInput[]): string {
  const typed = inputs.map(({ name, type, components }) => {
    const shown = components === undefined ? type : `${signatureOf(components)}${type.slice("tuple".length)}`;
    return `${shown} ${name}`;
  });
  return `(${typed.join(",")})`;
}

/** The rule whose path is the longest end of this one; its token stands beside it. */
function fieldOf(path: string, where: string): Field {
  const names = path.split(".");
  for (let from = 0; from < names.length; from++) {
    const rule = CALL_FIELDS.get(names.slice(from).join("."));
    if (rule === undefined) continue;
    const before = names.slice(0, from).map((name) => `${name}.`);
    const { tokenPath } = rule.params ?? {};
    if (tokenPath === undefined) return { path, ...rule };
    return { path, ...rule, params: { ...rule.params, tokenPath: `${before.join("")}${tokenPath}` } };
  }
  throw new StoryFailure(
    `${where} has a field ${path} without words. Add a rule to scripts/descriptors/fields.ts.`,
  );
}

function intentOf(intents: Readonly<Record<string, Intent>>, name: string): Intent {
  const found = intents[name];
  if (found !== undefined) return found;
  throw wordless([name]);
}

function wordless(names: readonly string[]): StoryFailure {
  return new StoryFailure(`no words for ${names.join(", ")}. Add lines to scripts/descriptors/intents.ts.`);
}

async function callFormats(contract: ContractName): Promise<Readonly<Record<string, Format>>> {
  const { abi } = await readArtifact(contract);
  const calls = abi.filter(
    ({ type, stateMutability = "" }) => type === "function" && /^(payable|nonpayable)$/.test(stateMutability),
  );
  const missing = calls.map(({ name = "" }) => name).filter((name) => !(name in CALL_INTENTS[contract]));
  if (missing.length > 0) throw wordless(missing);
  return Object.fromEntries(
    calls.map(({ name = "", inputs = [] }) => {
      const { more = [], ...intent } = intentOf(CALL_INTENTS[contract], name);
      const fields = [...more, ...leavesOf(inputs).map((path) => fieldOf(path, name))];
      return [`${name}${signatureOf(inputs)}`, { ...intent, fields }];
    }),
  );
}

function messageTypes(): readonly string[] {
  return Object.values(TYPES).filter((type) => type !== TYPES.domain);
}

function messageFormat(type: string): Format {
  const [, name = "", members = ""] = /^(\w+)\((.*)\)$/.exec(type) ?? [];
  const fields = members.split(",").map((member): Field => {
    const path = member.split(" ")[1] ?? "";
    const rule = MESSAGE_FIELDS.get(path);
    if (rule !== undefined) return { path, ...rule };
    throw new StoryFailure(
      `${name} has a field ${path} without words. Add a rule to scripts/descriptors/fields.ts.`,
    );
  });
  return { ...intentOf(MESSAGE_INTENTS, name), fields };
}

function deploymentsOf({ contracts, chains }: BookFile, contract: ContractName) {
  return Object.entries(chains).map(([chainId, known]) => ({
    chainId: Number(chainId),
    address: getAddress(known.contracts?.[contract] ?? contracts[contract].address),
  }));
}

function descriptor(contract: ContractName, id: string, context: object, formats: object): string {
  const descriptor = {
    $schema: SCHEMA,
    $comment: COMMENT,
    context: { $id: id, ...context },
    metadata: { owner: "Hashlane", contractName: SOLIDITY_NAMES[contract], constants: { ether: ETHER } },
    display: { formats },
  };
  return `${JSON.stringify(descriptor, null, 2)}\n`;
}

/** Names and texts of all files. */
export async function descriptorFiles(): Promise<ReadonlyMap<string, string>> {
  const book = await readBook();
  if (book === null)
    throw new StoryFailure("deployments/addresses.json cannot be read. Run `npm run addresses`.");
  const files = new Map<string, string>();
  for (const contract of CONTRACTS) {
    const name = SOLIDITY_NAMES[contract];
    const context = { contract: { deployments: deploymentsOf(book, contract) } };
    files.set(
      `calldata-${name}.json`,
      descriptor(contract, `Calls of ${name}`, context, await callFormats(contract)),
    );
  }
  const domain = { name: "Hashlane", version: "1" };
  const context = { eip712: { domain, deployments: deploymentsOf(book, "hashlane") } };
  const formats = Object.fromEntries(messageTypes().map((type) => [type, messageFormat(type)]));
  files.set("eip712-Hashlane.json", descriptor("hashlane", "Messages of Hashlane", context, formats));
  return files;
}

export async function writeDescriptors(): Promise<void> {
  await mkdir(DESCRIPTORS, { recursive: true });
  for (const [name, text] of await descriptorFiles()) await writeFile(new URL(name, DESCRIPTORS), text);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) await writeDescriptors();
