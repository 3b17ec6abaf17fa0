import { resolve } from "node:path";
import type { NodeKey } from "../chain/keystore.ts";
import type { Step } from "../daemon/standalone.ts";
import { readText, requireDirectory } from "../daemon/directory.ts";
import { FAILED } from "./exit.ts";
import { usage, type CommonOptions } from "./options.ts";
import { firstLine, passwordFrom } from "./secrets.ts";

export interface StandaloneExitOptions extends CommonOptions {
  readonly wordsFile?: string;
  readonly backup?: string;
  readonly passwordFile?: string;
  readonly rpc?: string;
  readonly wait: boolean;
}

/** Without a daemon and its log: from the key, a backup and the chain. */
export async function exitAlone(options: StandaloneExitOptions): Promise<void> {
  const { json, backup, rpc, wait } = options;
  if (backup === undefined) throw usage("a standalone exit needs a backup", "Name it with --backup.");
  const key = await keyFrom(options);
  const { exitStandalone } = await import("../daemon/standalone.ts");
  const tell = json ? (step: Step) => say(jsonOf(step)) : onceEach(textOf, say);
  const stuck = await exitStandalone({
    ...{ key, backup: resolve(backup), wait, onStep: tell },
    ...(rpc === undefined ? {} : { rpc }),
  });
  if (stuck.length > 0) process.exitCode = FAILED;
  else if (!json)
    say(wait ? "Every channel has ended." : "Every close is on chain: run this again to end them.");
}

async function keyFrom({ dir, wordsFile, passwordFile }: StandaloneExitOptions): Promise<NodeKey> {
  const { keyOfPhrase, decryptKey } = await import("../chain/keystore.ts");
  if (wordsFile !== undefined) return keyOfPhrase(firstLine(wordsFile));
  const { keystore } = requireDirectory(dir);
  return decryptKey(readText(keystore) ?? "", await passwordFrom(passwordFile, false));
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function jsonOf({ received, ...step }: Step): string {
  return JSON.stringify({ ...step, received: received?.toString() ?? null });
}

/** The countdown goes on only when it says something new. */
function onceEach(text: (step: Step) => string, print: (line: string) => void): (step: Step) => void {
  const last = new Map<string, string>();
  return (step) => {
    const line = text(step);
    if (last.get(step.channel) === line) return;
    last.set(step.channel, line);
    print(line);
  };
}

function textOf({ channel, peer, step, secondsLeft, received }: Step): string {
  const said = {
    found: `is open or closing, with ${peer}`,
    closing_humbly: "is being closed humbly",
    on_chain: `is closing on chain: ${secondsLeft ?? 0} s are left for answers, by the chain's clock`,
    ended: `has ended; base units received: ${received ?? 0n}`,
    cannot_close: "has no recovery period: only its peer can close it, or the running node with its help",
  };
  return `${channel} ${said[step]}`;
}
