/** Writes random histories with what the reference model expects of every call, for the Solidity test of them. */
import { Command, InvalidArgumentError } from "commander";
import { descriptionOf } from "../test/reference/histories/description.ts";
import { historyOf } from "../test/reference/histories/history.ts";
import { Tally } from "../test/reference/histories/tally.ts";
import { FOLDER, writeHistories } from "../test/reference/histories/write-histories.ts";

interface Options {
  readonly seed: number;
  readonly histories: number;
  readonly into: string;
  readonly describe: boolean;
}

function natural(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 0) throw new InvalidArgumentError("Write a whole number.");
  return value;
}

const { HASHLANE_SEED, HASHLANE_HISTORIES } = process.env;
const { seed, histories, into, describe } = new Command("npm run histories --")
  .description("Writes random histories for contracts/test/reference/Histories.t.sol.")
  .option("--seed <number>", "seed of the first history", natural, natural(HASHLANE_SEED ?? "1"))
  .option("--histories <number>", "how many", natural, natural(HASHLANE_HISTORIES ?? "2000"))
  .option("--into <folder>", "where to", FOLDER)
  .option("--describe", "write no file, but tell the calls of the histories", false)
  .allowExcessArguments(false)
  .parse()
  .opts<Options>();

if (describe) {
  for (let each = seed; each < seed + histories; each++) console.log(descriptionOf(historyOf(each)));
} else {
  const tally = new Tally();
  writeHistories(seed, histories, into, tally);
  console.log([`HASHLANE_SEED=${seed} HASHLANE_HISTORIES=${histories}`, ...tally.lines()].join("\n"));
  const gaps = tally.gaps();
  if (gaps.length > 0) {
    console.error(`These histories leave out what every run must come to: ${gaps.join(", ")}`);
    process.exitCode = 1;
  }
}
