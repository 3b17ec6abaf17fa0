/** A development chain with the contracts and nodes in a row, each in a process of its own, until Ctrl-C. */
import { Command, InvalidArgumentError } from "commander";
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { type DaemonProcess, startDaemonProcess } from "./network/daemon-process.ts";
import { openRunningChain } from "./story/chain.ts";
import { messageOf, StoryFailure } from "./story/failure.ts";
import { startHardhatNode } from "./story/hardhat-node.ts";
import { waitUntil } from "./story/wait.ts";
import { deployWorld } from "./story/world.ts";

const MARK = "network";
const PASSWORD = "development only";
const HOPS = ["wang", "alice", "bob", "carol"] as const;
const DEPOSIT = "10";
const MOST = 20;
const FIRST_PORT = 9745;

interface Options {
  readonly dir: string;
  readonly port: number;
  readonly nodes: number;
  readonly json: boolean;
}

interface Network {
  readonly chain: string;
  readonly contract: string;
  readonly nodes: readonly DaemonProcess[];
}

/** What an earlier run has left belongs to a chain that is gone; nothing else is touched. */
function makeRoom(directory: string): void {
  const names = existsSync(directory) ? readdirSync(directory) : [];
  if (names.length > 0 && !names.includes(MARK)) {
    throw new StoryFailure(`${directory} holds files of others. Choose another with --dir.`);
  }
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  writeFileSync(join(directory, MARK), "");
  writeFileSync(join(directory, "password"), `${PASSWORD}\n`, { mode: 0o600 });
}

/** A row from Wang to Xiaohong. */
function namesOf(count: number): readonly string[] {
  const further = Array.from({ length: count }, (_, index) => `hop${index + 5}`);
  return [...HOPS, ...further].slice(0, count - 1).concat("xiaohong");
}

async function openBetween(left: DaemonProcess, right: DaemonProcess): Promise<void> {
  await left.client.call("connect", { address: right.uri });
  const { node: peer } = await right.client.call("info", {});
  await waitUntil(`${left.name} and ${right.name} to connect`, async () =>
    (await left.client.call("peers", {})).entries.some(({ node, connected }) => node === peer && connected),
  );
  await left.client.call("open", { peer, amount: DEPOSIT, idempotencyKey: "the first channel" });
}

async function everybodyKnows(nodes: readonly DaemonProcess[]): Promise<void> {
  const policies = 2 * (nodes.length - 1);
  await waitUntil("everybody to know all fees", async () =>
    (await Promise.all(nodes.map(({ client }) => client.call("info", {})))).every(
      ({ policiesKnown }) => policiesKnown === policies,
    ),
  );
}

function textOf({ chain, contract, nodes }: Network): string {
  const width = Math.max(...nodes.map(({ name }) => name.length)) + 2;
  const first = nodes[0]?.directory ?? "";
  const last = nodes.at(-1)?.directory ?? "";
  return [
    `${"chain".padEnd(width)}${chain}, contract ${contract}`,
    ...nodes.map(({ name, uri }) => `${name.padEnd(width)}${uri}`),
    "",
    `Each has a channel with the next, with ${DEPOSIT} ETH of its own in it, and asks 0.001 ETH for forwarding.`,
    "In another terminal, a payment over all of them:",
    "",
    `  npx hashlane invoice create --dir ${last} 1`,
    `  npx hashlane pay --dir ${first} hl1...`,
    "",
    "Ctrl-C ends all of it.",
    "",
  ].join("\n");
}

function jsonOf({ chain, contract, nodes }: Network): string {
  const entries = nodes.map(({ name, uri, directory }) => ({ name, uri, directory }));
  return `${JSON.stringify({ chain, contract, nodes: entries })}\n`;
}

/** Resolves at Ctrl-C or SIGTERM, from now on. */
function endAsked(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => resolve());
  });
}

/** Rejects if one ends by itself. */
function oneFails(nodes: readonly DaemonProcess[]): Promise<never> {
  return new Promise((_, reject) => {
    for (const { name, gone } of nodes) {
      void gone.then((code) =>
        reject(new StoryFailure(`the node of ${name} ended with ${code ?? "a signal"}`)),
      );
    }
  });
}

async function stopAll(nodes: readonly DaemonProcess[]): Promise<void> {
  for (const node of nodes) node.stop();
  await Promise.all(nodes.map(({ gone }) => gone));
}

async function startRow({ dir, nodes: count }: Options, rpc: string, into: DaemonProcess[]): Promise<void> {
  const shared = { within: dir, passwordFile: join(dir, "password"), password: PASSWORD, rpc };
  for (const [index, name] of namesOf(count).entries()) {
    say(`starting ${name}`);
    into.push(await startDaemonProcess({ ...shared, name, listen: `127.0.0.1:${FIRST_PORT + index}` }));
  }
  say("opening their channels");
  for (const [index, left] of into.entries()) {
    const right = into[index + 1];
    if (right !== undefined) await openBetween(left, right);
  }
  await everybodyKnows(into);
}

async function run(options: Options): Promise<void> {
  makeRoom(options.dir);
  const asked = endAsked();
  say("starting a development chain with the contracts");
  const chain = await startHardhatNode(options.port, true);
  const nodes: DaemonProcess[] = [];
  try {
    const { world } = await deployWorld(await openRunningChain(chain.url));
    const isAsked = await Promise.race([
      asked.then(() => true),
      startRow(options, chain.url, nodes).then(() => false),
    ]);
    if (isAsked) return;
    const network = { chain: chain.url, contract: world.contracts.domain.contract, nodes };
    process.stdout.write(options.json ? jsonOf(network) : textOf(network));
    await Promise.race([asked, oneFails(nodes)]);
    say("stopping");
  } finally {
    await stopAll(nodes);
    await chain.stop();
  }
}

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

function whole(least: number, most: number) {
  return (text: string): number => {
    const value = Number(text);
    if (Number.isInteger(value) && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`Write a whole number from ${least} to ${most}.`);
  };
}

const command = new Command("npm run network --")
  .description("A development chain and nodes in a row, each with a channel to the next, until Ctrl-C.")
  .option("--nodes <number>", `from 2 to ${MOST}`, whole(2, MOST), 5)
  .option("--dir <directory>", "of the nodes; made anew", ".hashlane-network")
  .option("--port <number>", "of the chain", whole(1, 65_535), 8545)
  .option("--json", "print what was started as JSON, progress to stderr", false)
  .allowExcessArguments(false)
  .parse();

run(command.opts<Options>()).then(
  () => process.exit(0),
  (thrown: unknown) => {
    process.stderr.write(`The network stopped: ${messageOf(thrown)}\n`);
    process.exit(1);
  },
);
