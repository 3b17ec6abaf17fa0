import { appendFileSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import { dirname } from "node:path";

import type { Verdict } from "./judge.ts";
import { nameOf, type Mutant } from "./mutant.ts";

const FILE = "cache/mutants/results.jsonl";

export interface Result extends Verdict {
  readonly id: string;
  readonly name: string;
}

export const resultOf = (mutant: Mutant, verdict: Verdict): Result => ({
  id: mutant.id,
  name: nameOf(mutant),
  ...verdict,
});

/** By the ids of mutants. */
export function readResults(): ReadonlyMap<string, Result> {
  if (!existsSync(FILE)) return new Map();
  const lines = readFileSync(FILE, "utf8").split("\n");
  const results = lines.filter((line) => line !== "").map((line) => JSON.parse(line) as Result);
  return new Map(results.map((result) => [result.id, result]));
}

/** Several may do so at once: each line is written in one piece. */
export function keepResult(result: Result): void {
  mkdirSync(dirname(FILE), { recursive: true });
  appendFileSync(FILE, `${JSON.stringify(result)}\n`);
}
