import { expect } from "chai";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TestToken__factory } from "../../typechain-types/index.ts";
import { keepBooks } from "../../src/chain/books.ts";
import { connectContracts, type Contracts } from "../../src/chain/contracts.ts";
import { openChannel } from "../../src/chain/funding.ts";
import { createHistoryReader } from "../../src/chain/history.ts";
import { figuresOf } from "../../src/indexer/figures.ts";
import { growthOf } from "../../src/indexer/growth.ts";
import { IndexStore } from "../../src/indexer/index-store.ts";
import { openIndex } from "../../src/indexer/database.ts";
import { livesIn } from "../../src/indexer/network.ts";
import { Syncer } from "../../src/indexer/syncer.ts";
import { must, parseAddress, ZERO_ADDRESS } from "../../src/protocol/checked.ts";
import { portableCrypto as crypto } from "../../src/protocol/portable-crypto.ts";
import type { Address } from "../../src/protocol/types.ts";
import { BookHistory, type BookTally } from "../chain/book-history.ts";
import { type ChainWorld, createChainWorld, makeChannel } from "../chain/chain-world.ts";
import { serveRpc, type RpcServer } from "../chain/rpc-server.ts";
import { Dice } from "../contracts/dice.ts";
import { slowFigures } from "./slow-figures.ts";

const SEED = Number(process.env.HASHLANE_SEED ?? 5);
const STEPS = 140;
/** Of a history that is known to reach everything; others may be too short for it. */
const COMPLETE_SEED = 5;
const DAY = 86_400;

