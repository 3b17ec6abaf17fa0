import { expect } from "chai";

export interface Field {
  readonly path: string;
  readonly label: string;
  readonly format: string;
  readonly params?: Readonly<Record<string, string>>;
  readonly visible?: string | { readonly ifNotIn: readonly string[] };
}

export interface Descriptor {
  readonly deployments: readonly { readonly chainId: number; readonly address: string }[];
  readonly domain: unknown;
  readonly formats: Readonly<
    Record<
      string,
      { readonly intent: string; readonly interpolatedIntent?: string; readonly fields: readonly Field[] }
    >
  >;
}

type Json = Readonly<Record<string, unknown>>;

function keysOf(value: unknown, needed: readonly string[], allowed: readonly string[] = []): Json {
  expect(value).to.be.an("object");
  const json = value as Json;
  expect(Object.keys(json)).to.include.members([...needed]);
  expect([...needed, ...allowed]).to.include.members(Object.keys(json));
  return json;
}

/** Parameters that the schema of version 2 knows, by format; only those in use here. */
const PARAMS: Readonly<Record<string, readonly string[]>> = {
  tokenAmount: ["tokenPath", "nativeCurrencyAddress"],
  date: ["encoding"],
  calldata: ["calleePath"],
};

function checkField(value: unknown, constants: Json): void {
  const { path, label, format, params, visible } = keysOf(
    value,
    ["path", "label", "format"],
    ["params", "visible"],
  );
  for (const text of [path, label, format]) expect(text).to.be.a("string").and.not.equal("");
  const native = params === undefined ? undefined : keysOf(params, PARAMS[String(format)] ?? []);
  const reference = native?.nativeCurrencyAddress;
  if (typeof reference === "string") {
    expect(constants[reference.replace("$.metadata.constants.", "")], reference).to.match(/^0x[0-9a-f]{40}$/);
  }
  if (typeof visible === "object") expect(keysOf(visible, ["ifNotIn"]).ifNotIn).to.have.length(1);
  else expect([undefined, "never", "optional"]).to.include(visible);
}

/** Reads a descriptor as the schema of ERC-7730, version 2, lays it out; it allows no other keys. */
export function readDescriptor(text: string): Descriptor {
  const file = keysOf(JSON.parse(text), ["$schema", "$comment", "context", "metadata", "display"]);
  expect(file.$schema).to.equal("https://eips.ethereum.org/assets/eip-7730/erc7730-v2.schema.json");
  const { contract, eip712 } = keysOf(file.context, ["$id"], ["contract", "eip712"]);
  const binding =
    contract === undefined ? keysOf(eip712, ["domain", "deployments"]) : keysOf(contract, ["deployments"]);
  const { owner, contractName, constants } = keysOf(file.metadata, ["owner", "contractName", "constants"]);
  for (const name of [owner, contractName]) expect(name).to.be.a("string").and.not.equal("");
  const { formats } = keysOf(file.display, ["formats"]);
  for (const format of Object.values(formats as Json)) {
    const { intent, fields } = keysOf(format, ["intent", "fields"], ["interpolatedIntent"]);
    expect(intent).to.be.a("string").and.not.equal("");
    for (const field of fields as readonly unknown[]) checkField(field, constants as Json);
  }
  const { deployments, domain } = binding;
  for (const one of deployments as readonly unknown[]) {
    const { chainId, address } = keysOf(one, ["chainId", "address"]);
    expect(chainId).to.be.a("number");
    expect(address).to.match(/^0x[0-9a-fA-F]{40}$/);
  }
  return { deployments, domain, formats } as Descriptor;
}
