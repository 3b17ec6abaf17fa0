/**
 * A development chain with the contracts, and two nodes on it, Bob's and Carol's, with a channel between them, until
 * Ctrl-C: somebody to connect with and to pay, for whoever starts a node of their own.
 */
import { Command } from "commander";
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { keyOfPhrase, newPhrase } from "../src/chain/keystore.ts";
import { ApiClient } from "../src/client/api-client.ts";
import { startDaemon, type Daemon } from "../src/daemon/daemon.ts";
import { placesIn } from "../src/daemon/directory.ts";
import { initNode } from "../src/daemon/init.ts";
import { readToken } from "../src/daemon/token.ts";
import { openRunningChain } from "./story/chain.ts";
import { messageOf, StoryFailure } from "./story/failure.ts";
import { startHardhatNode } from "./story/hardhat-node.ts";
import { waitUntil } from "./story/wait.ts";
import { deployWorld } from "./story/world.ts";

const ETH = 10n ** 18n;
const MARK = "network";
const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };

interface Options {
  readonly dir: string;
  readonly port: string;
}

interface Running {
  readonly daemon: Daemon;
  readonly client: ApiClient;
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
}

async function startOne(directory: string, rpc: string, listen: string): Promise<Running> {
  const phrase = newPhrase();
  const { config } = await initNode({
    ...{ directory, phrase, password: "development only", isLight: true, wordsFile: null, rpc },
    ...{ hashlane: null, firstBlock: null, faucet: 100n * ETH, ethTerms: {} },
    settings: { listen, apiPort: 0, pollMs: 100 },
  });
  const daemon = await startDaemon({
    config,
    places: placesIn(directory),
    key: keyOfPhrase(phrase),
    logger: silent,
  });
  return { daemon, client: new ApiClient({ url: daemon.apiUrl, token: readToken(config.tokenFile) }) };
}

async function joinUp(bob: Running, carol: Running): Promise<void> {
  await bob.client.call("connect", { address: carol.daemon.uri ?? "" });
  const { node: peer } = await carol.client.call("info", {});
  await waitUntil("Bob and Carol to connect", async () => (await bob.client.call("info", {})).peers === 1);
  await bob.client.call("open", { peer, amount: "10", idempotencyKey: "the first channel" });
  await waitUntil("their channel", async () => (await carol.client.call("info", {})).policiesKnown === 2);
}

async function run({ dir, port }: Options): Promise<void> {
  makeRoom(dir);
  const chain = await startHardhatNode(Number(port));
  const { world } = await deployWorld(await openRunningChain(chain.url));
  const [bob, carol] = [
    await startOne(join(dir, "bob"), chain.url, "127.0.0.1:9745"),
    await startOne(join(dir, "carol"), chain.url, "127.0.0.1:9746"),
  ];
  await joinUp(bob, carol);
  process.stdout.write(
    [
      `chain     ${chain.url}, contract ${world.contracts.domain.contract}`,
      `Bob       ${bob.daemon.uri ?? ""}`,
      `Carol     --dir ${join(dir, "carol")}`,
      "",
      "They have a channel, with 10 ETH of Bob in it. Ctrl-C ends all of it.",
      "",
    ].join("\n"),
  );
}

const command = new Command("npm run network --")
  .description("A development chain and two nodes to pay, until Ctrl-C.")
  .option("--dir <directory>", "of the two nodes; made anew", ".hashlane-network")
  .option("--port <number>", "of the chain", "8545")
  .parse();

run(command.opts<Options>()).catch((thrown: unknown) => {
  process.stderr.write(`The network stopped: ${messageOf(thrown)}\n`);
  process.exit(1);
});
