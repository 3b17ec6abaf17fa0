import { expect } from "chai";
import { KEEP_BLOCKS } from "../../src/tower/store.ts";
import type { Channel } from "../chain/chain-world.ts";
import { headAt, TOWER, TowerWorld } from "./tower-world.ts";

const OLD = headAt(3, 100n);
const NEW = headAt(8, 700n);
const GWEI = 10n ** 9n;

describe("a tower that guards a sleeping node", function () {
  this.timeout(60_000);
  let world: TowerWorld;
  let channel: Channel;

  beforeEach(async () => {
    world = await TowerWorld.create();
    channel = await world.open();
  });
  afterEach(() => world.stop());

  const expectConviction = async (spoils = 2000n, reward = 0n) =>
    expect(await world.convictions()).to.deep.equal([{ tower: TOWER, reward, spoils }]);
  const guard = async (over: Readonly<Record<string, unknown>> = {}, state = NEW) => {
    const tower = await world.start(over);
    await world.client(tower, channel.signers.A).appoint(world.appointment(channel, state));
    return tower;
  };

  it("[TOWER-5] convicts whoever closes with an old state, and is paid what was granted", async () => {
    const tower = await world.start();
    const { provider } = world.chain;
    await world.client(tower, channel.signers.A).appoint(world.appointment(channel, NEW, { reward: 15n }));
    const before = await provider.getBalance(channel.params.ownerA);
    await world.close(channel, "B", OLD);
    await world.lookUntilConvicted(tower);
    await expectConviction(1985n, 15n);
    expect((await provider.getBalance(channel.params.ownerA)) - before).to.equal(1985n);
    expect(await provider.getBalance(TOWER)).to.equal(15n);
    expect(tower.store.find(channel.channel, "A"), "of an ended channel").to.equal(null);
    expect([tower.store.closings, tower.store.records]).to.deep.equal([0, 1]);
    await world.chain.rpc("hardhat_mine", `0x${(KEEP_BLOCKS - 1).toString(16)}`);
    await tower.poke();
    expect(tower.store.records, "a block before it is forgotten").to.equal(1);
    await world.chain.mine();
    await tower.poke();
    expect(tower.store.records).to.equal(0);
  });

  it("is paid at most a hundredth of the channel, whatever was granted", async () => {
    const tower = await world.start();
    await world.client(tower, channel.signers.A).appoint(world.appointment(channel, NEW, { reward: 21n }));
    await world.close(channel, "B", OLD);
    await world.lookUntilConvicted(tower);
    await expectConviction(1980n, 20n);
  });

  it("[TOWER-5] sends nothing if the declared state is as new as what it holds, or newer", async () => {
    for (const declared of [NEW, headAt(9, 700n)]) {
      const other = await world.open(world.channel(BigInt(100 + declared.seq)));
      const tower = world.towers[0] ?? (await world.start());
      await world.client(tower, other.signers.A).appoint(world.appointment(other, NEW));
      await world.close(other, "B", declared);
      await world.lookOften(tower);
    }
    expect(await world.sent()).to.equal(0);
    expect(await world.convictions()).to.deep.equal([]);
  });

  it("sends nothing if its own client closes, whatever that declares", async () => {
    const tower = await guard();
    await world.close(channel, "A", headAt(0, 0n), NEW);
    await world.lookOften(tower);
    expect([await world.sent(), world.log]).to.deep.equal([0, []]);
  });

  it("convicts an invented newer state with less sent, and an invented acknowledgement", async () => {
    const tower = await guard();
    await world.close(channel, "B", headAt(20, 699n));
    await world.lookUntilConvicted(tower);
    await expectConviction();
  });

  it("sends nothing once the deadline has come, and answers a second before", async () => {
    const tower = await guard();
    const other = await world.open(world.channel(44n));
    await world.client(tower, other.signers.A).appoint(world.appointment(other, NEW));
    await world.close(channel, "B", OLD);
    const late = (await world.chain.time()) + channel.params.challengePeriod;
    await world.chain.travelTo(late - 10);
    await world.close(other, "B", OLD);
    await world.chain.travelTo(late);
    await world.chain.mine();
    await world.lookUntilConvicted(tower);
    await world.lookOften(tower);
    await expectConviction();
    expect(await world.sent(), "of the channel that can still be answered").to.equal(1);
    expect(world.log.filter((text) => text.startsWith("answers"))).to.have.lengthOf(1);
  });

  it("[TOWER-7] loses nothing by a restart between the state and the close, or before its answer is sent", async () => {
    await world.end(await guard());
    await world.close(channel, "B", OLD);
    let tower = await world.start();
    await world.chain.rpc("evm_setAutomine", false);
    await world.lookOften(tower);
    await world.end(tower);
    await world.chain.rpc("hardhat_dropTransaction", await firstPending());
    await world.chain.rpc("evm_setAutomine", true);
    const block = await world.chain.provider.getBlockNumber();
    tower = await world.start();
    await world.lookUntilConvicted(tower);
    expect(await world.chain.provider.getBlockNumber(), "without another block").to.equal(block + 1);
    await expectConviction();
  });

  it("answers a close that was there before the client brought its state", async () => {
    const tower = await world.start();
    await world.close(channel, "B", OLD);
    await tower.poke();
    await world.client(tower, channel.signers.A).appoint(world.appointment(channel, NEW));
    await world.chain.mine();
    await world.lookUntilConvicted(tower);
    await expectConviction();
  });

  it("waits for the confirmations, and answers the close that stands after a reorganisation", async () => {
    const tower = await guard({ confirmations: 2 });
    await world.chain.reorganise(
      async () => {
        await world.close(channel, "B", OLD);
        await world.chain.mine();
        await world.lookOften(tower);
      },
      async () => {
        await world.close(channel, "B", headAt(4, 150n));
        await world.chain.mine(3);
      },
    );
    expect(await world.convictions()).to.deep.equal([]);
    await world.lookUntilConvicted(tower);
    await expectConviction();
  });

  it("[TOWER-7] reads the chain anew if a final block was replaced, and answers again", async () => {
    const tower = await guard();
    await world.chain.reorganise(
      async () => {
        await world.close(channel, "B", OLD);
        await world.lookUntilConvicted(tower);
        expect(tower.store.find(channel.channel, "A")).to.equal(null);
      },
      async () => {
        await world.close(channel, "B", headAt(4, 150n));
        await world.chain.mine(2);
      },
    );
    expect(await world.convictions()).to.deep.equal([]);
    await world.lookUntilConvicted(tower);
    await expectConviction();
    expect(world.log).to.include("the chain is read anew from the contract's first block");
  });

  it("raises the fee of an answer that no block takes", async () => {
    const tower = await guard();
    await world.close(channel, "B", OLD);
    await world.chain.rpc("evm_setAutomine", false);
    await world.lookOften(tower);
    const first = await firstPending();
    for (let block = 0; block < 4; block++) await mineAt(200n * GWEI);
    await world.lookOften(tower);
    expect(await firstPending()).to.not.equal(first);
    expect(await world.convictions()).to.deep.equal([]);
    await mineAt(GWEI);
    await world.lookUntilConvicted(tower);
    await expectConviction();
  });

  it("sends nothing above its highest price of gas, and does so when gas is cheaper", async () => {
    const tower = await guard({ maxGasGwei: 100 });
    await mineAt(60n * GWEI);
    await world.close(channel, "B", OLD);
    await mineAt(60n * GWEI);
    await world.lookOften(tower);
    expect(await world.sent()).to.equal(0);
    expect(world.log.join("\n")).to.include("gas costs more than this tower pays");
    await mineAt(20n * GWEI);
    await world.lookUntilConvicted(tower);
    await expectConviction();
  });

  it("answers alone while two other towers are silent or hold an old state", async () => {
    const honest = await guard();
    const behind = await world.start({}, "behind");
    await world.client(behind, channel.signers.A).appoint(world.appointment(channel, headAt(2, 50n)));
    await world.end(await world.start({}, "silent"));
    await world.close(channel, "B", OLD);
    await world.lookOften(behind);
    expect(await world.sent(), "of the one that is behind").to.equal(0);
    await world.lookUntilConvicted(honest);
    await expectConviction();
  });

  async function firstPending(): Promise<string> {
    const [first] = (await world.chain.provider.send("eth_pendingTransactions", [])) as { hash: string }[];
    if (first === undefined) throw new Error("nothing waits");
    return first.hash;
  }

  async function mineAt(baseFee: bigint): Promise<void> {
    await world.chain.rpc("hardhat_setNextBlockBaseFeePerGas", `0x${baseFee.toString(16)}`);
    await world.chain.mine();
  }
});
