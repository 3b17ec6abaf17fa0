/** Measures every scenario of the gas report, compares it with its limit, and writes docs/gas.md. */
import { readFile, writeFile } from "node:fs/promises";

import { Command } from "commander";

import { LIMITS } from "./gas/limits.ts";
import { asMarkdown, asText, complaintsOf, type Report } from "./gas/report.ts";
import { scenariosOf, warmUp } from "./gas/scenarios.ts";
import { codeSizes, createWorld } from "./gas/world.ts";
import { StoryFailure } from "./story/failure.ts";
import { runStory } from "./story/run.ts";

interface Options {
  readonly json: boolean;
  readonly check: boolean;
}

const DOCUMENT = new URL("../docs/gas.md", import.meta.url);

const command = new Command("npm run gas --")
  .description("Measures the gas of every scenario, and fails if one is above its limit.")
  .option("--json", "print one object with the figures by key instead of the table", false)
  .option("--check", "compare docs/gas.md with the figures instead of writing it", false)
  .allowExcessArguments(false)
  .showHelpAfterError("(--help lists the options)")
  .exitOverride();

async function measure(): Promise<Report> {
  const world = await createWorld();
  await warmUp(world);
  const scenarios = scenariosOf(world);
  const unlimited = [...scenarios.keys()].filter((key) => LIMITS.every((limit) => limit.key !== key));
  if (unlimited.length > 0) throw new StoryFailure(`there is no limit for ${unlimited.join(", ")}.`);
  const figures = new Map<string, number>();
  for (const { key } of LIMITS) {
    const scenario = scenarios.get(key);
    if (scenario !== undefined) figures.set(key, await world.chain.apart(scenario));
  }
  return { limits: LIMITS, figures, sizes: await codeSizes(world) };
}

async function report({ json, check }: Options): Promise<void> {
  const measured = await measure();
  process.stdout.write(`${json ? JSON.stringify(Object.fromEntries(measured.figures)) : asText(measured)}\n`);
  const document = asMarkdown(measured);
  const complaints = [...complaintsOf(measured)];
  if (!check) await writeFile(DOCUMENT, document);
  else if ((await readFile(DOCUMENT, "utf8").catch(() => "")) !== document) {
    complaints.push("docs/gas.md is out of date. Run `npm run gas` and commit it.");
  }
  if (complaints.length > 0) throw new StoryFailure(complaints.join("\n"));
}

await runStory(command, () => report(command.opts<Options>()));
