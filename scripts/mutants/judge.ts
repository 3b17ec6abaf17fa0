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
/** A mutant may loop until its gas is used up, over and over. */
const MOST_MS = 600_000;
const MOST_NAMED = 3;

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
    // Here, so that it does not count as time of the mutant.
    await this.#requireSound(STAGES[0]);
    const start = performance.now();
    const end = (verdict: Verdict["verdict"], by: readonly string[] = []): Verdict => ({
      verdict,
      by,
      seconds: Math.round((performance.now() - start) / 1000),
    });
    const change = (): void => {
      rewrite(this.#folder, source.path, Buffer.from(mutated(source, mutant), "latin1").toString());
    };
    this.#reset();
    change();
    if (!(await this.#build())) return end("not compiling");
    if (this.#code() === usual) return end("same code");
    for (const stage of STAGES) {
      await this.#requireSound(stage);
      change();
      const run = await this.#test(stage);
      if (run.code !== 0) return end("killed", namesOf(run));
    }
    return end("survived");
  }

  async #codeOfUsual(): Promise<string> {
    this.#reset();
    if (!(await this.#build())) throw new StoryFailure("The contracts do not compile. Run `npm run build`.");
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

  async #build(): Promise<boolean> {
    const { code, output } = await hardhatOn(this.#folder, ["build", "--no-tests"], FEW_RUNS, MOST_MS);
    if (code === null) throw new StoryFailure(`The build took more than ${MOST_MS / 1000} s:\n${output}`);
    return code === 0;
  }

  #test(stage: Stage): Promise<Run> {
    return hardhatOn(this.#folder, ["test", "solidity", ...testsOf(stage)], FEW_RUNS, MOST_MS);
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

function namesOf({ code, output }: Run): readonly string[] {
  if (code === null) return [`no end within ${MOST_MS / 1000} s`];
  const failures = [...output.matchAll(/^ +\d+\) (\S+#\S+)/gm)].map(([, name]) => name ?? "");
  // Then the tests do not compile any more, or nothing could be deployed.
  if (failures.length === 0) return [output.trim().split("\n").at(-1) ?? ""];
  return failures.slice(0, MOST_NAMED);
}
