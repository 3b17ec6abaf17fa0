import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";

import { messageOf, StoryFailure } from "./failure.ts";
import type { HopReady, HopSetup } from "./hop-setup.ts";
import { within } from "./wait.ts";

const PROGRAM = fileURLToPath(new URL("hop-process.ts", import.meta.url));

/** A hop in a process of its own, as its parent sees it. */
export interface Hop {
  readonly address: string;
  /** Resolves when the process is gone: to the signal that ended it, or null if it ended by itself. */
  readonly gone: Promise<NodeJS.Signals | null>;
  /** Ends it in any case. */
  kill(): Promise<void>;
}

/** Starts it; it ends with this process at the latest. */
export async function startHop(setup: HopSetup): Promise<Hop> {
  const child = fork(PROGRAM, { execArgv: ["--import", "tsx"], stdio: ["ignore", "ignore", "pipe", "ipc"] });
  let told = "";
  child.stderr?.on("data", (data: Buffer) => (told += data.toString()));
  const gone = new Promise<NodeJS.Signals | null>((resolve) =>
    child.once("exit", (_, signal) => resolve(signal)),
  );
  const end = (): void => void child.kill("SIGKILL");
  process.once("exit", end);
  const kill = async (): Promise<void> => {
    end();
    await gone;
    process.removeListener("exit", end);
  };
  const ready = new Promise<HopReady>((resolve, reject) => {
    child.once("message", (message) => resolve(message as HopReady));
    child.once("error", reject);
    void gone.then(() => reject(new StoryFailure(`${setup.name}'s process ended at once: ${told.trim()}`)));
  });
  try {
    child.send(setup);
    const { address } = await within(`${setup.name}'s process to start`, ready);
    return { address, gone, kill };
  } catch (thrown) {
    await kill();
    throw thrown instanceof StoryFailure ? thrown : new StoryFailure(messageOf(thrown));
  }
}
