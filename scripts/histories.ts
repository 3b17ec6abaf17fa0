/** Writes random histories with what the reference model expects of every call, for the Solidity test of them. */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { Command, InvalidArgumentError } from "commander";
import { descriptionOf } from "../test/reference/histories/description.ts";
import { fileOf } from "../test/reference/histories/history-file.ts";
import { historyOf } from "../test/reference/histories/history.ts";
import { Tally } from "../test/reference/histories/tally.ts";

interface Options {
  readonly seed: number;
  readonly histories: number;
  readonly into: string;
  readonly describe: boolean;
}

/** The test reads a file as a whole, in memory that it has little of. */
const HISTORIES_OF_FILE = 50;

/** So many come to everything. */
const ENOUGH = 2000;
const LEAST_MEDIAN = 8;
const LEAST_SALTS = 20;

function natural(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 0) throw new InvalidArgumentError("Write a whole number.");
  return value;
}

const { seed, histories, into, describe } = new Command("npm run histories --")
  .description("Writes random histories for contracts/test/reference/Histories.t.sol.")
  .option("--seed <number>", "seed of the first history", natural, Number(process.env.HASHLANE_SEED ?? 1))
  .option("--histories <number>", "how many", natural, Number(process.env.HASHLANE_HISTORIES ?? 2000))
  .option("--into <folder>", "where the test looks for them", "cache/histories")
  .option("--describe", "write no file, but tell the calls of the histories", false)
  .allowExcessArguments(false)
  .parse()
  .opts<Options>();

function write(): void {
  rmSync(into, { recursive: true, force: true });
  mkdirSync(into, { recursive: true });
  const tally = new Tally();
  for (let file = 0; file * HISTORIES_OF_FILE < histories; file++) {
    const from = seed + file * HISTORIES_OF_FILE;
    const end = Math.min(from + HISTORIES_OF_FILE, seed + histories);
    const some = Array.from({ length: end - from }, (_, index) => historyOf(from + index));
    for (const history of some) tally.add(history);
    writeFileSync(`${into}/${file}.bin`, fileOf(some));
  }
  console.log(`HASHLANE_SEED=${seed} HASHLANE_HISTORIES=${histories}`);
  for (const line of tally.lines()) console.log(line);
  const missing = tally.missing();
  if (missing.length > 0) console.log(`not in these histories: ${missing.join(", ")}`);
  if (histories < ENOUGH) return;
  if (missing.length > 0 || tally.median < LEAST_MEDIAN || tally.salts < LEAST_SALTS) process.exitCode = 1;
}

if (describe)
  for (let each = seed; each < seed + histories; each++) console.log(descriptionOf(historyOf(each)));
else write();
