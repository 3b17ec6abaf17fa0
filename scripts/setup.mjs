// Plain JavaScript for Node 20: it runs before anything is installed.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const lockStamp = join(root, "node_modules", ".hashlane-lock");
const buildStamp = join(root, "artifacts", ".hashlane-build");

function run(what, command, args) {
  console.log(`${what}: ${command} ${args.join(" ")}`);
  const { status, error } = spawnSync(command, args, {
    cwd: root,
    stdio: "inherit",
    shell: process.platform === "win32",
  });
  if (status === 0) return;
  console.error(
    `Setup stopped: \`${command} ${args.join(" ")}\` ${error ? `did not start (${error.message})` : `ended with code ${status}`}. ` +
      "Correct what is reported above and run `npm run setup` again.",
  );
  process.exit(1);
}

function read(path) {
  return existsSync(path) ? readFileSync(path, "utf8") : "";
}

function newest(path) {
  const stat = statSync(path);
  if (!stat.isDirectory()) return stat.mtimeMs;
  return Math.max(stat.mtimeMs, ...readdirSync(path).map((name) => newest(join(path, name))));
}

const lock = createHash("sha256")
  .update(readFileSync(join(root, "package-lock.json")))
  .digest("hex");
if (read(lockStamp) !== lock) {
  // Hardhat's native engine is left out by an npm that runs under Node 20.
  run("Installing (about a minute)", "npx", ["--yes", "--package=node@24", "--", "npm", "ci"]);
  writeFileSync(lockStamp, lock);
}

const sources = ["contracts", "hardhat.config.ts", "package-lock.json"].map((name) => join(root, name));
const changed = Math.max(...sources.filter(existsSync).map(newest));
if (!existsSync(buildStamp) || statSync(buildStamp).mtimeMs < changed) {
  // `npm test` compiles their tests, which take most of the time.
  run("Building the contracts", join(root, "node_modules", ".bin", "hardhat"), ["build", "--no-tests"]);
  writeFileSync(buildStamp, "");
}
