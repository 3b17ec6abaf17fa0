/** Which lines and branches of the contracts the Solidity tests come to. */
import { Command } from "commander";
import { EXCEPTIONS } from "./coverage/exceptions.ts";
import { isComplete, makeReport, textOfReport } from "./coverage/report.ts";
import { measure } from "./coverage/run.ts";
import { StoryFailure } from "./story/failure.ts";
import { runStory } from "./story/run.ts";

const command = new Command("npm run coverage --")
  .description(
    "Measures which lines and branches of the contracts the Solidity tests come to: all, or it fails.",
  )
  .argument("[tests...]", "only these tests; all but invariants, histories and those that measure gas")
  .option("--json", "print one object with the figures instead of lines", false)
  .exitOverride();

async function run(): Promise<void> {
  const report = makeReport(await measure(command.args), EXCEPTIONS);
  const { json } = command.opts<{ readonly json: boolean }>();
  process.stdout.write(`${json ? JSON.stringify(report) : textOfReport(report)}\n`);
  if (!isComplete(report)) throw new StoryFailure("not all lines and branches are covered, see above");
}

await runStory(command, run, "The measurement");
