import { spawn, type ChildProcess } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { readText } from "../../src/daemon/directory.ts";
import { answerOf, type DaemonWorld, until } from "./daemon-world.ts";
import { ROOT, silentUrl } from "./run-story.ts";

const BIN = join(ROOT, "bin", "hashlane.mjs");

/** `hashlane tower run` in a process of its own. */
export class TowerProcess {
  readonly directory: string;
  readonly address: string;
  readonly #passwordFile: string;
  #child: ChildProcess | null = null;
  log = "";

  private constructor(directory: string, address: string, passwordFile: string) {
    this.directory = directory;
    this.address = address;
    this.#passwordFile = passwordFile;
  }

  /** `over`: fields of tower.json. */
  static async init(world: DaemonWorld, name: string, over: object = {}): Promise<TowerProcess> {
    const directory = join(world.directory, name);
    const passwordFile = join(world.directory, "password");
    // The same after a restart, so that nodes find it again.
    const { host } = new URL(await silentUrl());
    const { tower } = await answerOf<{ readonly tower: string }>(
      ...["tower", "init", "--dir", directory, "--rpc", world.chain.url, "--listen", host, "--tls"],
      ...["--password-file", passwordFile, "--words-file", `${directory}.words`, "--faucet", "10"],
      ...["--confirmations", "0", "--poll-ms", "50", "--light-kdf"],
    );
    const config = join(directory, "tower.json");
    writeFileSync(
      config,
      JSON.stringify({ ...(JSON.parse(readFileSync(config, "utf8")) as object), ...over }),
    );
    return new TowerProcess(directory, tower, passwordFile);
  }

  get url(): string {
    return readText(join(this.directory, "tower-url"))?.trim() ?? "";
  }

  async start(): Promise<void> {
    const before = this.log.length;
    const child = spawn(
      process.execPath,
      [BIN, "tower", "run", "--dir", this.directory, "--password-file", this.#passwordFile, "--log", "json"],
      { cwd: ROOT, stdio: ["ignore", "pipe", "pipe"] },
    );
    this.#child = child;
    let isGone = false;
    child.once("exit", () => (isGone = true));
    const hear = (data: Buffer): void => void (this.log += data.toString());
    child.stdout.on("data", hear);
    child.stderr.on("data", hear);
    await until("the tower", () => {
      if (isGone) throw new Error(`the tower ended at once: ${this.log}`);
      return this.log.slice(before).includes('"the tower is up"');
    });
  }

  /** To its exit code, or null if the signal ended it. */
  async end(signal: NodeJS.Signals): Promise<number | null> {
    const child = this.#child;
    this.#child = null;
    if (child === null) return null;
    if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
    const gone = new Promise<number | null>((resolve) => child.once("exit", resolve));
    child.kill(signal);
    return gone;
  }
}
