import { Command, CommanderError } from "commander";

import { messageOf } from "./failure.ts";

/** A command with the options that every story has. */
export function storyCommand(name: string, description: string): Command {
  return baseCommand(name, description).option(
    "--network <name>",
    "in-process, localhost for a running `npx hardhat node`, or the URL of a development chain",
    "in-process",
  );
}

/** A command that works on what earlier ones have left on a chain and in a directory. */
export function stepCommand(name: string, description: string): Command {
  return baseCommand(name, description)
    .option(
      "--network <name>",
      "localhost for a running `npx hardhat node`, or the URL of a development chain",
      "localhost",
    )
    .option("--state <directory>", "what is kept between the commands", ".hashlane");
}

function baseCommand(name: string, description: string): Command {
  return new Command(name)
    .description(description)
    .option("--json", "print one object with the figures instead of the story", false)
    .allowExcessArguments(false)
    .showHelpAfterError("(--help lists the options)")
    .exitOverride();
}

/** Runs a story to its end; whatever fails is told in one message and ends the process with 1. */
export async function runStory(
  command: Command,
  story: () => Promise<void>,
  name = "The story",
): Promise<void> {
  try {
    command.parse();
  } catch (thrown) {
    // Commander has printed its own message, or the help that was asked for.
    process.exit(thrown instanceof CommanderError ? thrown.exitCode : 1);
  }
  try {
    await story();
    process.exit(0);
  } catch (thrown) {
    process.stderr.write(`\n${name} stopped: ${messageOf(thrown)}\n`);
    process.exit(1);
  }
}
