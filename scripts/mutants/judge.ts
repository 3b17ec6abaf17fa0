import { readdirSync, readFileSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";

import type { Source } from "../sources/ast.ts";
import { hardhatOn, rewrite, type Run } from "../sources/rewritten.ts";
import { StoryFailure } from "../story/failure.ts";
import { mutated, type Mutant } from "./mutant.ts";

export interface Verdict {
  readonly verdict: "killed" | "survived" | "not compiling" | "same code";
  /** The first tests that failed. */
  readonly by: readonly string[];
  readonly seconds: number;
}

/** Tests in the order in which they are tried: cheap ones, then those with many calls. */
const STAGES = [
  ["adapter", "hashlane", "libraries", "owners", "registry", "timelock", "zoo"],
  ["invariant", "reference"],
] as const;
type Stage = (typeof STAGES)[number];

/** A sample of what fuzzing tries; a mutant that survives it has to be looked at anyway. */
const FEW_RUNS = { HASHLANE_FUZZ_RUNS: "32", TEST_INVARIANT_RUNS: "20" };
const STARTED = "Running Solidity tests";
const SUITE = /^ {2}contracts\/\S+:(\S+)$/;
const FAILED = /^ {4}\d+\) (\S+)/;
/** The first failure is enough. A mutant may also loop until its gas is used up, over and over. */
const LIMITS = { mostMs: 600_000, until: new RegExp(FAILED, "m") };

function testsOf(rooms: readonly string[]): readonly string[] {
  return rooms.flatMap((room) =>
    readdirSync(`contracts/test/${room}`)
      .filter((name) => name.endsWith(".t.sol"))
      .map((name) => `contracts/test/${room}/${name}`),
  );
}

/** A place for mutants of its own, in which what does not change is compiled once. */
export class Judge {
  readonly #folder: string;
  /** Stages that were seen to pass on the contracts as they are; else no failure in them says anything. */
  readonly #sound = new Set<Stage>();
  #usual: string | null = null;

  constructor(name: string) {
    this.#folder = resolve("cache/mutants", name);
  }

  async judge(source: Source, mutant: Mutant): Promise<Verdict> {
    const usual = (this.#usual ??= await this.#codeOfUsual());
    const start = performance.now();
    const end = (verdict: Verdict["verdict"], by: readonly string[] = []): Verdict => ({
      verdict,
      by,
      seconds: Math.round((performance.now() - start) / 1000),
    });
    const change = (): void => {
      this.#reset();
      rewrite(this.#folder, source.path, Buffer.from(mutated(source, mutant), "latin1").toString());
    };
    for (const stage of STAGES) {
      await this.#requireSound(stage);
      change();
      const { code, output } = await this.#test(stage);
      if (code === 0 && this.#code() === usual) return end("same code");
      if (code === 0) continue;
      if (!output.includes(STARTED) && code !== null) return end("not compiling");
      if (!output.includes(STARTED)) throw new StoryFailure(`The build did not come to an end:\n${output}`);
      const names = namesOf(output);
      return end("killed", names.length > 0 ? names : [`no end within ${LIMITS.mostMs / 1000} s`]);
    }
    return end("survived");
  }

  async #codeOfUsual(): Promise<string> {
    await this.#requireSound(STAGES[0]);
    return this.#code();
  }

  async #requireSound(stage: Stage): Promise<void> {
    if (this.#sound.has(stage)) return;
    this.#reset();
    const { code, output } = await this.#test(stage);
    if (code !== 0) throw new StoryFailure(`The tests do not pass on the contracts as they are:\n${output}`);
    this.#sound.add(stage);
  }

  #reset(): void {
    rmSync(join(this.#folder, "sources"), { recursive: true, force: true });
  }

  #test(stage: Stage): Promise<Run> {
    return hardhatOn(this.#folder, ["test", "solidity", ...testsOf(stage)], FEW_RUNS, LIMITS);
  }

  /** What all contracts are made of, if it is built into contracts. */
  #code(): string {
    const folder = join(this.#folder, "artifacts/contracts");
    return readdirSync(folder, { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".json"))
      .sort()
      .map((name) => {
        const { bytecode } = JSON.parse(readFileSync(join(folder, name), "utf8")) as { bytecode?: string };
        return `${name} ${bytecode ?? ""}`;
      })
      .join("\n");
  }
}

/** The tests that have failed so far. */
function namesOf(output: string): readonly string[] {
  const names: string[] = [];
  let suite = "";
  for (const line of output.split("\n")) {
    suite = SUITE.exec(line)?.[1] ?? suite;
    const name = FAILED.exec(line)?.[1];
    if (name !== undefined) names.push(`${suite} ${name}`);
  }
  return names;
}
