import { expect } from "chai";
import { BrowserProvider } from "ethers";
import { accountOfNode, type Account } from "../../src/chain/account.ts";
import type { Call } from "../../src/chain/call.ts";
import { transact } from "../../src/chain/receipt.ts";
import { must, parseAddress } from "../../src/protocol/checked.ts";
import { createChainWorld, type ChainWorld } from "./chain-world.ts";

const CALL: Call = {
  to: must(parseAddress(`0x${"79".repeat(20)}`)),
  data: "0x",
  value: 1n,
  pushes: false,
};

/** Stands for a node that does not count what it has only just taken. */
class LaggingProvider extends BrowserProvider {
  /** Counts that lag, instead of the true one. */
  lag: number | null = null;

  override async getTransactionCount(...of: Parameters<BrowserProvider["getTransactionCount"]>) {
    return this.lag ?? (await super.getTransactionCount(...of));
  }
}

describe("numbering the transactions of an account", () => {
  let world: ChainWorld;
  let provider: LaggingProvider;
  let account: Account;
  let first: number;

  beforeEach(async () => {
    world = await createChainWorld();
    provider = new LaggingProvider(world.source, 31337, { cacheTimeout: -1, pollingInterval: 10 });
    account = await accountOfNode(provider, world.account(3).address);
    first = await world.contracts.provider.getTransactionCount(account.address);
  });

  const mined = (): Promise<number> => world.contracts.provider.getTransactionCount(account.address);
  const handMining = (): Promise<unknown> => world.rpc("evm_setAutomine", false);

  it("numbers one after the other, also if they are sent at once", async () => {
    const sent = await Promise.all([account.send(CALL), account.send(CALL), account.send(CALL)]);
    expect(sent.map(({ nonce }) => nonce)).to.deep.equal([first, first + 1, first + 2]);
    expect(await mined()).to.equal(first + 3);
  });

  it("sends again what a reorganisation has dropped, before what comes next", async () => {
    const lose = (): Promise<unknown> => Promise.all([account.send(CALL), account.send(CALL)]);
    await world.reorganise(lose, () => world.mine());
    expect(await mined()).to.equal(first);
    expect((await account.send(CALL)).nonce).to.equal(first + 2);
    expect(await mined()).to.equal(first + 3);
  });

  it("takes the numbers again of what its owner has seen mined, when a reorganisation gives them back", async () => {
    await world.reorganise(
      () => transact(account, "the call", CALL),
      () => world.mine(),
    );
    expect(await mined()).to.equal(first);
    expect((await account.send(CALL)).nonce).to.equal(first);
    expect(await mined()).to.equal(first + 1);
  });

  it("fills the gap of one that was dropped, and goes on after those that wait behind it", async () => {
    await handMining();
    const dropped = await account.send(CALL);
    await account.send(CALL);
    await world.rpc("hardhat_dropTransaction", dropped.hashes[0]);
    expect((await account.send(CALL)).nonce).to.equal(first + 2);
    await world.mine();
    expect(await mined()).to.equal(first + 3);
  });

  it("does not give a number twice while the node's count lags", async () => {
    await handMining();
    provider.lag = first;
    const sent = [await account.send(CALL), await account.send(CALL)];
    expect(sent.map(({ nonce }) => nonce)).to.deep.equal([first, first + 1]);
    expect((await account.send(CALL)).nonce).to.equal(first + 2);
    await world.mine();
    expect(await mined()).to.equal(first + 3);
  });

  it("gives a number again that the node refused", async () => {
    world.tamper = (method) => {
      if (method === "eth_sendTransaction") throw new Error("the pool is full");
    };
    const outcome: unknown = await account.send(CALL).catch((thrown: unknown) => thrown);
    expect(outcome).to.be.instanceOf(Error).with.property("message").that.includes("the pool is full");
    world.tamper = () => undefined;
    expect((await account.send(CALL)).nonce).to.equal(first);
    expect(await mined()).to.equal(first + 1);
  });
});
