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
  /** All states were looked at, up to the first violation; else a bit for each, two states perhaps at the same bit. */
  readonly exhaustive: boolean;
  /** Of a bitstate search: slots for each state. Above 100 nearly all states were seen, near 1 hardly a part of them. */
  readonly hashFactor: number | null;
  readonly megabytes: number;
  readonly seconds: number;
}

const MODELS = fileURLToPath(new URL("../../docs/protocol/models/", import.meta.url));
const run = promisify(execFile);
const MOST_OUTPUT = 1 << 26;

/** A search that needs more is no result. */
const MOST_MEGABYTES = 12_000;
/** All that changes is in global variables of one process: collapsing them would double the time and save nothing. */
const COMPILE = ["-w", "-O2", "-DSAFETY", `-DMEMLIM=${MOST_MEGABYTES}`, "-DNOREDUCE", "-DVECTORSZ=2048"];
const SEARCH = ["-m100000", "-E"];
/** 2^34 bits are 2 GiB; three of them for each state. */
const BITSTATE = { compile: ["-DBITSTATE"], search: ["-w34", "-k3"] };
const EXHAUSTIVE = { compile: [], search: ["-w22"] };

/** Searches all states of a model. Rejects if a tool is missing or the search did not come to an end. */
export async function checkModel({ model, options, bitstate = false }: ModelCase): Promise<ModelResult> {
  const directory = await mkdtemp(join(tmpdir(), "hashlane-model-"));
  try {
    await copyFile(join(MODELS, `${model}.pml`), join(directory, "model.pml"));
    const defines = options.split(" ").flatMap((option) => (option === "" ? [] : [`-D${option}`]));
    const at = { cwd: directory, maxBuffer: MOST_OUTPUT };
    await run("spin", ["-a", ...defines, "model.pml"], at);
    const kind = bitstate ? BITSTATE : EXHAUSTIVE;
    await run("gcc", [...COMPILE, ...kind.compile, "-o", "pan", "pan.c"], at);
    const start = performance.now();
    const { stdout } = await run(join(directory, "pan"), [...SEARCH, ...kind.search], at);
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
  const factor = /hash factor: ([0-9.e+]+)/.exec(output)?.[1];
  return {
    found: errors === "0" ? "holds" : "caught",
    violation,
    states: Number(stored),
    exhaustive: factor === undefined,
    hashFactor: factor === undefined ? null : Number(factor),
    megabytes: Number(/([0-9.e+]+)\s+total actual memory usage/.exec(output)?.[1]),
    seconds,
  };
}
