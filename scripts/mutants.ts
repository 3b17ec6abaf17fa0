/** Changes the contracts in small ways, one at a time, and sees whether a Solidity test fails. */
import { Command, InvalidArgumentError } from "commander";

import { mutantsOf, sampleOf } from "./mutants/all-mutants.ts";
import { Judge } from "./mutants/judge.ts";
import { nameOf, type Mutant } from "./mutants/mutant.ts";
import { keepResult, readResults, resultOf, type Result } from "./mutants/results.ts";
import { deployedPaths, parseSources, type Source } from "./sources/ast.ts";
import { StoryFailure } from "./story/failure.ts";
import { runStory } from "./story/run.ts";

interface Options {
  readonly files?: readonly string[];
  readonly sample: number;
  readonly seed: number;
  readonly shard: Shard;
  readonly only?: string;
  readonly list: boolean;
  readonly json: boolean;
}

interface Shard {
  readonly index: number;
  readonly count: number;
}

function natural(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 0) throw new InvalidArgumentError("Write a whole number.");
  return value;
}

function shard(text: string): Shard {
  const [, index = "0", count = "0"] = /^(\d+)\/(\d+)$/.exec(text) ?? [];
  if (Number(index) < 1 || Number(index) > Number(count)) {
    throw new InvalidArgumentError("Write 1/3 for the first of three.");
  }
  return { index: Number(index), count: Number(count) };
}

const command = new Command("npm run mutants --")
  .description(
    "Changes the contracts in small ways, one at a time, and sees whether a Solidity test fails. " +
      "Results are kept in cache/mutants/results.jsonl: a run that was stopped goes on where it was.",
  )
  .option("--files <paths...>", "only of these sources; all that are deployed")
  .option("--sample <number>", "how many", natural, 25)
  .option("--seed <number>", "of the sample", natural, 1)
  .option("--shard <part>", "only a part of the sample, such as 1/3", shard, { index: 1, count: 1 })
  .option(
    "--only <text>",
    "only those whose line, operator or code contains this, before the sample is drawn",
  )
  .option("--list", "name them and try none", false)
  .option("--json", "print one object with the results instead of a line for each", false)
  .allowExcessArguments(false)
  .exitOverride();

interface Choice {
  readonly source: Source;
  readonly mutant: Mutant;
}

function choose({ files, sample, seed, shard: part, only = "" }: Options): readonly Choice[] {
  const all = parseSources(files ?? deployedPaths())
    .flatMap((source) => mutantsOf(source).map((mutant) => ({ source, mutant })))
    .filter(({ mutant }) => nameOf(mutant).includes(only));
  process.stderr.write(`${all.length} mutants, a sample of ${sample} with seed ${seed}\n`);
  return sampleOf(all, sample, seed).filter((_, index) => index % part.count === part.index - 1);
}

async function tryAll(
  choices: readonly Choice[],
  { shard: part, json }: Options,
): Promise<readonly Result[]> {
  const judge = new Judge(`${part.index}-of-${part.count}`);
  const results: Result[] = [];
  for (const { source, mutant } of choices) {
    let result = readResults().get(mutant.id);
    if (result === undefined) {
      result = resultOf(mutant, await judge.judge(source, mutant));
      keepResult(result);
    }
    results.push(result);
    const { verdict, name, by, seconds } = result;
    const why = by.length === 0 ? "" : ` (${by.join(", ")})`;
    if (!json) process.stdout.write(`${verdict.padEnd(13)} ${name}${why}, ${seconds} s\n`);
  }
  return results;
}

async function run(): Promise<void> {
  const options = command.opts<Options>();
  const choices = choose(options);
  if (options.list) {
    process.stdout.write(choices.map(({ mutant }) => `${nameOf(mutant)}\n`).join(""));
    return;
  }
  const results = await tryAll(choices, options);
  const count = (verdict: Result["verdict"]): number =>
    results.filter((result) => result.verdict === verdict).length;
  if (options.json) process.stdout.write(`${JSON.stringify({ seed: options.seed, results })}\n`);
  else {
    process.stdout.write(
      `${count("killed")} killed, ${count("survived")} survived, ${count("same code")} with the same code, ` +
        `${count("not compiling")} that do not compile\n`,
    );
  }
  if (count("survived") > 0) throw new StoryFailure(`${count("survived")} mutants survive, see above`);
}

await runStory(command, run, "The run");
