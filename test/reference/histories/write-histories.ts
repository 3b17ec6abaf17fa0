import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { fileOf } from "./history-file.ts";
import { historyOf } from "./history.ts";
import type { Tally } from "./tally.ts";

/** Where the Solidity test looks for them. */
export const FOLDER = "cache/histories";

/** The test reads a file as a whole, into memory that it has little of. */
const HISTORIES_OF_FILE = 50;

/** Writes so many histories, in place of those that were there. */
export function writeHistories(seed: number, histories: number, into: string, tally: Tally): void {
  rmSync(into, { recursive: true, force: true });
  mkdirSync(into, { recursive: true });
  for (let file = 0; file * HISTORIES_OF_FILE < histories; file++) {
    const from = seed + file * HISTORIES_OF_FILE;
    const end = Math.min(from + HISTORIES_OF_FILE, seed + histories);
    const some = Array.from({ length: end - from }, (_, index) => historyOf(from + index));
    for (const history of some) tally.add(history);
    writeFileSync(`${into}/${file}.bin`, fileOf(some));
  }
}
