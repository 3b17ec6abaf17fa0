import { expect } from "chai";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ExplorerEvent } from "../../src/api/explorer-views.ts";
import { ApiProblem } from "../../src/api/problem.ts";
import { depositInto, openChannel } from "../../src/chain/funding.ts";
import { ExplorerClient } from "../../src/client/explorer-client.ts";
import { ExplorerService } from "../../src/indexer/answers.ts";
import { Explorer, type Gossip } from "../../src/indexer/explorer.ts";
import { createExplorerApi } from "../../src/indexer/http.ts";
import { createPages } from "../../src/indexer/pages.ts";
import type { HttpServer } from "../../src/host/http-server.ts";
import { startSite } from "../../src/indexer/site.ts";
import type { Policy } from "../../src/protocol/types.ts";
import { type Channel, type ChainWorld, createChainWorld, makeChannel, mint } from "../chain/chain-world.ts";

const NOBODY = `0x${"9".repeat(40)}`;

describe("the explorer's API", function () {
  this.timeout(60_000);

  let world: ChainWorld;
  let channel: Channel;
  let explorer: Explorer;
  let site: HttpServer;
  let client: ExplorerClient;
  let directory: string;
  const faults: string[] = [];

  before(async () => {
    world = await createChainWorld();
    channel = makeChannel(world);
    directory = mkdtempSync(join(tmpdir(), "hashlane-explorer-"));
    const { params } = channel;
    await openChannel(world.contracts, world.first, {
      params,
      life: 1,
      amounts: { A: 3n * 10n ** 18n, B: 0n },
    });
    const policy: Policy = {
      ...{ channel: channel.channel, node: params.signerA, seq: 1, feeBase: 10n ** 15n, feePpm: 70 },
      ...{ claimTime: 60, minAmount: 1n, maxAmount: 10n ** 18n, enabled: true },
    };
    const gossip: Gossip = {
      node: params.signerA,
      policies: () => [policy],
      aliases: new Map([[params.signerA, "alice"]]),
    };
    explorer = new Explorer({
      ...{ contracts: world.contracts, path: join(directory, "index.sqlite"), pollMs: 3_600_000 },
      ...{ staleSeconds: null, gossip, onProblem: () => undefined },
    });
    await explorer.poke();
    const api = createExplorerApi(new ExplorerService(explorer), (reason) => faults.push(reason));
    site = await startSite([api, createPages(join(directory, "nothing"))], { host: "127.0.0.1", port: 0 });
    client = new ExplorerClient(site.url);
  });

  after(async () => {
    await site.stop();
    await explorer.stop();
    rmSync(directory, { recursive: true, force: true });
    expect(faults).to.deep.equal([]);
  });

  async function refusalOf(call: Promise<unknown>): Promise<readonly [number, string]> {
    const thrown: unknown = await call.then(
      () => null,
      (refusal: unknown) => refusal,
    );
    if (!(thrown instanceof ApiProblem)) throw new Error(`no refusal but ${String(thrown)}`);
    expect(thrown.problem.next).not.to.equal("");
    return [thrown.status, thrown.problem.code];
  }

  it("tells the figures, the tops and what happened", async () => {
    const { figures, top, recent, status } = await client.call("overview", {});
    expect(status.state).to.equal("ready");
    expect(status.block).to.equal(await world.provider.getBlockNumber());
    const { nodes, channels, announced, opened, assets, feePpm } = figures;
    expect({ nodes, channels, announced, opened }).to.deep.equal({
      nodes: 2,
      channels: 1,
      announced: 1,
      opened: 1,
    });
    expect(assets[0]?.capacity).to.deep.equal({ value: "3", asset: "ETH" });
    expect(feePpm).to.deep.equal({ p10: 70, median: 70, p90: 70, most: 70 });
    expect(top.byCapacity.map(({ alias }) => alias).sort()).to.deep.equal(["alice", null].sort());
    expect(top.largest[0]?.channel).to.equal(channel.channel);
    expect(recent.map(({ kind }) => kind)).to.deep.equal(["opened"]);
    const { entries } = await client.call("growth", {});
    expect(entries.map((day) => [day.channels, day.opened])).to.deep.equal([[1, 1]]);
    const graph = await client.call("graph", {});
    expect(graph.edges).to.deep.equal([[0, 1]]);
    expect(graph.nodes).to.have.length(2);
  });

  it("tells all of a channel and of a node", async () => {
    const { params } = channel;
    const found = await client.call("channel", {}, { channel: channel.channel });
    expect(found.nodes).to.deep.equal([params.signerA, params.signerB]);
    expect(found.deposits.map(({ value }) => value)).to.deep.equal(["3", "0"]);
    expect(found.policies).to.have.length(1);
    expect(found.policies?.[0]?.feeBase).to.deep.equal({ value: "0.001", asset: "ETH" });
    expect(found.events.map(({ kind }) => kind)).to.deep.equal(["opened"]);
    expect([found.phase, found.deadline, found.how, found.paid]).to.deep.equal(["open", null, null, null]);
    const node = await client.call("node", {}, { node: params.signerA.toUpperCase().replace("0X", "0x") });
    expect([node.alias, node.channels, node.owners]).to.deep.equal(["alice", 1, [params.ownerA]]);
    const list = await client.call("channelsOf", { limit: 1 }, { node: params.signerA });
    expect([list.entries.length, list.next]).to.deep.equal([1, null]);
  });

  it("finds by the beginning of an id, by a transaction and by a name", async () => {
    const { params } = channel;
    const kinds = async (q: string) =>
      (await client.call("search", { q })).entries.map(({ kind, id }) => `${kind} ${id}`);
    expect(await kinds(params.signerB.slice(0, 10))).to.deep.equal([`node ${params.signerB}`]);
    expect(await kinds(channel.channel.slice(2, 12))).to.deep.equal([`channel ${channel.channel}`]);
    expect(await kinds("LIC")).to.deep.equal([`node ${params.signerA}`]);
    expect(await kinds(params.ownerA)).to.deep.equal([`owner ${params.signerA}`]);
    const { recent } = await client.call("overview", {});
    expect(await kinds(recent[0]?.transaction ?? "")).to.deep.equal([`transaction ${channel.channel}`]);
    expect(await kinds("nobody")).to.deep.equal([]);
    expect(await kinds("'; DROP TABLE events; --")).to.deep.equal([]);
  });

  it("refuses what is no id, what nobody knows, and what is no call", async () => {
    const node = (id: string) => refusalOf(client.call("node", {}, { node: id }));
    expect(await node("0x12")).to.deep.equal([400, "bad_id"]);
    expect(await node("zz")).to.deep.equal([400, "bad_id"]);
    expect(await node(NOBODY)).to.deep.equal([404, "unknown_node"]);
    const unknown = client.call("channel", {}, { channel: `0x${"9".repeat(64)}` });
    expect(await refusalOf(unknown)).to.deep.equal([404, "unknown_channel"]);
    expect(await refusalOf(client.call("search", { q: "" }))).to.deep.equal([400, "bad_request"]);
    expect(await refusalOf(client.call("search", { q: "a".repeat(101) }))).to.deep.equal([
      400,
      "bad_request",
    ]);
    expect(await refusalOf(client.call("events", { limit: 501 }))).to.deep.equal([400, "bad_request"]);
    expect(await refusalOf(client.call("events", { cursor: "x" }))).to.deep.equal([400, "bad_request"]);
    const status = async (path: string, method = "GET") =>
      (await fetch(`${site.url}${path}`, { method })).status;
    expect(await status("/v1/explorer/status", "POST")).to.equal(405);
    expect(await status("/v1/explorer/nothing")).to.equal(404);
    expect(await status("/v1/info")).to.equal(404);
    expect(await status("/assets/..%2f..%2findex.sqlite")).to.equal(404);
  });

  it("says how to build the pages where they are not built, and lets them reach no other host", async () => {
    const response = await fetch(site.url);
    expect(response.status).to.equal(503);
    expect(await response.text()).to.contain("npm run build:dashboard");
    expect(response.headers.get("content-security-policy")).to.contain("default-src 'none'");
  });

  it("tells what happens, what is taken back, and a token's own name beside its address", async () => {
    const { params } = channel;
    const heard: ExplorerEvent[] = [];
    const end = new AbortController();
    const { cursor } = await client.call("status", {});
    const hearing = (async () => {
      for await (const event of client.events(cursor, end.signal)) {
        heard.push(event);
        if (heard.length === 4) return;
      }
    })();
    await world.reorganise(
      async () => {
        await depositInto(world.contracts, world.first, { params, life: 1, side: "A", amount: 5n });
        await explorer.poke();
      },
      async () => {
        await world.mine(2);
        await explorer.poke();
      },
    );
    const { tokenAddress } = await mint(world, world.first, 1000n);
    const other = makeChannel(world, tokenAddress);
    await openChannel(world.contracts, world.first, {
      params: other.params,
      life: 1,
      amounts: { A: 7n, B: 0n },
    });
    await explorer.poke();
    await depositInto(world.contracts, world.second, { params, life: 1, side: "B", amount: 10n ** 18n });
    await explorer.poke();
    await hearing;
    end.abort();
    expect(heard.map(({ kind }) => kind)).to.deep.equal(["deposited", "undone", "opened", "deposited"]);
    expect(heard[1]?.details).to.deep.equal({ events: 1 });
    const found = await client.call("channel", {}, { channel: other.channel });
    expect(found.capacity.asset).to.contain(tokenAddress.slice(0, 8));
    const first = await client.call("channel", {}, { channel: channel.channel });
    expect(first.capacity.value).to.equal("4");
  });
});
