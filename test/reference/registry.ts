import type { Hex } from "../../src/protocol/types.ts";
import { encode } from "./abi.ts";
import type { Checkpoint } from "./state.ts";
import { Refusal } from "./refusal.ts";
import type { World } from "./world.ts";
import { keccak, ZERO_WORD } from "./words.ts";

/** The notary of witnesses, from ISecretRegistry. */

const MOST_WITNESSES = 256;
const MOST_INDEX = 4096n;

/** The least depth with so many leaves. */
export function depthOf(count: number): number {
  let depth = 0;
  while (2 ** depth < count) depth++;
  return depth;
}

/** A level of the tree; `0` are the witnesses. A missing right sibling is the zero word. */
export function levelOf(witnesses: readonly Hex[], level: number): readonly Hex[] {
  if (level === 0) return witnesses;
  const below = levelOf(witnesses, level - 1);
  return Array.from({ length: Math.ceil(below.length / 2) }, (_, index) =>
    keccak(encode([below[index * 2] ?? ZERO_WORD, below[index * 2 + 1] ?? ZERO_WORD])),
  );
}

export function keyOfRoot(root: Hex, depth: number): Hex {
  return keccak(encode([root, BigInt(depth)]));
}

export function keyOfList(witnesses: readonly Hex[]): Hex {
  const depth = depthOf(witnesses.length);
  return keyOfRoot(levelOf(witnesses, depth)[0] ?? ZERO_WORD, depth);
}

/** Key of the list in which the witness would stand at this index below these siblings. */
export function keyOfPath(witness: Hex, index: bigint, siblings: readonly Hex[]): Hex {
  let node = witness;
  let rest = index;
  for (const sibling of siblings) {
    node = keccak(encode(rest % 2n === 0n ? [node, sibling] : [sibling, node]));
    rest /= 2n;
  }
  return keyOfRoot(node, siblings.length);
}

export function record(world: World, witness: Hex): bigint {
  return remember(world, keyOfList([witness]), () => world.emitOfRegistry("Recorded", witness));
}

export function recordList(world: World, witnesses: readonly Hex[]): bigint {
  if (witnesses.length === 0 || witnesses.length > MOST_WITNESSES) {
    throw new Refusal("BadListLength", BigInt(witnesses.length));
  }
  return remember(world, keyOfList(witnesses), () =>
    world.emitOfRegistry("ListRecorded", { list: witnesses }),
  );
}

function remember(world: World, key: Hex, tell: () => void): bigint {
  const known = world.times.get(key);
  if (known !== undefined) return known;
  world.times.set(key, world.now);
  tell();
  return world.now;
}

export function recordChain(world: World, commitment: Hex, index: bigint, witness: Hex, hint: bigint): void {
  if (index === 0n || index > MOST_INDEX) throw new Refusal("BadChainIndex", index);
  let link = witness;
  for (let step = 0n; step < index; step++) link = keccak(encode([link]));
  if (link !== commitment) throw new Refusal("WrongChainWitness", commitment, link);

  const known = world.checkpoints.get(commitment) ?? [];
  if (hint > BigInt(known.length)) throw new Refusal("BadHint", hint);
  if (known.some((checkpoint) => checkpoint.index >= index)) return;
  world.checkpoints.set(commitment, [...known, { time: world.now, index }]);
  world.emitOfRegistry("ChainRecorded", commitment, BigInt(known.length + 1), index, witness);
}

export function checkpointOf(world: World, commitment: Hex, number: bigint): Checkpoint | null {
  const known = world.checkpoints.get(commitment) ?? [];
  if (number === 0n || number > BigInt(known.length)) return null;
  return known[Number(number) - 1] ?? null;
}
