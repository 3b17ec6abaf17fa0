import { expect } from "chai";
import { connectChain } from "../../src/chain/connection.ts";
import { connectContracts } from "../../src/chain/contracts.ts";
import { EndpointsProvider } from "../../src/chain/endpoints.ts";
import { createEthereumChain } from "../../src/chain/ethereum-chain.ts";
import { Freshness } from "../../src/chain/freshness.ts";
import { openChannel } from "../../src/chain/funding.ts";
import { HashlaneError } from "../../src/protocol/error.ts";
import { createChainWorld, Ear, makeChannel, type ChainWorld } from "./chain-world.ts";
import { serveRpc, type RpcServer } from "./rpc-server.ts";

const NEVER_MS = 1_000_000;
const fail = (): never => {
  throw new Error("out of order");
};

describe("a chain over several endpoints", () => {
  let world: ChainWorld;
  let first: RpcServer;
  let second: RpcServer;
  let urls: string;

  beforeEach(async () => {
    world = await createChainWorld();
    [first, second] = [await serveRpc(world.contracts.provider), await serveRpc(world.contracts.provider)];
    urls = `${first.url}, ${second.url}`;
  });
  afterEach(async () => {
    await Promise.all([first.stop(), second.stop()]);
  });

  async function connect(): Promise<EndpointsProvider> {
    const { provider } = await connectChain(urls);
    if (!(provider instanceof EndpointsProvider)) throw new Error("no endpoints");
    return provider;
  }

  it("asks the next one after a failure, and goes on there", async () => {
    const provider = await connect();
    const number = await provider.getBlockNumber();
    first.answer = fail;
    const failed: unknown = await provider.getBlockNumber().catch((thrown: unknown) => thrown);
    expect(failed).to.be.instanceOf(Error);
    expect([provider.endpoint, provider.switches]).to.deep.equal([second.url, 1]);
    const before = first.asked.length;
    expect(await provider.getBlockNumber()).to.equal(number);
    expect(first.asked.length).to.equal(before);
    second.answer = fail;
    first.answer = () => undefined;
    await provider.getBlockNumber().catch(() => undefined);
    expect(await provider.getBlockNumber(), "and round again").to.equal(number);
    provider.destroy();
  });

  it("connects while one of them is down, and names both", async () => {
    await first.stop();
    const { provider, chainId, name } = await connectChain(urls);
    expect([chainId, name]).to.deep.equal([31_337n, `${first.url}, ${second.url}`]);
    await provider.send("eth_blockNumber", []).catch(() => undefined);
    expect(await provider.send("eth_blockNumber", [])).to.match(/^0x/);
    provider.destroy();
    await second.stop();
    const outcome: unknown = await connectChain(urls).catch((thrown: unknown) => thrown);
    expect(outcome).to.be.instanceOf(HashlaneError).with.property("code", "chain_unreachable");
  });

  it("takes no answer of a node of another chain", async () => {
    const provider = await connect();
    second.answer = (method) => (method === "eth_chainId" ? "0x1" : undefined);
    first.answer = fail;
    await provider.send("eth_blockNumber", []).catch(() => undefined);
    const outcome: unknown = await provider.send("eth_blockNumber", []).catch((thrown: unknown) => thrown);
    expect(String(outcome)).to.contain(`${second.url} is of chain 1, not of chain 31337`);
    expect(second.asked).to.not.contain("eth_blockNumber");
    provider.destroy();
  });

  it("gives a transaction to all of them, and counts a refusal only if nobody takes it", async () => {
    const provider = await connect();
    const raw = "0x01";
    first.answer = (method) => (method === "eth_sendRawTransaction" ? fail() : undefined);
    second.answer = (method) => (method === "eth_sendRawTransaction" ? "0xabcd" : undefined);
    expect(await provider.send("eth_sendRawTransaction", [raw])).to.equal("0xabcd");
    expect(first.asked.at(-1)).to.equal("eth_sendRawTransaction");
    expect(provider.switches, "no reading failed").to.equal(0);
    second.answer = first.answer;
    const outcome: unknown = await provider.send("eth_sendRawTransaction", [raw]).catch((e: unknown) => e);
    expect(outcome).to.be.instanceOf(Error);
    provider.destroy();
  });

  it("misses no event of a block when another node is turned to that lags in its logs", async () => {
    const { hashlane, contract } = { hashlane: world.contracts.domain.contract, contract: world.contracts };
    const contracts = await connectContracts(urls, { hashlane, firstBlock: contract.firstBlock });
    const { provider } = contracts;
    if (!(provider instanceof EndpointsProvider)) throw new Error("no endpoints");
    const chain = createEthereumChain({
      contracts,
      account: world.account(1),
      confirmations: 0,
      pollMs: NEVER_MS,
    });
    const ear = new Ear();
    await chain.start(null, ear);
    await chain.poke();
    const { params } = makeChannel(world);
    await openChannel(world.contracts, world.account(0), { params, life: 1, amounts: { A: 5n, B: 3n } });
    const newest = (await world.contracts.provider.send("eth_blockNumber", [])) as string;
    // The node is left between the block's hash and its logs, which the other one does not have yet.
    first.answer = (method, [tag]) => {
      if (method === "eth_getBlockByNumber" && tag === newest && provider.switches === 0) provider.leave();
      return undefined;
    };
    let lags = true;
    second.answer = (method) => {
      if (method !== "eth_getLogs" || !lags) return undefined;
      lags = false;
      return [];
    };
    await chain.poke();
    await chain.poke();
    expect(lags, "asked for its logs once while it lagged").to.equal(false);
    expect(ear.facts.map(({ kind }) => kind)).to.deep.equal(["opened"]);
    await chain.stop();
    provider.destroy();
  });
});

