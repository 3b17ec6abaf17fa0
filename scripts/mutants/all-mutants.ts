import { childrenOf, type Node, type Source } from "../sources/ast.ts";
import { ASSEMBLY_OPERATORS } from "./assembly-operators.ts";
import type { Mutant } from "./mutant.ts";
import { SOLIDITY_OPERATORS } from "./solidity-operators.ts";

const OPERATORS = [...SOLIDITY_OPERATORS, ...ASSEMBLY_OPERATORS];

function mutantsBelow(source: Source, node: Node): readonly Mutant[] {
  return [
    ...OPERATORS.flatMap((operator) => operator(source, node)),
    ...childrenOf(node).flatMap((child) => mutantsBelow(source, child)),
  ];
}

/** All small changes of a source, in its order. Comments have no nodes, so they stay as they are. */
export const mutantsOf = (source: Source): readonly Mutant[] => mutantsBelow(source, source.tree);

/** A generator of numbers in [0, 1) from a seed: mulberry32. */
function dice(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** So many of them, each as likely as any other; a longer sample of a seed begins with a shorter one. */
export function sampleOf<T>(all: readonly T[], count: number, seed: number): readonly T[] {
  const rest = [...all];
  const roll = dice(seed);
  return Array.from({ length: Math.min(count, all.length) }, () => {
    const [chosen] = rest.splice(Math.floor(roll() * rest.length), 1);
    if (chosen === undefined) throw new Error("The sample is longer than what it is of.");
    return chosen;
  });
}
