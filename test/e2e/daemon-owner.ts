import { expect } from "chai";
import { ethers } from "ethers";

import type { Operation } from "../../src/api/views.ts";
import { answerOf, type Daemon, DaemonWorld, hashlane, until } from "./daemon-world.ts";

/** Accounts whose keys no node of this test has. */
const [COLD_A, COLD_B] = [`0x${"c0".repeat(20)}`, `0x${"c1".repeat(20)}`] as const;

describe("nodes whose channels pay cold accounts", function () {
  this.timeout(180_000);
  let world: DaemonWorld;
  let alice: Daemon;
  let bob: Daemon;

  const balance = async (account: string): Promise<string> => {
    const provider = new ethers.JsonRpcProvider(world.chain.url, undefined, { cacheTimeout: -1 });
    const wei = await provider.getBalance(account);
    provider.destroy();
    return ethers.formatEther(wei);
  };
  const open = async (from: Daemon, to: Daemon, amount: string): Promise<string> => {
    const { node } = await to.info();
    const { channel } = await answerOf<Operation>("open", node, amount, "--dir", from.directory);
    return channel;
  };
  const pay = async (from: Daemon, to: Daemon, amount: string): Promise<void> => {
    const { invoice } = await to.client.call("invoice", { amount });
    await answerOf("pay", invoice, "--dir", from.directory);
  };
  const isGone = (channel: string) => async (): Promise<boolean> => {
    const lists = await Promise.all([alice, bob].map(({ client }) => client.call("channels", {})));
    return lists.every(({ entries }) => entries.every((one) => one.channel !== channel));
  };

  before(async () => {
    world = await DaemonWorld.create();
    [alice, bob] = await Promise.all([
      world.init("alice", "--owner", COLD_A),
      world.init("bob", "--owner", COLD_B, "--claim-seconds", "600", "--challenge-seconds", "1200"),
    ]);
    await Promise.all([alice.start(), bob.start()]);
    const { uri } = await bob.info();
    expect(uri).to.match(new RegExp(`\\?owner=${COLD_B}$`));
    await answerOf("connect", uri ?? "", "--dir", alice.directory);
  });

  after(async () => {
    await world.stop();
  });

  it("bring money in from the node's account, and pay withdrawals and closes to the owners", async () => {
    const info = await alice.info();
    expect([info.owner, info.account]).to.deep.equal([COLD_A, info.node]);
    const channel = await open(alice, bob, "3");
    expect(Number((await alice.info()).wallet.value)).to.be.within(96.99, 97);
    await pay(alice, bob, "0.5");
    await answerOf("withdraw", channel, "1", "--dir", alice.directory);
    expect(await balance(COLD_A)).to.equal("1.0");
    await answerOf("close", channel, "--dir", alice.directory);
    await until("the channel to end", isGone(channel));
    expect(await Promise.all([COLD_A, COLD_B].map(balance))).to.deep.equal(["2.5", "0.5"]);
  });

  it("close alone by the node's key, and the money goes to the owners all the same", async () => {
    const channel = await open(alice, bob, "1");
    await pay(alice, bob, "0.25");
    await bob.end("SIGKILL");
    await answerOf("close", channel, "--alone", "--no-wait", "--dir", alice.directory);
    await until(
      "the close",
      async () => (await alice.client.call("channels", {})).entries[0]?.status === "closing",
    );
    const provider = new ethers.JsonRpcProvider(world.chain.url);
    await provider.send("evm_increaseTime", [86_401]);
    await provider.send("evm_mine", []);
    provider.destroy();
    await bob.start();
    await until("the channel to end", isGone(channel));
    expect(await Promise.all([COLD_A, COLD_B].map(balance))).to.deep.equal(["3.25", "0.75"]);
  });

  it("are not made for an owner that is no account", async () => {
    const options = [...world.initOptions("carol"), "--owner", "0x12"];
    const { code, stderr } = await hashlane(...options);
    expect(code).to.equal(2);
    expect(stderr).to.match(/--owner/);
  });
});
