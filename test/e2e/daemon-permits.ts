import { expect } from "chai";

import { accountOfNode } from "../../src/chain/account.ts";
import { placeAdapter } from "../../src/chain/adapter.ts";
import { connectChain } from "../../src/chain/connection.ts";
import { must, parseAddress } from "../../src/protocol/checked.ts";
import type { Address } from "../../src/protocol/types.ts";
import { SignableToken__factory, type SignableToken } from "../../typechain-types/index.ts";
import { problemOf } from "./daemon-problem.ts";
import { answerOf, type Daemon, DaemonWorld, hashlane, until } from "./daemon-world.ts";

describe("daemons that fund channels by what their owner signs", function () {
  this.timeout(120_000);
  let world: DaemonWorld;
  let token: SignableToken;
  let alice: Daemon;
  let bob: Daemon;
  let channel: string;

  before(async () => {
    world = await DaemonWorld.create();
    const { provider } = await connectChain(world.chain.url);
    const bank = await provider.getSigner(0);
    token = await new SignableToken__factory(bank).deploy();
    await token.waitForDeployment();
    const at = await token.getAddress();
    [alice, bob] = (await Promise.all(
      ["alice", "bob"].map((name) => world.init(name, "--token", `SIGN=${at}`)),
    )) as [Daemon, Daemon];
    await Promise.all([alice.start(), bob.start()]);
    const { owner, chain } = await alice.info();
    await (await token.set(owner, 10n ** 20n)).wait();
    const payer = await accountOfNode(provider, must(parseAddress(bank.address.toLowerCase())));
    await placeAdapter(payer, chain.contract as Address);
    await answerOf("connect", (await bob.info()).uri ?? "", "--dir", alice.directory);
  });

  after(async () => {
    await world.stop();
  });

  const sent = async (): Promise<number> => {
    const { provider } = await connectChain(world.chain.url);
    return provider.getTransactionCount((await alice.info()).owner);
  };

  it("open by a permit from the command line, and deposit by an authorization by the API", async () => {
    const before = await sent();
    const { node } = await bob.info();
    const opened = await answerOf<{ readonly channel: string }>(
      ...["open", node, "60.5", "--asset", "SIGN", "--funding", "permit", "--dir", alice.directory],
    );
    ({ channel } = opened);
    expect(await sent()).to.equal(before + 1);
    const request = { amount: "4.5", funding: "authorization", idempotencyKey: "more of it" };
    const done = await alice.client.call("deposit", request, { channel });
    expect([done.status, await sent()]).to.deep.equal(["done", before + 2]);
    await alice.client.call("deposit", request, { channel });
    expect(await sent(), "the same key once").to.equal(before + 2);
    await until("the deposit", async () => {
      const { entries } = await bob.client.call("channels", {});
      return entries[0]?.deposits.theirs.value === "65";
    });
    const { owner, chain } = await alice.info();
    expect(await token.allowance(owner, chain.contract)).to.equal(0n);
  });

  it("refuse other ways, and permits for ETH", async () => {
    const { node } = await bob.info();
    const eth = await problemOf(
      alice.client.call("open", {
        peer: node,
        amount: "1",
        funding: "permit2",
        idempotencyKey: "eth by permit",
      }),
    );
    expect([eth.code, eth.values]).to.deep.equal(["bad_funding", { funding: "permit2" }]);
    const { code, stderr } = await hashlane(
      ...["deposit", channel, "1", "--funding", "cheque", "--dir", alice.directory],
    );
    expect([code, stderr.includes("this is no way to fund a channel")], stderr).to.deep.equal([1, true]);
    const used = await problemOf(
      alice.client.call(
        "deposit",
        { amount: "1", funding: "permit", idempotencyKey: "a second permit" },
        { channel },
      ),
    );
    expect(used.code).to.equal("transaction_failed");
    expect(JSON.stringify(used)).to.include("ConsentUsed");
  });
});
