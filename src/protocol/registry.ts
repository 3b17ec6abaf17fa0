import { abiEncode } from "./abi.ts";
import { concatBytes, fromHex, toHex } from "./bytes.ts";
import type { Crypto } from "./crypto.ts";
import type { Hex, Secret } from "./types.ts";

/** Witnesses that one record can hold (section 2.6). */
export const MAX_RECORDED = 256;
/** Links that a hash chain can have, and so checkpoints. */
export const MAX_CHAIN_LINKS = 4096;

const ZERO = new Uint8Array(32);

/** The levels of the tree, leaves first, the root last; a missing right sibling is the zero word. */
function levelsOf(crypto: Crypto, secrets: readonly Secret[]): readonly (readonly Uint8Array[])[] {
  if (secrets.length < 1 || secrets.length > MAX_RECORDED) {
    throw new RangeError(`a record holds 1 to ${MAX_RECORDED} witnesses, not ${secrets.length}`);
  }
  let nodes = secrets.map(fromHex);
  const levels = [nodes];
  while (nodes.length > 1) {
    const below = nodes;
    nodes = Array.from({ length: (below.length + 1) >> 1 }, (_, index) =>
      crypto.keccak256(concatBytes(below[2 * index] ?? ZERO, below[2 * index + 1] ?? ZERO)),
    );
    levels.push(nodes);
  }
  return levels;
}

/** Under which the registry keeps the time of this list: `keccak256(abi.encode(root, depth))`. */
export function registryKey(crypto: Crypto, secrets: readonly Secret[]): Hex {
  const levels = levelsOf(crypto, secrets);
  const root = levels.at(-1)?.[0] ?? ZERO;
  return toHex(crypto.keccak256(abiEncode([root, levels.length - 1])), 32);
}

/** The proof that `secrets[index]` stands in the list: the word `depth | index << 8`, then siblings from the leaf up. */
export function registryPath(crypto: Crypto, secrets: readonly Secret[], index: number): readonly Hex[] {
  if (!Number.isInteger(index) || index < 0 || index >= secrets.length) {
    throw new RangeError(`no witness ${index} in a list of ${secrets.length}`);
  }
  const levels = levelsOf(crypto, secrets);
  const depth = levels.length - 1;
  const siblings = levels
    .slice(0, depth)
    .map((nodes, level) => toHex(nodes[(index >> level) ^ 1] ?? ZERO, 32));
  return [toHex(abiEncode([depth | (index << 8)]), 32), ...siblings];
}
