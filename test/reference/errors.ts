import {
  IHashlane__factory,
  ISecretRegistry__factory,
  LockLists__factory,
} from "../../typechain-types/index.ts";
import { encode } from "./abi.ts";
import { INTERFACES } from "./interfaces.ts";
import type { Refusal } from "./refusal.ts";
import { bytesOf, hexOf, joined } from "./words.ts";
import type { Hex } from "../../src/protocol/types.ts";

const selectors = new Map<string, string>(
  INTERFACES.flatMap((each) =>
    each.fragments.flatMap((fragment) => {
      const found = fragment.type === "error" ? each.getError(fragment.format()) : null;
      return found === null ? [] : [[found.name, found.selector] as const];
    }),
  ),
);

/** Only whoever deploys meets it. */
const OF_DEPLOYMENT = "BadBounds";

/** All errors that the manuals of the contract and of the registry name, and those of lists. */
export const ERRORS: readonly string[] = [
  IHashlane__factory.abi,
  ISecretRegistry__factory.abi,
  LockLists__factory.abi,
]
  .flatMap((abi) => [...abi])
  .flatMap((fragment) => (fragment.type === "error" ? [fragment.name] : []))
  .filter((name) => name !== OF_DEPLOYMENT);

/** What a refused call returns. */
export function refusalBytes({ message: name, values }: Refusal): Uint8Array {
  if (name === "") return new Uint8Array();
  const selector = selectors.get(name);
  if (selector === undefined) throw new RangeError(`there is no error ${name}`);
  return joined(bytesOf(selector as Hex), encode(values));
}

/** The name of the error in what a call returned. */
export function errorOf(bytes: Uint8Array): string {
  const selector = hexOf(bytes.subarray(0, 4));
  for (const [name, each] of selectors) if (each === selector) return name;
  return bytes.length === 0 ? "(without a word)" : selector;
}
