import { readdirSync, readFileSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";

import { deployedPaths, parseSources } from "../sources/ast.ts";
import { hardhatOn, rewrite } from "../sources/rewritten.ts";
import { StoryFailure } from "../story/failure.ts";
import { instrument } from "./instrument.ts";
import { Points, type Point } from "./points.ts";

const FOLDER = resolve("cache/coverage");
/** Where Hardhat puts what it was sent. */
const DATA = "coverage/data/solidity";

/** Not these: invariants and histories go where the others have gone; the last one measures gas, which points use up. */
const LEFT_OUT = [/\/invariant\//, /\/reference\//, /LargestLists/];
/** Fuzzing repeats itself; what counts is whether a test comes there, not how often. */
const FEW_RUNS = { HASHLANE_FUZZ_RUNS: "16", TEST_INVARIANT_RUNS: "1" };

function sourcePaths(): readonly string[] {
  return readdirSync("contracts", { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".sol"))
    .map((name) => join("contracts", name).replaceAll("\\", "/"))
    .sort();
}

/** A point makes a call, and whatever calls must be `view`. */
const asView = (text: string): string => text.replace(/\bpure\b/g, "view");

function writeSources(): readonly Point[] {
  rmSync(join(FOLDER, "sources"), { recursive: true, force: true });
  const points = new Points();
  const deployed = deployedPaths();
  for (const source of parseSources(deployed)) {
    const text = Buffer.from(asView(instrument(source, points)), "latin1").toString();
    rewrite(FOLDER, source.path, text);
  }
  for (const path of sourcePaths()) {
    if (!deployed.includes(path)) rewrite(FOLDER, path, asView(readFileSync(path, "utf8")));
  }
  return points.all;
}

function readHits(): ReadonlySet<number> {
  const files = readdirSync(DATA).map((name) => readFileSync(join(DATA, name), "utf8"));
  const tags = files.flatMap((text) => Object.keys(JSON.parse(text) as Record<string, number>));
  return new Set(tags.map((tag) => Number.parseInt(tag, 16)));
}

export interface Measured {
  readonly points: readonly Point[];
  readonly hits: ReadonlySet<number>;
}

/** Runs tests on contracts with points in them. Throws unless all pass: a contract that points break proves nothing. */
export async function measure(files: readonly string[]): Promise<Measured> {
  const points = writeSources();
  const tests = sourcePaths().filter(
    (path) => path.endsWith(".t.sol") && path.startsWith("contracts/test/") && !path.includes("/support/"),
  );
  const chosen = files.length > 0 ? files : tests.filter((path) => !LEFT_OUT.some((left) => left.test(path)));
  const { code, output } = await hardhatOn(FOLDER, ["--coverage", "test", "solidity", ...chosen], FEW_RUNS);
  if (code !== 0) throw new StoryFailure(`The tests do not pass with points in the contracts:\n${output}`);
  return { points, hits: readHits() };
}
