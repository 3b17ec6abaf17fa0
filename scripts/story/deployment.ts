import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { fromHex, toHex } from "../../src/protocol/bytes.ts";
import type { Address, ChannelId, Hex } from "../../src/protocol/types.ts";
import { StoryFailure } from "./failure.ts";
import type { Person, StoryChannel, World } from "./world.ts";

const VERSION = 1;
const FILE = "deployment.json";
const NODES = "nodes";
/** Not yet in its place. */
const DRAFT = `${FILE}.new`;
/** Given up, though not all of it may be gone. */
const GIVEN_UP = `${FILE}.given-up`;

/** What the programs that work one after the other on one chain keep between them. */
export interface SavedDeployment {
  readonly version: typeof VERSION;
  readonly chainId: string;
  readonly contracts: {
    readonly hashlane: Address;
    readonly registry: Address;
    readonly hashTimelock: Address;
  };
  readonly firstBlock: number;
  /** A block after the opening of the channels: a chain without it is another one, or was restarted. */
  readonly anchor: { readonly number: number; readonly hash: string };
  /** Wei that each hop keeps. */
  readonly fee: string;
  readonly people: readonly SavedPerson[];
  readonly channels: readonly SavedChannel[];
}

interface SavedPerson {
  readonly name: string;
  /** Keys of a development chain, 32 bytes: worth nothing elsewhere. */
  readonly owner: Hex;
  readonly signer: Hex;
}

interface SavedChannel {
  readonly payer: string;
  readonly payee: string;
  readonly params: Omit<StoryChannel["params"], "salt"> & { readonly salt: string };
  readonly channel: ChannelId;
  readonly deposit: string;
}

/** Null if the directory holds no deployment. */
export function readDeployment(directory: string): SavedDeployment | null {
  const path = join(directory, FILE);
  if (!existsSync(path)) return null;
  const saved = parse(readFileSync(path, "utf8"));
  if (saved?.version === VERSION) return saved as SavedDeployment;
  throw new StoryFailure(`${path} is no deployment of this version. Deploy again with --fresh.`);
}

function parse(text: string): Partial<SavedDeployment> | null {
  try {
    return JSON.parse(text) as Partial<SavedDeployment> | null;
  } catch {
    return null;
  }
}

/** How files go; a test puts a crash in between. */
export interface Disk {
  rename(from: string, to: string): void;
  remove(path: string): void;
}

const DISK: Disk = {
  rename: renameSync,
  remove: (path) => rmSync(path, { recursive: true, force: true }),
};

/**
 * Makes room for a new deployment; what stood there goes only if `fresh`, and never anything but a deployment. A crash
 * leaves no deployment whose nodes have forgotten what they signed.
 */
export function prepareDirectory(directory: string, fresh: boolean, disk = DISK): void {
  const names = existsSync(directory) ? readdirSync(directory).filter((name) => name !== DRAFT) : [];
  if (names.length > 0 && !names.includes(FILE) && !names.includes(GIVEN_UP)) {
    throw new StoryFailure(
      `${directory} holds files, but no deployment. Empty it, or choose another directory with --state.`,
    );
  }
  if (names.includes(FILE)) {
    if (!fresh) {
      throw new StoryFailure(
        `there is a deployment in ${directory} already. Pay with \`npm run pay\`, or give it up and deploy again ` +
          "with --fresh.",
      );
    }
    disk.rename(join(directory, FILE), join(directory, GIVEN_UP));
  }
  for (const name of names.length === 0 ? [DRAFT] : [DRAFT, NODES, GIVEN_UP])
    disk.remove(join(directory, name));
}

/** Readable by nobody else: it holds keys. */
export function writeDeployment(directory: string, saved: SavedDeployment): void {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const path = join(directory, FILE);
  const draft = join(directory, DRAFT);
  writeFileSync(draft, `${JSON.stringify(saved, null, 2)}\n`, { mode: 0o600 });
  renameSync(draft, path);
}

/** Where the person's node keeps its log. */
export function storeDirectory(directory: string, { name }: Pick<Person, "name">): string {
  return join(directory, NODES, name.toLowerCase());
}

export function savePerson({ name, keys }: Person): SavedPerson {
  return { name, owner: toHex(keys.owner, 32), signer: toHex(keys.signer, 32) };
}

export function saveChannel({ payer, payee, params, channel, deposit }: StoryChannel): SavedChannel {
  return {
    payer: payer.name,
    payee: payee.name,
    params: { ...params, salt: params.salt.toString() },
    channel,
    deposit: deposit.toString(),
  };
}

export function loadKeys({ owner, signer }: SavedPerson): Person["keys"] {
  return { owner: fromHex(owner), signer: fromHex(signer) };
}

export function loadChannel(saved: SavedChannel, people: readonly Person[]): StoryChannel {
  const { params, channel, deposit } = saved;
  const person = (name: string): Person => {
    const found = people.find((one) => one.name === name);
    if (found === undefined) throw new StoryFailure(`the deployment names nobody called ${name}.`);
    return found;
  };
  return {
    payer: person(saved.payer),
    payee: person(saved.payee),
    params: { ...params, salt: BigInt(params.salt) },
    channel,
    deposit: BigInt(deposit),
  };
}

export async function anchorOf({ contracts }: World): Promise<SavedDeployment["anchor"]> {
  const block = await contracts.provider.getBlock("latest");
  const hash = block?.hash ?? null;
  if (block === null || hash === null) {
    throw new StoryFailure("the chain has no newest block. Start a new one and try again.");
  }
  return { number: block.number, hash };
}

/** What a person types to deploy there. */
export function deployCommand(
  network: string,
  { state, fresh }: { readonly state: string; readonly fresh: boolean },
): string {
  const more = `${state === ".hashlane" ? "" : ` --state ${state}`}${fresh ? " --fresh" : ""}`;
  return `\`npm run deploy -- --network ${network}${more}\``;
}
