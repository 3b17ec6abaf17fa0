/**
 * How fast the explorer's index reads a chain: `node --import tsx bench/indexer.ts [--json] [--channels 20000]`.
 * So many channels are opened on a local chain, many in a block; half as many deposits follow, each in a block of its
 * own. Then the index is made from nothing over HTTP, several times; the figures are the medians.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { openRunningChain } from "../scripts/story/chain.ts";
import { startHardhatNode } from "../scripts/story/hardhat-node.ts";
import { deployWorld, type World } from "../scripts/story/world.ts";
import { openMany } from "../src/chain/batches.ts";
import { connectContracts } from "../src/chain/contracts.ts";
import { addCredit } from "../src/chain/funding.ts";
import { createHistoryReader } from "../src/chain/history.ts";
import { openIndex } from "../src/indexer/database.ts";
import { figuresOf } from "../src/indexer/figures.ts";
import { growthOf } from "../src/indexer/growth.ts";
import { IndexStore } from "../src/indexer/index-store.ts";
import { livesIn } from "../src/indexer/network.ts";
import { Syncer } from "../src/indexer/syncer.ts";
import { must, parseAddress, ZERO_ADDRESS } from "../src/protocol/checked.ts";
import type { Address, Params } from "../src/protocol/types.ts";

const { values } = parseArgs({
  options: {
    json: { type: "boolean", default: false },
    channels: { type: "string", default: "20000" },
    deposits: { type: "string", default: "2000" },
    runs: { type: "string", default: "3" },
  },
});
const [CHANNELS, DEPOSITS, RUNS] = [values.channels, values.deposits, values.runs].map(Number) as [
  number,
  number,
  number,
];
const BATCH = 100;
const NODES = 2000;

const nodeAt = (index: number): Address =>
  must(parseAddress(`0x${(0x1000 + index).toString(16).padStart(40, "0")}`));

function paramsOf(index: number): Params {
  const [a, b] = [index % NODES, (index * 7 + 1 + Math.floor(index / NODES)) % NODES];
  const [signerA, signerB] = [nodeAt(a), nodeAt(a === b ? (b + 1) % NODES : b)];
  const rest = { token: ZERO_ADDRESS, challengePeriod: 86_400, recoveryPeriod: 0, salt: BigInt(index) };
  return { ownerA: signerA, ownerB: signerB, signerA, signerB, ...rest };
}

async function fill({ contracts, bank, chain }: World): Promise<void> {
  await addCredit(contracts, bank, {
    token: ZERO_ADDRESS,
    owner: bank.address,
    amount: BigInt(CHANNELS) * 1000n,
  });
  for (let at = 0; at < CHANNELS; at += BATCH) {
    const count = Math.min(BATCH, CHANNELS - at);
    const fundings = Array.from({ length: count }, (_, i) => ({
      params: paramsOf(at + i),
      life: 1,
      amounts: { A: 1000n, B: 0n },
    }));
    await openMany(contracts, bank, fundings);
  }
  const { interface: abi } = contracts.hashlane;
  for (let i = 0; i < DEPOSITS; i++) {
    const id = await contracts.hashlane.paramsIdOf(paramsOf(i % CHANNELS));
    const data = abi.encodeFunctionData("deposit", [id, 1, false]);
    await chain.provider.send("eth_sendTransaction", [
      { from: bank.address, to: contracts.domain.contract, data, value: "0x1" },
    ]);
  }
}

async function measure(
  url: string,
  contract: Address,
): Promise<{ readonly events: number; readonly ms: number; readonly figuresMs: number }> {
  const directory = mkdtempSync(join(tmpdir(), "hashlane-bench-"));
  try {
    const contracts = await connectContracts(url, { hashlane: contract });
    const store = new IndexStore(openIndex(join(directory, "index.sqlite"), "bench"));
    const syncer = new Syncer(createHistoryReader(contracts, 1000), store, 0);
    const begin = performance.now();
    await syncer.poll(
      () => false,
      () => undefined,
    );
    const ms = performance.now() - begin;
    const events = Number(store.first("SELECT count(*) AS n FROM events")?.n);
    const half = performance.now();
    figuresOf(livesIn(store), null, 0);
    growthOf(store.allEvents());
    const figuresMs = performance.now() - half;
    store.close();
    contracts.provider.destroy();
    return { events, ms, figuresMs };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function medianOf(some: readonly number[]): number {
  return [...some].sort((a, b) => a - b)[Math.floor(some.length / 2)] ?? Number.NaN;
}

const chain = await startHardhatNode();
try {
  const { world } = await deployWorld(await openRunningChain(chain.url));
  await fill(world);
  const runs = [];
  for (let run = 0; run < RUNS; run++) runs.push(await measure(chain.url, world.contracts.domain.contract));
  const rates = runs.map(({ events, ms }) => Math.round((events / ms) * 1000));
  const report = {
    machine: cpus()[0]?.model ?? "unknown",
    events: runs[0]?.events ?? 0,
    blocks: await world.contracts.provider.getBlockNumber(),
    eventsPerSecond: { median: medianOf(rates), least: Math.min(...rates), most: Math.max(...rates) },
    figuresMs: Math.round(medianOf(runs.map(({ figuresMs }) => figuresMs))),
  };
  console.log(values.json ? JSON.stringify(report) : report);
} finally {
  await chain.stop();
}
process.exit(0);
