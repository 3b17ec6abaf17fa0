import { spawnSync } from "node:child_process";
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";

const FOLDER = "typechain-types";

function run(command: string, args: readonly string[]): string {
  const { status, error, stdout, stderr } = spawnSync(command, args, {
    encoding: "utf8",
    shell: process.platform === "win32",
  });
  if (status === 0) return stdout;
  console.error(`\`${command} ${args.join(" ")}\` failed:\n${error?.message ?? stdout + stderr}`);
  process.exit(1);
}

const started = Date.now();
run("hardhat", ["build", "--no-tests"]);

// A build rewrites every file that still has a contract and leaves the others.
const stale = readdirSync(FOLDER, { recursive: true, encoding: "utf8" })
  .map((name) => join(FOLDER, name))
  .filter((path) => statSync(path).isFile() && statSync(path).mtimeMs < started - 1000);
const changed = run("git", ["status", "--porcelain", "--untracked-files=all", "--", FOLDER]);

if (stale.length > 0) console.error(`No contract belongs to these files; delete them:\n${stale.join("\n")}`);
if (changed !== "") {
  console.error(`${FOLDER} is not what the contracts generate. After \`npm run build\` commit:\n${changed}`);
}
if (stale.length > 0 || changed !== "") process.exitCode = 1;
