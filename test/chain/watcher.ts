import { expect } from "chai";
import { connectChain } from "../../src/chain/connection.ts";
import { createEthereumChain, type EthereumChain } from "../../src/chain/ethereum-chain.ts";
import type { ChainCursor } from "../../src/chain/port.ts";
import { depositInto, openChannel } from "../../src/chain/funding.ts";
import { HashlaneError } from "../../src/protocol/error.ts";
import { createChainWorld, Ear, makeChannel, type ChainWorld, type Channel } from "./chain-world.ts";

const NEVER_MS = 1_000_000;

describe("watching a chain", () => {
  let world: ChainWorld;
  let channel: Channel;
  let started: EthereumChain[];

  beforeEach(async () => {
    world = await createChainWorld();
    channel = makeChannel(world);
    started = [];
  });
  afterEach(() => Promise.all(started.map((chain) => chain.stop())));

  /** Looks only when it is poked. */
  async function watch(confirmations: number, from: ChainCursor | null = null, mostBlocks?: number) {
    const chain = createEthereumChain({
      contracts: world.contracts,
      account: world.account(1),
      confirmations,
      pollMs: NEVER_MS,
      ...(mostBlocks === undefined ? {} : { mostBlocks }),
    });
    const ear = new Ear();
    started.push(chain);
    await chain.start(from, ear);
    return { chain, ear };
  }

  const open = (A = 5n) =>
    openChannel(world.contracts, world.account(0), {
      params: channel.params,
      life: 1,
      amounts: { A, B: 3n },
    });
  const deposit = (amount: bigint, by = 0) =>
    depositInto(world.contracts, world.account(by), { params: channel.params, life: 1, side: "A", amount });
  const depositsIn = ({ facts }: Ear) =>
    facts.map((fact) => (fact.kind === "opened" || fact.kind === "deposited" ? fact.deposits.A : fact.kind));

  it("delivers each fact once, in order, under so many blocks and not under one less", async () => {
    const { chain, ear } = await watch(2);
    await open();
    await deposit(1n);
    await chain.poke();
    expect(depositsIn(ear)).to.deep.equal([]);
    await world.mine();
    await chain.poke();
    expect(depositsIn(ear)).to.deep.equal([5n]);
    await world.mine();
    await chain.poke();
    await chain.poke();
    expect(depositsIn(ear)).to.deep.equal([5n, 6n]);
    await world.mine(5);
    await chain.poke();
    expect(depositsIn(ear)).to.deep.equal([5n, 6n]);
    for (const { facts, cursor } of ear.reports) {
      expect(facts.at(-1)).to.deep.include({ kind: "head", number: cursor.number });
    }
    expect(ear.problems).to.deep.equal([]);
  });

  it("tells the number and the time of the newest final block", async () => {
    const { chain, ear } = await watch(0);
    await world.travelTo(2_000_000_000);
    await world.mine();
    await chain.poke();
    const { number, hash } = (await world.contracts.provider.getBlock("latest")) ?? {};
    expect(ear.reports.at(-1)).to.deep.equal({
      facts: [{ kind: "head", number, time: 2_000_000_000 }],
      cursor: { number, hash },
    });
  });

  it("hears nothing of a branch that was lost before it was final", async () => {
    const { chain, ear } = await watch(2);
    await open();
    await world.mine(2);
    await chain.poke();
    await world.reorganise(
      async () => {
        await deposit(100n);
        await world.mine();
        await chain.poke();
      },
      async () => {
        await deposit(7n, 3);
        await world.mine(3);
      },
    );
    await chain.poke();
    expect(depositsIn(ear)).to.deep.equal([5n, 12n]);
    expect(ear.problems).to.deep.equal([]);
  });

  it("raises an alarm once and ends if a final block was replaced", async () => {
    const { chain, ear } = await watch(2);
    await open();
    await world.mine(2);
    await world.reorganise(
      async () => {
        await deposit(100n);
        await world.mine(2);
        await chain.poke();
      },
      async () => {
        await deposit(7n, 3);
        await world.mine(4);
      },
    );
    const cursor = ear.reports.at(-1)?.cursor;
    const heard = ear.reports.length;
    await chain.poke();
    await world.mine(3);
    await chain.poke();
    expect(depositsIn(ear)).to.deep.equal([5n, 105n]);
    expect(ear.reports).to.have.length(heard);
    expect(ear.problems).to.have.length(1);
    expect(ear.problems[0]).to.deep.include({ kind: "finalBlockReplaced", cursor });
    expect(ear.problems[0]?.message).to.include(`block ${cursor?.number} of the chain`);
  });

  it("raises the alarm after a restart too", async () => {
    await open();
    await world.mine(2);
    const first = await watch(0);
    await world.reorganise(
      async () => {
        await deposit(1n);
        await first.chain.poke();
        await first.chain.stop();
      },
      () => world.mine(2),
    );
    const cursor = first.ear.reports.at(-1)?.cursor ?? null;
    const second = await watch(0, cursor);
    await second.chain.poke();
    expect(second.ear.reports).to.deep.equal([]);
    expect(second.ear.problems.map(({ kind }) => kind)).to.deep.equal(["finalBlockReplaced"]);
  });

  for (const mostBlocks of [1, 3, 10_000]) {
    it(`goes on from a cursor without loss or repetition, asking for ${mostBlocks} blocks at once`, async () => {
      await open();
      await world.mine(3);
      const expected = [5n];
      const heard: unknown[] = [];
      let cursor: ChainCursor | null = null;
      for (let run = 1; run <= 4; run++) {
        const { chain, ear } = await watch(1, cursor, mostBlocks);
        await chain.poke();
        await chain.stop();
        heard.push(...depositsIn(ear));
        cursor = ear.reports.at(-1)?.cursor ?? cursor;
        // While nobody watches.
        await deposit(BigInt(run));
        expected.push((expected.at(-1) ?? 0n) + BigInt(run));
        if (run === 2) await world.mine(10);
      }
      await world.mine();
      const { chain, ear } = await watch(1, cursor, mostBlocks);
      await chain.poke();
      expect([...heard, ...depositsIn(ear)]).to.deep.equal(expected);
    });
  }

  it("asks for fewer blocks where the node refuses many", async () => {
    await open();
    await world.mine(20);
    await deposit(1n);
    const spans: number[] = [];
    world.tamper = (method, [filter]) => {
      if (method !== "eth_getLogs") return;
      const { fromBlock, toBlock } = filter as { readonly fromBlock: string; readonly toBlock: string };
      const span = Number(toBlock) - Number(fromBlock) + 1;
      spans.push(span);
      if (span > 4) throw new Error("query returns too much");
    };
    const { chain, ear } = await watch(0);
    await chain.poke();
    expect(depositsIn(ear)).to.deep.equal([5n, 6n]);
    expect(Math.max(...spans)).to.be.greaterThan(4);
    expect(ear.problems).to.deep.equal([]);
  });

  it("says once that the chain cannot be read, carries on, and says it anew the next time", async () => {
    const { chain, ear } = await watch(0);
    await chain.poke();
    const fail = (): void => {
      throw new Error("connection refused");
    };
    for (const round of [1, 2]) {
      world.tamper = fail;
      await chain.poke();
      await chain.poke();
      await chain.poke();
      expect(ear.problems.map(({ kind }) => kind)).to.deep.equal(Array(round).fill("unreachable"));
      expect(ear.problems.at(-1)?.message).to.match(
        /^the chain in-process provider cannot be read: .*connection refused/,
      );
      world.tamper = () => undefined;
      if (round === 1) await open();
      else await deposit(1n);
      await chain.poke();
    }
    expect(depositsIn(ear)).to.deep.equal([5n, 6n]);
  });

  it("delivers nothing after it was stopped", async () => {
    const { chain, ear } = await watch(0);
    await chain.poke();
    const heard = ear.reports.length;
    await chain.stop();
    await open();
    await chain.poke();
    expect(ear.reports).to.have.length(heard);
  });

  async function refusalOf(work: Promise<unknown>): Promise<HashlaneError> {
    const outcome: unknown = await work.catch((error: unknown) => error);
    if (!(outcome instanceof HashlaneError)) throw new Error("it was not refused");
    return outcome;
  }

  it("refuses another chain than the one it was made for", async () => {
    const refusal = await refusalOf(connectChain(world.source, 1n));
    expect(refusal.code).to.equal("chain_wrong");
    expect(refusal.message).to.match(/expected_id.*\b1\b.*actual_id.*31337/);
    expect((await connectChain(world.source, 31337n)).chainId).to.equal(31337n);
    const { contracts } = world;
    const chain = createEthereumChain({
      contracts: { ...contracts, domain: { ...contracts.domain, chainId: 5n } },
      account: world.account(1),
      confirmations: 0,
    });
    expect((await refusalOf(chain.start(null, new Ear()))).code).to.equal("chain_wrong");
  });

  it("refuses to start twice, and a chain that does not answer", async () => {
    const { chain } = await watch(0);
    expect((await refusalOf(chain.start(null, new Ear()))).code).to.equal("chain_failed");
    world.tamper = () => {
      throw new Error("connection refused");
    };
    const refusal = await refusalOf(connectChain(world.source));
    expect(refusal.code).to.equal("chain_unreachable");
    expect(refusal.message).to.include("connection refused");
  });
});
