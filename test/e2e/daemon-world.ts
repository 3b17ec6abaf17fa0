import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { openRunningChain } from "../../scripts/story/chain.ts";
import { startHardhatNode, type HardhatNode } from "../../scripts/story/hardhat-node.ts";
import { deployWorld } from "../../scripts/story/world.ts";
import type { Info } from "../../src/api/views.ts";
import { ApiClient } from "../../src/client/api-client.ts";
import { placesIn, readText } from "../../src/daemon/directory.ts";
import { ROOT, silentUrl, type Outcome } from "./run-story.ts";

const BIN = join(ROOT, "bin", "hashlane.mjs");
export const PASSWORD = "correct horse battery";
/** Only ends what would hang. */
const PATIENCE_MS = 60_000;

/** Runs one command to its end, as a person at a terminal without a keyboard does. */
export function hashlane(...options: readonly string[]): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [BIN, ...options], {
      cwd: ROOT,
      env: cleanEnvironment(),
      timeout: PATIENCE_MS,
      stdio: ["ignore", "pipe", "pipe"],
    });
    let [stdout, stderr] = ["", ""];
    child.stdout.on("data", (data: Buffer) => (stdout += data.toString()));
    child.stderr.on("data", (data: Buffer) => (stderr += data.toString()));
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, stdout, stderr }));
  });
}

/** What the person who runs the tests has set must not change them. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("HASHLANE_")));
}

/** The JSON of a command that must go well. */
export async function answerOf<T>(...options: readonly string[]): Promise<T> {
  const { code, stdout, stderr } = await hashlane(...options, "--json");
  if (code !== 0) throw new Error(`hashlane ${options.join(" ")} ended with ${code}: ${stderr}`);
  return JSON.parse(stdout) as T;
}

/** Waits until the condition holds; what never comes fails with what was waited for. */
export async function until(
  what: string | (() => string),
  isSo: () => boolean | Promise<boolean>,
): Promise<void> {
  const end = performance.now() + PATIENCE_MS;
  while (!(await isSo())) {
    if (performance.now() > end)
      throw new Error(`waited in vain for ${typeof what === "string" ? what : what()}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** A daemon in a process of its own. */
export class Daemon {
  readonly name: string;
  readonly directory: string;
  #child: ChildProcess | null = null;
  #log = "";

  constructor(name: string, directory: string) {
    this.name = name;
    this.directory = directory;
  }

  get passwordFile(): string {
    return join(this.directory, "..", "password");
  }

  /** What it has printed so far, over all runs. */
  get log(): string {
    return this.#log;
  }

  get client(): ApiClient {
    return new ApiClient({ url: this.#url, token: this.#token });
  }

  get #url(): string {
    return readText(placesIn(this.directory).apiUrl)?.trim() ?? "";
  }

  get #token(): string {
    return readText(join(this.directory, "api-token"))?.trim() ?? "";
  }

  /** As Prometheus gets them. */
  async metrics(): Promise<string> {
    const headers = { authorization: `Bearer ${this.#token}` };
    return (await fetch(`${this.#url}/metrics`, { headers })).text();
  }

  async start(...options: readonly string[]): Promise<void> {
    const child = spawn(
      process.execPath,
      [
        BIN,
        "start",
        "--dir",
        this.directory,
        "--password-file",
        this.passwordFile,
        "--log",
        "json",
        ...options,
      ],
      { cwd: ROOT, env: cleanEnvironment(), stdio: ["ignore", "pipe", "pipe"] },
    );
    this.#child = child;
    const before = this.#log.length;
    let isGone = false;
    child.once("exit", () => (isGone = true));
    const hear = (data: Buffer): void => void (this.#log += data.toString());
    child.stdout.on("data", hear);
    child.stderr.on("data", hear);
    await until(`the start of ${this.name}`, () => {
      const told = this.#log.slice(before);
      if (isGone) throw new Error(`${this.name} ended at once: ${told}`);
      return told.includes('"the node is up"');
    });
  }

  info(): Promise<Info> {
    return this.client.call("info", {});
  }

  /** Ends it by the signal; to its exit code, or null if the signal ended it. */
  async end(signal: NodeJS.Signals): Promise<number | null> {
    const child = this.#child;
    if (child === null) return null;
    this.#child = null;
    if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
    const gone = new Promise<number | null>((resolve) => child.once("exit", resolve));
    child.kill(signal);
    return gone;
  }

  signal(signal: NodeJS.Signals): void {
    this.#child?.kill(signal);
  }
}

/** A chain with the contracts, and a directory for nodes. */
export class DaemonWorld {
  readonly chain: HardhatNode;
  readonly directory: string;
  readonly daemons: Daemon[] = [];

  private constructor(chain: HardhatNode, directory: string) {
    this.chain = chain;
    this.directory = directory;
  }

  static async create(): Promise<DaemonWorld> {
    const chain = await startHardhatNode();
    const directory = mkdtempSync(join(tmpdir(), "hashlane-daemons-"));
    const world = new DaemonWorld(chain, directory);
    await deployWorld(await openRunningChain(chain.url));
    writeFileSync(join(directory, "password"), `${PASSWORD}\n`, { mode: 0o600 });
    return world;
  }

  /** What `hashlane init` is given for a node of this world. */
  initOptions(name: string): readonly string[] {
    const directory = join(this.directory, name);
    return [
      ...["init", "--dir", directory, "--alias", name, "--rpc", this.chain.url],
      ...["--password-file", join(this.directory, "password"), "--words-file", `${directory}.words`],
      ...["--api-port", "0", "--poll-ms", "50", "--faucet", "100", "--light-kdf"],
    ];
  }

  async init(name: string, ...options: readonly string[]): Promise<Daemon> {
    // The same after a restart, so that others find it again.
    const { host } = new URL(await silentUrl());
    await answerOf(...this.initOptions(name), "--listen", host, ...options);
    const daemon = new Daemon(name, join(this.directory, name));
    this.daemons.push(daemon);
    return daemon;
  }

  async stop(): Promise<void> {
    await Promise.all(this.daemons.map((daemon) => daemon.end("SIGKILL")));
    await this.chain.stop();
    rmSync(this.directory, { recursive: true, force: true });
  }
}
