/**
 * How fast the explorer's pages are: `node --import tsx bench/pages.ts [--json] [--channels 10000]`, after
 * `npm run build:dashboard`. The first page is opened in headless Chromium, each time in a browser that knows nothing,
 * from an explorer that has read so many channels; then 10,000 nodes with 30,000 channels are drawn and moved about.
 * WebGL is in software here.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type Browser, chromium, type Page } from "playwright-core";
import { openRunningChain } from "../scripts/story/chain.ts";
import { startHardhatNode } from "../scripts/story/hardhat-node.ts";
import { deployWorld } from "../scripts/story/world.ts";
import type { GraphView } from "../src/api/explorer-views.ts";
import { ExplorerService } from "../src/indexer/answers.ts";
import { Explorer } from "../src/indexer/explorer.ts";
import { createExplorerApi } from "../src/indexer/http.ts";
import { createPages } from "../src/indexer/pages.ts";
import { startSite } from "../src/indexer/site.ts";
import { fill } from "./support/crowd.ts";

const { values } = parseArgs({
  options: {
    json: { type: "boolean", default: false },
    channels: { type: "string", default: "10000" },
    nodes: { type: "string", default: "10000" },
    edges: { type: "string", default: "30000" },
    runs: { type: "string", default: "5" },
  },
});
const [CHANNELS, NODES, EDGES, RUNS] = [values.channels, values.nodes, values.edges, values.runs].map(
  Number,
) as [number, number, number, number];
const MOVE_MS = 8000;
const PATIENCE_MS = 300_000;

/** A network in which few nodes have many channels: the nth channel's ends are drawn towards the first nodes. */
function crowd(): GraphView {
  const nodes = Array.from(
    { length: NODES },
    (_, index) => `0x${(index + 1).toString(16).padStart(40, "0")}`,
  );
  let state = 7;
  const random = (): number => (state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 1) / 2 ** 31;
  const edges = Array.from({ length: EDGES }, (_, index) => {
    const a = index < NODES - 1 ? index + 1 : Math.floor(random() * NODES);
    const b = Math.floor(random() ** 2 * (index < NODES - 1 ? index + 1 : NODES));
    return [a, a === b ? (b + 1) % NODES : b] as const;
  });
  return { nodes, aliases: nodes.map(() => null), edges };
}

/** Milliseconds from nothing until the figures and the lists stand on the page. */
async function firstPage(browser: Browser, url: string): Promise<number> {
  const page = await (await browser.newContext()).newPage();
  const begin = performance.now();
  await page.goto(url);
  await page.locator(".columns.even table tbody tr").first().waitFor();
  const ms = performance.now() - begin;
  await page.context().close();
  return ms;
}

interface Drawn {
  readonly settleMs: number;
  readonly framesPerSecond: number;
  readonly scriptMsPerFrame: number;
}

/** Script of the page's thread and frames, while the drawing is zoomed and dragged. */
async function draw(browser: Browser, url: string): Promise<Drawn> {
  const page = await (await browser.newContext({ viewport: { width: 1280, height: 900 } })).newPage();
  page.setDefaultTimeout(PATIENCE_MS);
  await page.route("**/v1/explorer/graph", (route) => route.fulfill({ json: crowd() }));
  const begin = performance.now();
  await page.goto(`${url}/#/network`);
  await page.locator('.picture[data-state="ready"] canvas').first().waitFor();
  const settleMs = performance.now() - begin;
  const session = await page.context().newCDPSession(page);
  await session.send("Performance.enable");
  const scriptMs = async (): Promise<number> => {
    const { metrics } = await session.send("Performance.getMetrics");
    return (metrics.find(({ name }) => name === "ScriptDuration")?.value ?? Number.NaN) * 1000;
  };
  await page.evaluate(
    `(() => { window.frames_ = 0; const count = () => { window.frames_++; requestAnimationFrame(count); }; count(); })()`,
  );
  const [script, start] = [await scriptMs(), performance.now()];
  while (performance.now() - start < MOVE_MS) await move(page);
  const frames = await page.evaluate<number>("window.frames_");
  const seconds = (performance.now() - start) / 1000;
  const result = {
    settleMs,
    framesPerSecond: frames / seconds,
    scriptMsPerFrame: ((await scriptMs()) - script) / frames,
  };
  await page.context().close();
  return result;
}

async function move(page: Page): Promise<void> {
  await page.mouse.move(600, 500);
  await page.mouse.wheel(0, -240);
  await page.mouse.down();
  for (let x = 0; x < 20; x++) await page.mouse.move(600 + 10 * x, 500 + 4 * x);
  await page.mouse.up();
  await page.mouse.wheel(0, 240);
}

const chain = await startHardhatNode();
const directory = mkdtempSync(join(tmpdir(), "hashlane-pages-"));
const executablePath = process.env.HASHLANE_CHROMIUM ?? "/usr/bin/chromium";
const args = ["--no-sandbox", "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"];
const browser = await chromium.launch({ executablePath, args });
try {
  const { world } = await deployWorld(await openRunningChain(chain.url));
  await fill(world, CHANNELS, 0);
  const { contracts } = world;
  const options = {
    contracts,
    path: join(directory, "index.sqlite"),
    pollMs: 500,
    staleSeconds: null,
    gossip: null,
  };
  const explorer = new Explorer({ ...options, onProblem: (text) => console.error(text) });
  await explorer.poke();
  const api = createExplorerApi(new ExplorerService(explorer), (text) => console.error(text));
  const site = await startSite([api, createPages()], { host: "127.0.0.1", port: 0 });
  const first = [];
  for (let run = 0; run < RUNS; run++) first.push(Math.round(await firstPage(browser, site.url)));
  const sorted = [...first].sort((a, b) => a - b);
  const { settleMs, framesPerSecond, scriptMsPerFrame } = await draw(browser, site.url);
  const report = {
    machine: cpus()[0]?.model ?? "unknown",
    channels: CHANNELS,
    firstPageMs: { median: sorted[Math.floor(RUNS / 2)], first: first[0], most: sorted.at(-1) },
    drawing: {
      nodes: NODES,
      edges: EDGES,
      secondsUntilSettled: Math.round(settleMs / 100) / 10,
      framesPerSecond: Math.round(framesPerSecond * 10) / 10,
      scriptMsPerFrame: Math.round(scriptMsPerFrame * 100) / 100,
    },
  };
  console.log(values.json ? JSON.stringify(report) : report);
  await site.stop();
  await explorer.stop();
} finally {
  await browser.close();
  await chain.stop();
  rmSync(directory, { recursive: true, force: true });
}
process.exit(0);
