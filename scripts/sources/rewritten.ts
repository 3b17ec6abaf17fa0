import { spawn } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const CONFIG = fileURLToPath(new URL("hardhat.config.ts", import.meta.url));
const HARDHAT = fileURLToPath(new URL("../../node_modules/.bin/hardhat", import.meta.url));

/** Puts a source in the place of the one at `path`, for builds of this folder alone. */
export function rewrite(folder: string, path: string, text: string): void {
  const place = join(folder, "sources", path);
  mkdirSync(dirname(place), { recursive: true });
  // A file that stays as it was keeps its time.
  if (readTextOrNull(place) !== text) writeFileSync(place, text);
}

function readTextOrNull(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return null;
  }
}

/** Which nobody else sends. */
const STOP = "SIGUSR2";

export interface Run {
  /** As in the shell; null if it was stopped. */
  readonly code: number | null;
  readonly output: string;
}

export interface Limits {
  readonly mostMs: number;
  /** Of its output, as soon as something fits. */
  readonly until: RegExp;
}

/** Runs Hardhat on the rewritten sources of a folder, to its end or its limits. */
export function hardhatOn(
  folder: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
  limits?: Limits,
): Promise<Run> {
  const env = { ...process.env, ...environment, HASHLANE_REWRITTEN: folder, NO_COLOR: "1" };
  const child = spawn(HARDHAT, ["--config", CONFIG, ...args], {
    env,
    stdio: ["ignore", "pipe", "pipe"],
    ...(limits === undefined ? {} : { timeout: limits.mostMs, killSignal: STOP }),
  });
  return new Promise((resolve, reject) => {
    let output = "";
    const add = (piece: Buffer): void => {
      output += piece.toString();
      if (limits?.until.test(output) === true) child.kill(STOP);
    };
    child.stdout.on("data", add);
    child.stderr.on("data", add);
    child.on("error", reject);
    child.on("close", (code, signal) => {
      if (code !== null || signal === STOP) resolve({ code, output });
      else reject(new Error(`Hardhat was ended by ${signal ?? "nobody"}:\n${output}`));
    });
  });
}
