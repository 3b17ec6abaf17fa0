/**
 * How fast the explorer's index reads a chain: `node --import tsx bench/indexer.ts [--json] [--channels 20000]`.
 * So many channels are opened on a local chain, many in a block; half as many deposits follow, each in a block of its
 * own. Then the index is made from nothing over HTTP, several times; the figures are the medians.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { fill } from "./support/crowd.ts";
import { medianOf } from "./support/report.ts";
import { openRunningChain } from "../scripts/story/chain.ts";
import { startHardhatNode } from "../scripts/story/hardhat-node.ts";
import { deployWorld } from "../scripts/story/world.ts";
import { connectContracts } from "../src/chain/contracts.ts";
import { createHistoryReader } from "../src/chain/history.ts";
import { openIndex } from "../src/indexer/database.ts";
import { figuresOf } from "../src/indexer/figures.ts";
import { growthOf } from "../src/indexer/growth.ts";
import { IndexStore } from "../src/indexer/index-store.ts";
import { livesIn } from "../src/indexer/network.ts";
import { Syncer } from "../src/indexer/syncer.ts";
import type { Address } from "../src/protocol/types.ts";

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

const chain = await startHardhatNode();
try {
  const { world } = await deployWorld(await openRunningChain(chain.url));
  await fill(world, CHANNELS, DEPOSITS);
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
