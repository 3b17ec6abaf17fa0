import { expect } from "chai";
import { readdirSync, readFileSync } from "node:fs";

import { FunctionFragment, id, TypedDataEncoder } from "ethers";
import type { Interface, ParamType } from "ethers";

import { descriptorFiles, DESCRIPTORS } from "../../scripts/descriptors.ts";
import type { ContractName } from "../../src/chain/deploy.ts";
import { TYPES } from "../../src/protocol/eip712.ts";
import {
  HashTimelock__factory,
  Hashlane__factory,
  SecretRegistry__factory,
} from "../../typechain-types/index.ts";
import addresses from "../../deployments/addresses.json" with { type: "json" };
import { readDescriptor, type Descriptor, type Field } from "./schema.ts";

const ANEW = "run `npm run addresses` and commit what it writes";
const CONTAINER: Readonly<Record<string, string>> = { "@.value": "uint256", "@.from": "address" };

const CALLS: readonly (readonly [string, ContractName, Interface])[] = [
  ["Hashlane", "hashlane", Hashlane__factory.createInterface()],
  ["HashTimelock", "hashTimelock", HashTimelock__factory.createInterface()],
  ["SecretRegistry", "registry", SecretRegistry__factory.createInterface()],
];

function read(name: string): Descriptor {
  return readDescriptor(readFileSync(new URL(name, DESCRIPTORS), "utf8"));
}

/** Paths of all values with their types. */
function leavesOf(inputs: readonly ParamType[], before = ""): readonly (readonly [string, string])[] {
  return inputs.flatMap((input) => {
    const array = input.isArray();
    const item = array ? input.arrayChildren : input;
    const path = `${before}${input.name}${array ? ".[]" : ""}`;
    return item.isTuple() ? leavesOf(item.components, `${path}.`) : [[path, item.type] as const];
  });
}

function callsOf(contract: Interface): readonly FunctionFragment[] {
  const all: FunctionFragment[] = [];
  contract.forEachFunction((one) => {
    if (!one.constant) all.push(one);
  });
  return all;
}

/** Formats of ERC-7730 and the types that they are for. */
const FITS: Readonly<Record<string, RegExp>> = {
  raw: /./,
  addressName: /^address$/,
  tokenTicker: /^address$/,
  amount: /^uint/,
  tokenAmount: /^u?int/,
  date: /^uint/,
  duration: /^uint/,
  calldata: /^bytes$/,
};

function checkFields(fields: readonly Field[], types: ReadonlyMap<string, string>, where: string): void {
  for (const { path, format, params = {} } of fields) {
    const type = types.get(path) ?? CONTAINER[path];
    expect(type, `${where}: ${path} is no field`).to.be.a("string");
    expect(type, `${where}: ${path} as ${format}`).to.match(FITS[format] ?? /^$/);
    expect(format === "tokenAmount", `${where}: ${path} and its token`).to.equal("tokenPath" in params);
    if (params.tokenPath !== undefined) {
      expect(types.get(params.tokenPath), `${where}: token of ${path}`).to.equal("address");
    }
    expect(format === "date", `${where}: ${path} and its encoding`).to.equal(params.encoding === "timestamp");
  }
  const described = fields.map(({ path }) => path).filter((path) => !path.startsWith("@"));
  expect(described, `${where}: each field once`).to.have.members([...types.keys()]);
}

function checkSentence(
  { interpolatedIntent = "", fields }: Descriptor["formats"][string],
  where: string,
): void {
  const always = fields.filter(({ visible }) => visible === undefined).map(({ path }) => path);
  for (const [, path] of interpolatedIntent.matchAll(/\{([^}]*)\}/g)) {
    expect(always, `${where}: {${path ?? ""}} must always be visible`).to.include(path);
  }
}

describe("erc7730/", () => {
  it(`is what the build gives (else ${ANEW})`, async () => {
    const files = await descriptorFiles();
    expect(readdirSync(DESCRIPTORS)).to.have.members([...files.keys()]);
    for (const [name, text] of files) {
      expect(readFileSync(new URL(name, DESCRIPTORS), "utf8"), `${name}: ${ANEW}`).to.equal(text);
    }
  });

  for (const [name, contract, abi] of CALLS) {
    it(`describes every call that changes ${name}, and every value in it`, () => {
      const { deployments, formats } = read(`calldata-${name}.json`);
      const usual = { chainId: 31337, address: addresses.contracts[contract].address };
      expect(deployments).to.deep.include(usual);
      const described = Object.keys(formats).map((key) => FunctionFragment.from(`function ${key}`));
      expect(described.map(({ selector }) => selector)).to.have.members(
        callsOf(abi).map(({ selector }) => selector),
      );
      for (const [key, format] of Object.entries(formats)) {
        const fragment = FunctionFragment.from(`function ${key}`);
        const actual = abi.getFunction(fragment.selector);
        expect(key, "no spaces after commas, no word tuple").not.to.match(/, |tuple/);
        // The names too, because paths are made of them.
        expect(leavesOf(fragment.inputs)).to.deep.equal(leavesOf(actual?.inputs ?? []));
        checkFields(format.fields, new Map(leavesOf(fragment.inputs)), key);
        checkSentence(format, key);
      }
    });
  }

  it("describes every message that the code signs, in the very words that it and the contract hash", () => {
    const { deployments, domain, formats } = read("eip712-Hashlane.json");
    expect(domain).to.deep.equal({ name: "Hashlane", version: "1" });
    expect(deployments).to.deep.include({ chainId: 31337, address: addresses.contracts.hashlane.address });
    const signed: readonly string[] = Object.values(TYPES).filter((type) => type !== TYPES.domain);
    const named = (type: string): string => type.split("(")[0] ?? "";
    expect(Object.keys(formats)).to.have.members(signed);
    for (const type of Object.keys(formats)) {
      expect(Hashlane__factory.bytecode, `the contract hashes ${type}`).to.contain(id(type).slice(2));
    }
    for (const [type, format] of Object.entries(formats)) {
      const members = /\((.*)\)$/.exec(type)?.[1]?.split(",") ?? [];
      const types = new Map(members.map((member) => member.split(" ").reverse() as [string, string]));
      const list = [...types].map(([field, kind]) => ({ name: field, type: kind }));
      expect(TypedDataEncoder.from({ [named(type)]: list }).encodeType(named(type))).to.equal(type);
      checkFields(format.fields, types, type);
      checkSentence(format, type);
    }
  });
});
