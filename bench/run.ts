/** `npm run bench` lists the programs; `npm run bench -- NAME [options]` runs one. */
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const DIRECTORY = fileURLToPath(new URL(".", import.meta.url));
const SELF = "run.ts";

function namesOf(): readonly string[] {
  return readdirSync(DIRECTORY)
    .filter((file) => file.endsWith(".ts") && file !== SELF)
    .filter((file) => aboutOf(file) !== "")
    .map((file) => file.slice(0, -".ts".length))
    .sort();
}

/** First sentence of the comment that a program begins with; what has none is no program. */
function aboutOf(file: string): string {
  const text = readFileSync(`${DIRECTORY}${file}`, "utf8");
  const comment = /^\/\*\*([\s\S]*?)\*\//.exec(text)?.[1] ?? "";
  const whole = comment.replace(/\s*\n? \* ?/g, " ").trim();
  return (/^.*?[.:](?=\s|$)/.exec(whole)?.[0] ?? whole).replace(/:$/, "");
}

const [name, ...options] = process.argv.slice(2);
if (name === undefined || name.startsWith("-")) {
  const rows = namesOf().map((one) => `  ${one.padEnd(12)}${aboutOf(`${one}.ts`)}`);
  process.stdout.write(["npm run bench -- NAME [--json]", "", ...rows, ""].join("\n"));
} else if (!namesOf().includes(name) || !existsSync(`${DIRECTORY}${name}.ts`)) {
  process.stderr.write(
    `There is no benchmark ${name.slice(0, 40)}. Choose one of: ${namesOf().join(", ")}.\n`,
  );
  process.exitCode = 2;
} else {
  const { status } = spawnSync(process.execPath, ["--import", "tsx", `${DIRECTORY}${name}.ts`, ...options], {
    stdio: "inherit",
  });
  process.exitCode = status ?? 1;
}
