/** Many random histories against the contracts, in rounds, because their files take room. */
import { spawnSync } from "node:child_process";
import { Tally } from "../test/reference/histories/tally.ts";
import { FOLDER, writeHistories } from "../test/reference/histories/write-histories.ts";

const HISTORIES = Number(process.env.HASHLANE_HISTORIES ?? 200_000);
const SEED = Number(process.env.HASHLANE_SEED ?? 1);
/** The runner keeps what it has seen, about 300 MB for 1,000 histories. */
const ROUND = 2500;
const TEST = ["test", "solidity", "contracts/test/reference/Histories.t.sol"];

const tally = new Tally();
const start = performance.now();
for (let done = 0; done < HISTORIES; done += ROUND) {
  const histories = Math.min(ROUND, HISTORIES - done);
  writeHistories(SEED + done, histories, FOLDER, tally);
  const compile = done === 0 ? [] : ["--no-compile"];
  const { status } = spawnSync("hardhat", [...TEST, ...compile], { stdio: "inherit" });
  if (status !== 0) {
    console.error(`HASHLANE_SEED=${SEED + done} HASHLANE_HISTORIES=${histories}`);
    process.exitCode = 1;
    break;
  }
  const seconds = ((performance.now() - start) / 1000).toFixed(0);
  console.log([`HASHLANE_SEED=${SEED}: ${seconds} s`, ...tally.lines()].join("\n"));
}
