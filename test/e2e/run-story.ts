import { expect } from "chai";
import { spawn } from "node:child_process";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** Of a story as a whole; a test that hangs for ever would say nothing. */
export const STORY_TIMEOUT_MS = 60_000;

export interface Outcome {
  /** Null if a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Figures of a story as `--json` prints them; amounts are decimal strings of wei. */
export interface Figures {
  readonly changes: Readonly<Record<string, string>>;
  readonly transactions: readonly { readonly what: string; readonly gas: string }[];
  readonly [name: string]: unknown;
}

/** Runs a program of scripts/ as a user does, in a process of its own. */
export function runScript(name: string, ...options: readonly string[]): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ["--import", "tsx", `scripts/${name}.ts`, ...options], {
      cwd: ROOT,
      timeout: STORY_TIMEOUT_MS,
      stdio: ["ignore", "pipe", "pipe"],
    });
    let [stdout, stderr] = ["", ""];
    child.stdout.on("data", (data: Buffer) => (stdout += data.toString()));
    child.stderr.on("data", (data: Buffer) => (stderr += data.toString()));
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, stdout, stderr }));
  });
}

/** The figures of a story that must go well. */
export async function figuresOf(name: string, ...options: readonly string[]): Promise<Figures> {
  const { code, stdout, stderr } = await runScript(name, "--json", ...options);
  expect(code, stderr).to.equal(0);
  expect(stderr).to.equal("");
  expect(stdout.trimEnd().split("\n"), "one line").to.have.length(1);
  return JSON.parse(stdout) as Figures;
}

/** Bad input must end in one message that says so, and no stack trace. */
export async function expectRefusal(
  name: string,
  options: readonly string[],
  message: RegExp | string,
): Promise<void> {
  const { code, stdout, stderr } = await runScript(name, "--json", ...options);
  expect(code, stderr).to.equal(1);
  expect(stdout).to.equal("");
  expect(stderr).not.to.contain("    at ");
  const [told = "", ...more] = stderr.trim().split("\n");
  if (typeof message === "string") expect(told).to.equal(message);
  else expect(told).to.match(message);
  // Commander adds where the options are listed.
  expect(more.filter((line) => line !== "(--help lists the options)")).to.deep.equal([]);
}

/** URL of a port of this machine on which nobody listens. */
export async function silentUrl(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return `http://127.0.0.1:${port}`;
}

export function callsOf({ transactions }: Figures): readonly string[] {
  return transactions.map(({ what }) => what);
}
