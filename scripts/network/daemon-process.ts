import { spawn } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { newPhrase } from "../../src/chain/keystore.ts";
import { ApiClient } from "../../src/client/api-client.ts";
import type { ConfigFile } from "../../src/daemon/config.ts";
import { placesIn, readText } from "../../src/daemon/directory.ts";
import { initNode } from "../../src/daemon/init.ts";
import { StoryFailure } from "../story/failure.ts";
import { waitUntil } from "../story/wait.ts";

const BIN = fileURLToPath(new URL("../../bin/hashlane.mjs", import.meta.url));
const ETH = 10n ** 18n;

/** A node in a process of its own. */
export interface DaemonProcess {
  readonly name: string;
  readonly directory: string;
  readonly client: ApiClient;
  /** NODE@HOST:PORT. */
  readonly uri: string;
  readonly pid: number;
  /** Resolves when it has stopped by itself or because it was asked to: to its exit code, null after a signal. */
  readonly gone: Promise<number | null>;
  stop(): void;
}

export interface DaemonOptions {
  readonly name: string;
  /** Of all nodes; each has one in it. */
  readonly within: string;
  readonly passwordFile: string;
  readonly password: string;
  readonly rpc: string;
  readonly listen: string;
  /** Beside what is usual here. */
  readonly settings?: ConfigFile;
  /** What it asks for forwarding ETH. */
  readonly fees?: { readonly feeBase: string; readonly feePpm: number };
}

/** Makes its directory, gives it ETH of the development chain and starts it. */
export async function startDaemonProcess(options: DaemonOptions): Promise<DaemonProcess> {
  const { name, within, passwordFile, password, rpc, listen, settings = {} } = options;
  const { fees = { feeBase: "0.001", feePpm: 0 } } = options;
  const directory = join(within, name);
  await initNode({
    ...{ directory, phrase: newPhrase(), password, isLight: true, wordsFile: null, rpc },
    ...{ hashlane: null, firstBlock: null, faucet: 1000n * ETH, ethTerms: fees },
    settings: { alias: name, listen, apiPort: 0, pollMs: 100, ...settings },
  });
  // In a group of its own: Ctrl-C is for this process, which then stops the nodes one time each.
  const child = spawn(
    process.execPath,
    [BIN, "start", "--dir", directory, "--password-file", passwordFile, "--log", "json"],
    { detached: true, stdio: ["ignore", "pipe", "pipe"] },
  );
  let told = "";
  let isGone = false;
  const gone = new Promise<number | null>((resolve) =>
    child.once("exit", (code) => {
      isGone = true;
      resolve(code);
    }),
  );
  const hear = (data: Buffer): void => {
    told = `${told}${data.toString()}`.slice(-4000);
  };
  child.stdout.on("data", hear);
  child.stderr.on("data", hear);
  process.once("exit", () => void child.kill("SIGKILL"));
  const { apiUrl } = placesIn(directory);
  await waitUntil(`the node of ${name}`, () => {
    if (isGone) throw new StoryFailure(`the node of ${name} ended at once: ${told.trim()}`);
    return readText(apiUrl) !== null;
  });
  const token = readText(join(directory, "api-token"))?.trim() ?? "";
  const client = new ApiClient({ url: readText(apiUrl)?.trim() ?? "", token });
  const { uri } = await client.call("info", {});
  return {
    name,
    directory,
    client,
    uri: uri ?? "",
    pid: child.pid ?? 0,
    gone,
    stop: () => void child.kill("SIGTERM"),
  };
}