describe("the explorer's index", function () {
  this.timeout(0);

  let world: ChainWorld;
  let tokens: readonly Address[];
  let directory: string;
  let files = 0;

  beforeEach(async () => {
    world = await createChainWorld();
    directory = mkdtempSync(join(tmpdir(), "hashlane-index-"));
    const bank = await world.contracts.provider.getSigner(world.account(0).address);
    const token = await new TestToken__factory(bank).deploy();
    await token.waitForDeployment();
    for (const { address: owner } of world.accounts) {
      await (await token.set(owner, 10n ** 30n)).wait();
      const signer = await world.contracts.provider.getSigner(owner);
      await (await token.connect(signer).approve(world.contracts.domain.contract, 10n ** 30n)).wait();
    }
    tokens = [ZERO_ADDRESS, must(parseAddress((await token.getAddress()).toLowerCase()))];
  });

  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  function createIndex(contracts: Contracts = world.contracts): {
    store: IndexStore;
    poll: () => Promise<number>;
  } {
    const store = new IndexStore(openIndex(join(directory, `${files++}.sqlite`), "test"));
    const syncer = new Syncer(createHistoryReader(contracts, 100), store, contracts.firstBlock);
    return {
      store,
      poll: () =>
        syncer.poll(
          () => false,
          () => undefined,
        ),
    };
  }

  /** In the form of `slowFigures`. */
  function figuresIn(store: IndexStore): Record<string, unknown> {
    const figures = figuresOf(livesIn(store), null, store.tip?.time ?? 0);
    const { nodes, channels, closing, ended, opened, closed, loneCloses, disputes, convictions } = figures;
    const byToken = [...figures.assets].sort((a, b) => (a.token < b.token ? -1 : 1));
    return {
      ...{ nodes, channels, closing, ended, opened, closed, loneCloses, disputes, convictions },
      degree: figures.degree,
      openSlots: channels,
      assets: Object.fromEntries(byToken.map(({ token, ...of }) => [token, of])),
      days: growthOf(store.allEvents()).map((day) => ({
        ...{ day: day.day, nodes: day.nodes, channels: day.channels },
        ...{ opened: day.opened, closed: day.closed, convictions: day.convictions },
        capacity: [...day.capacity.values()].reduce((sum, one) => sum + one, 0n),
      })),
    };
  }

  async function expectSame(store: IndexStore): Promise<void> {
    const [ours, slow] = [figuresIn(store), await slowFigures(world.contracts)];
    expect(Object.keys(ours).sort()).to.deep.equal(Object.keys(slow).sort());
    for (const [name, figure] of Object.entries(slow)) expect(ours[name], name).to.deep.equal(figure);
  }

  /** A chain that a reorganisation made shorter is first as long as before: until then it may be a node that lags. */
  async function catchUp(store: IndexStore, poll: () => Promise<number>): Promise<void> {
    const missing = (store.tip?.number ?? 0) - (await world.provider.getBlockNumber());
    await world.mine(Math.max(1, missing));
    await poll();
    await expectSame(store);
  }

  /** Everything but cursors and file names: what a new index from nothing must hold too. */
  function contentOf(store: IndexStore): unknown {
    const events = [...store.allEvents()].map((event) => ({ ...event, cursor: 0 }));
    return { events, lives: livesIn(store) };
  }

  it("holds what the chain says after a random history with reorganisations, and the same from nothing", async () => {
    const dice = new Dice(SEED);
    const tally: BookTally = new Map();
    const history = new BookHistory(world, tokens, dice, tally);
    const { store, poll } = createIndex();
    const step = async (): Promise<void> => {
      const { provider, domain, firstBlock } = world.contracts;
      const logs = await provider.getLogs({ address: domain.contract, fromBlock: firstBlock });
      await history.step(keepBooks(world.contracts, crypto, logs));
      if (dice.chance(3)) await world.travelTo((await world.time()) + DAY / 2 + dice.below(DAY));
      if (dice.chance(50)) await poll();
    };
    const several = async (): Promise<void> => {
      for (let left = 1 + dice.below(4); left > 0; left--) await step();
    };
    let undone = 0;
    for (let at = 0; at < STEPS; at++) {
      if (!dice.chance(12)) await step();
      else {
        await world.reorganise(async () => {
          await several();
          await poll();
        }, several);
        await poll();
        undone++;
      }
      if (at % 20 === 19) await catchUp(store, poll);
    }
    await catchUp(store, poll);
    const again = createIndex();
    await again.poll();
    expect(contentOf(again.store)).to.deep.equal(contentOf(store));
    const told = `${undone} reorganisations, ${[...tally].map(([name, count]) => `${name} ${count}`).join(", ")}`;
    console.log(`      HASHLANE_SEED=${SEED}: ${told}`);
    const figures = figuresIn(store);
    if (SEED === COMPLETE_SEED) {
      for (const name of ["channels", "ended", "loneCloses", "disputes", "convictions"]) {
        expect(figures[name], name).to.be.greaterThan(0);
      }
      expect(store.all("SELECT 1 FROM events WHERE kind = 'undone'").length, "undone").to.be.greaterThan(0);
    }
  });

  it("takes out what a reorganisation removed, tells so, and goes back to the beginning if it must", async () => {
    const history = new BookHistory(world, [ZERO_ADDRESS], new Dice(5), new Map());
    const { store, poll } = createIndex();
    const empty = await world.rpc("evm_snapshot");
    for (let left = 6; left > 0; left--) {
      const { provider, domain, firstBlock } = world.contracts;
      const logs = await provider.getLogs({ address: domain.contract, fromBlock: firstBlock });
      await history.step(keepBooks(world.contracts, crypto, logs));
    }
    await poll();
    const count = [...store.allEvents()].length;
    expect(count).to.be.greaterThan(0);
    const cursor = store.cursor;
    const lost = await world.time();
    const height = await world.provider.getBlockNumber();
    await world.rpc("evm_revert", empty);
    const ancestor = await world.provider.getBlockNumber();
    // A chain that is shorter and the same so far says nothing yet: its node may lag.
    await poll();
    expect([...store.allEvents()]).to.have.length(count);
    await world.travelTo(lost + 1);
    await world.mine(height - ancestor);
    await poll();
    expect([...store.allEvents()]).to.deep.equal([]);
    expect(livesIn(store)).to.deep.equal([]);
    const [told] = store.eventsAfter(cursor, 10);
    expect(told?.change).to.deep.equal({ kind: "undone", events: count });
    expect(told?.block).to.be.at.most(ancestor);
    await expectSame(store);
  });

  it("reads nothing into the index while the endpoint changes the chain under it", async () => {
    const server: RpcServer = await serveRpc(world.provider);
    try {
      const { domain, firstBlock } = world.contracts;
      const contracts = await connectContracts(server.url, { hashlane: domain.contract, firstBlock });
      const { store, poll } = createIndex(contracts);
      const { params } = makeChannel(world);
      await openChannel(world.contracts, world.first, { params, life: 1, amounts: { A: 5n, B: 0n } });
      let answers = 0;
      server.answer = (method) => {
        if (method !== "eth_getLogs") return undefined;
        answers++;
        // The block that the logs were read up to is replaced behind the reader's back.
        server.answer = (later) => (later === "eth_getBlockByNumber" ? replacedBlock : undefined);
        return undefined;
      };
      const newest = (await world.rpc("eth_getBlockByNumber", "latest", false)) as Record<string, unknown>;
      const replacedBlock = { ...newest, hash: `0x${"ee".repeat(32)}` };
      await poll();
      expect(answers).to.equal(1);
      expect(store.tip).to.equal(null);
      server.answer = () => undefined;
      await poll();
      expect([...store.allEvents()].length).to.be.greaterThan(0);
      await expectSame(store);
    } finally {
      await server.stop();
    }
  });

  it("throws away what was kept of another chain or contract", () => {
    const path = join(directory, "scope.sqlite");
    const first = new IndexStore(openIndex(path, "one"));
    first.add({ events: [], blocks: [{ number: 7, hash: "0x07", time: 1 }] });
    first.close();
    const same = new IndexStore(openIndex(path, "one"));
    expect(same.tip?.number).to.equal(7);
    same.close();
    const other = new IndexStore(openIndex(path, "two"));
    expect(other.tip).to.equal(null);
    other.close();
  });
});