describe("how new the view of a chain is", () => {
  it("[NODE-8] is stale from the first millisecond above the limit, by block or by silence", () => {
    let now = 100_000;
    const freshness = new Freshness({ staleMs: 30_000, now: () => now });
    expect(freshness.read(70)).to.deep.equal({ stale: null });
    now = 100_001;
    expect(freshness.read(70).stale).to.equal("its newest block is 30 s old, more than 30 s");
    now = 130_001;
    expect(freshness.failed("no answer")).to.deep.equal({ stale: null });
    now = 130_002;
    expect(freshness.failed("no answer").stale).to.equal(
      "it could not be read for 30 s, more than 30 s: no answer",
    );
    expect(freshness.read(131), "a block from ahead").to.deep.equal({ stale: null });
  });

  it("is never stale where blocks come on demand", () => {
    const freshness = new Freshness({ staleMs: null, now: () => 1e15 });
    expect([freshness.read(0), freshness.failed("")]).to.deep.equal([{ stale: null }, { stale: null }]);
  });

  it("is told after the first look and when it changes, and another node is asked meanwhile", async () => {
    const world = await createChainWorld();
    const [first, second] = [
      await serveRpc(world.contracts.provider),
      await serveRpc(world.contracts.provider),
    ];
    const { domain, firstBlock } = world.contracts;
    const contracts = await connectContracts(`${first.url},${second.url}`, {
      hashlane: domain.contract,
      firstBlock,
    });
    await world.travelTo(Math.max((await world.time()) + 1, Math.floor(Date.now() / 1000)));
    const ear = new Ear();
    const shared = { contracts, account: world.account(1), confirmations: 0, pollMs: NEVER_MS };
    const chain = createEthereumChain({ ...shared, staleMs: 3_600_000 });
    await chain.start(null, ear);
    await chain.poke();
    expect(ear.views).to.deep.equal([null]);
    const old = {
      ...(await world.contracts.provider.send("eth_getBlockByNumber", ["latest", false])),
    } as object;
    first.answer = (method, [tag]) =>
      method === "eth_getBlockByNumber" && tag === "latest" ? { ...old, timestamp: "0x1" } : undefined;
    await chain.poke();
    await chain.poke();
    expect(ear.views, "the second node sees the chain").to.deep.equal([null, ear.views[1], null]);
    expect(ear.views[1]).to.match(/^its newest block is \d+ s old, more than 3600 s$/);
    await chain.stop();
    contracts.provider.destroy();
    await Promise.all([first.stop(), second.stop()]);
  });
});
