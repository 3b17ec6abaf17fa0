/** Checks the models of the protocol with SPIN: the present text holds, and every broken variant is caught. */
import { spawnSync } from "node:child_process";
import { Command, InvalidArgumentError } from "commander";
import { MODEL_CASES, type ModelCase } from "./models/cases.ts";
import { checkModel, type ModelResult } from "./models/check-model.ts";
import { messageOf, StoryFailure } from "./story/failure.ts";
import { runStory } from "./story/run.ts";

interface Options {
  readonly quick: boolean;
  readonly only?: string;
  readonly jobs: number;
  readonly json: boolean;
}

function positive(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError("Write a whole number above 0.");
  return value;
}

const command = new Command("npm run models --")
  .description("Checks the models of the protocol with SPIN; needs the Debian packages spin and gcc.")
  .option("--quick", "only those that take seconds", false)
  .option("--only <text>", "only those whose model or options contain this text, such as route or HUMBLE")
  .option("--jobs <number>", "searches at once; each takes up to 12 GB of memory", positive, 1)
  .option("--json", "print one object with the results instead of a line for each", false)
  .allowExcessArguments(false)
  .exitOverride();

function requireTools(): void {
  for (const [tool, flag] of [
    ["spin", "-V"],
    ["gcc", "--version"],
  ] as const) {
    if (spawnSync(tool, [flag]).error === undefined) continue;
    throw new StoryFailure(
      `${tool} is not installed. Install it, on Debian with \`apt-get install spin gcc libc6-dev\`.`,
    );
  }
}

/** Assertions are long once their macros are written out. */
const MOST_VIOLATION = 60;

const nameOf = ({ model, options }: ModelCase): string => `${model} ${options}`.trim();

interface Outcome {
  readonly name: string;
  readonly expected: ModelCase["expected"];
  readonly result: ModelResult | null;
  /** Why there is no result. */
  readonly failure: string | null;
}

async function check(one: ModelCase): Promise<Outcome> {
  const { expected } = one;
  try {
    return { name: nameOf(one), expected, result: await checkModel(one), failure: null };
  } catch (thrown) {
    return { name: nameOf(one), expected, result: null, failure: messageOf(thrown) };
  }
}

const isRight = ({ expected, result }: Outcome): boolean => result?.found === expected;

function lineOf(outcome: Outcome): string {
  const { name, expected, result, failure } = outcome;
  if (result === null) return `${name}: no result: ${failure ?? ""}`;
  const { found, states, exhaustive, hashFactor, megabytes, seconds, violation } = result;
  const verdict = isRight(outcome) ? found : `${found.toUpperCase()}, but must be ${expected}`;
  const why = violation === null ? "" : ` (${violation.slice(0, MOST_VIOLATION)})`;
  const how = exhaustive ? "" : `, bitstate (no proof), hash factor ${hashFactor ?? 0}`;
  const cost = `${states.toLocaleString("en")} states${how}, ${seconds.toFixed(1)} s, ${megabytes.toFixed(0)} MB`;
  return `${verdict.padEnd(7)} ${name}${why}: ${cost}`;
}

async function checkAll(cases: readonly ModelCase[], { jobs, json }: Options): Promise<readonly Outcome[]> {
  const waiting = [...cases];
  const outcomes: Outcome[] = [];
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const outcome = await check(next);
      outcomes.push(outcome);
      if (!json) process.stdout.write(`[${outcomes.length}/${cases.length}] ${lineOf(outcome)}\n`);
    }
  };
  await Promise.all(Array.from({ length: jobs }, work));
  return outcomes;
}

async function checkChosen(options: Options): Promise<void> {
  const { quick, only = "", json } = options;
  requireTools();
  const cases = MODEL_CASES.filter((one) => (!quick || one.quick) && nameOf(one).includes(only));
  if (cases.length === 0)
    throw new StoryFailure(`--only ${only} fits no model. Try route, settle or channel.`);
  const outcomes = await checkAll(cases, options);
  if (json) process.stdout.write(`${JSON.stringify({ outcomes })}\n`);
  const wrong = outcomes.filter((outcome) => !isRight(outcome));
  if (wrong.length > 0)
    throw new StoryFailure(`${wrong.length} of ${outcomes.length} are not as they must be.`);
  const held = outcomes.filter(({ expected }) => expected === "holds").length;
  const bits = outcomes.filter(({ result }) => result?.exhaustive === false).length;
  if (!json)
    process.stdout.write(
      `The text holds in ${held} searches${bits === 0 ? ", all exhaustive" : `, ${bits} of them no proof (bitstate)`}; ` +
        `${outcomes.length - held} variants are caught.\n`,
    );
}

await runStory(command, () => checkChosen(command.opts<Options>()));
