/**
 * The Mocha tests: all but the long ones, or with `--long` these alone. Everything else is for Mocha, such as
 * `--grep TEXT`. The long ones run whole stories and deployments again and again in processes of their own, and take
 * longer than all others together.
 */
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const LONG: ReadonlySet<string> = new Set(
  [
    "bad-input",
    "daemon-refusals",
    "daemon-restore",
    "daemon-tower",
    "deploy-and-pay",
    "deploy-contracts",
    "over-http",
    "punish-cheater",
    "silent-hop",
    "stream-video",
  ].map((name) => join("test", "e2e", `${name}.ts`)),
);

const files = readdirSync(join(ROOT, "test"), { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".ts"))
  .map((file) => join("test", file))
  .sort();
const gone = [...LONG].filter((file) => !files.includes(file));
if (gone.length > 0) throw new Error(`long tests that are not there: ${gone.join(", ")}`);

const isLong = process.argv.includes("--long");
const options = process.argv.slice(2).filter((option) => option !== "--long");
const { status } = spawnSync(
  "hardhat",
  ["test", "mocha", ...options, ...files.filter((file) => LONG.has(file) === isLong)],
  { cwd: ROOT, stdio: "inherit" },
);
process.exitCode = status ?? 1;
