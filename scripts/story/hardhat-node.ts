import { fork, type ChildProcess } from "node:child_process";
import { createServer, type AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";

import { StoryFailure } from "./failure.ts";
import { within } from "./wait.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const PROGRAM = fileURLToPath(new URL("chain-process.ts", import.meta.url));
const HOST = "127.0.0.1";
const ENDING: readonly NodeJS.Signals[] = ["SIGINT", "SIGTERM", "SIGHUP"];

/** A development chain in a process of its own. */
export interface HardhatNode {
  readonly url: string;
  /** Resolves when the process is gone. */
  stop(): Promise<void>;
}

/**
 * Starts one that ends with this process at the latest; `port` is a free one if left out. A signal ends this process,
 * unless it says that it deals with signals itself.
 */
export async function startHardhatNode(port?: number, mindsSignals = false): Promise<HardhatNode> {
  const at = port ?? (await freePort());
  const child = fork(PROGRAM, ["node", "--port", String(at), "--hostname", HOST], {
    cwd: ROOT,
    execArgv: ["--import", "tsx"],
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  const gone = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const kill = (): void => void child.kill("SIGKILL");
  // Who ends us by a signal means the chain too.
  const quit = (): never => process.exit(1);
  process.once("exit", kill);
  if (!mindsSignals) for (const signal of ENDING) process.once(signal, quit);
  const stop = async (): Promise<void> => {
    kill();
    await gone;
    process.removeListener("exit", kill);
    for (const signal of ENDING) process.removeListener(signal, quit);
  };
  try {
    await within("the development chain to start", started(child));
  } catch (thrown) {
    await stop();
    throw thrown;
  }
  return { url: `http://${HOST}:${at}`, stop };
}

function started(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let told = "";
    const hear = (data: Buffer): void => {
      told += data.toString();
      if (told.includes("Started HTTP")) resolve();
    };
    // Both are read to the end, or the child would wait for a reader.
    child.stdout?.on("data", hear);
    child.stderr?.on("data", hear);
    child.on("exit", () => reject(new StoryFailure(`\`hardhat node\` ended at once: ${told.trim()}`)));
  });
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, HOST, resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
