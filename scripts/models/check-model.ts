import { execFile } from "node:child_process";
import { copyFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { ModelCase } from "./cases.ts";

export interface ModelResult {
  readonly found: "holds" | "caught";
  /** What was violated. */
  readonly violation: string | null;
  readonly states: number;
  readonly seconds: number;
}

const MODELS = fileURLToPath(new URL("../../docs/protocol/models/", import.meta.url));
const run = promisify(execFile);
const MOST_OUTPUT = 1 << 26;

/** Megabytes of memory and steps of depth that a search may take; a search that ends before its end is no result. */
const COMPILE = ["-w", "-O2", "-DSAFETY", "-DCOLLAPSE", "-DMEMLIM=7000", "-DNOREDUCE", "-DVECTORSZ=2048"];
const SEARCH = ["-m100000", "-w26", "-E"];

/** Searches all states of a model. Rejects if a tool is missing or the search did not come to an end. */
export async function checkModel({ model, options }: ModelCase): Promise<ModelResult> {
  const directory = await mkdtemp(join(tmpdir(), "hashlane-model-"));
  try {
    await copyFile(join(MODELS, `${model}.pml`), join(directory, "model.pml"));
    const defines = options.split(" ").flatMap((option) => (option === "" ? [] : [`-D${option}`]));
    const at = { cwd: directory, maxBuffer: MOST_OUTPUT };
    await run("spin", ["-a", ...defines, "model.pml"], at);
    await run("gcc", [...COMPILE, "-o", "pan", "pan.c"], at);
    const start = performance.now();
    const { stdout } = await run(join(directory, "pan"), SEARCH, at);
    return readSearch(stdout, (performance.now() - start) / 1000);
  } finally {
    await rm(directory, { recursive: true });
  }
}

function readSearch(output: string, seconds: number): ModelResult {
  const errors = /errors: (\d+)/.exec(output)?.[1];
  const stored = /([0-9.e+]+) states, stored/.exec(output)?.[1];
  const cut = /out of memory|max search depth too small|VECTORSZ too small|aborting/.exec(output)?.[0];
  if (errors === undefined || stored === undefined || (cut !== undefined && errors === "0")) {
    throw new Error(`the search did not come to an end (${cut ?? "no summary"})`);
  }
  const violation = /pan:\d+: (.*?)( \(at depth \d+\))?$/m.exec(output)?.[1] ?? null;
  return { found: errors === "0" ? "holds" : "caught", violation, states: Number(stored), seconds };
}
