import { expect } from "chai";
import { hexlify, Wallet } from "ethers";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import type { Channel, Info, Invoice, Payment } from "../../src/api/views.ts";
import { keyOfPhrase } from "../../src/chain/keystore.ts";
import { connectChain } from "../../src/chain/connection.ts";
import { OldToken__factory, type OldToken } from "../../typechain-types/index.ts";
import { problemOf } from "./daemon-problem.ts";
import { answerOf, type Daemon, DaemonWorld, hashlane, until } from "./daemon-world.ts";

describe("daemons that hold a token of six decimals", function () {
  this.timeout(180_000);
  let world: DaemonWorld;
  let token: OldToken;
  let at: string;
  let alice: Daemon;
  let bob: Daemon;
  let channel: string;

  const channelOf = async (daemon: Daemon): Promise<Channel> => {
    const { entries } = await daemon.client.call("channels", {});
    const [found] = entries;
    if (found === undefined) throw new Error(`${daemon.name} has no channel`);
    return found;
  };
  const allowance = async (): Promise<bigint> => {
    const { owner, chain } = await alice.info();
    return token.allowance(owner, chain.contract);
  };

  before(async () => {
    world = await DaemonWorld.create();
    const { provider } = await connectChain(world.chain.url);
    token = await new OldToken__factory(await provider.getSigner(0)).deploy();
    await token.waitForDeployment();
    at = await token.getAddress();
    [alice, bob] = (await Promise.all(
      ["alice", "bob"].map((name) => world.init(name, "--token", `USDT=${at}`)),
    )) as [Daemon, Daemon];
    await Promise.all([alice.start(), bob.start()]);
    const { owner } = await alice.info();
    await (await token.set(owner, 100_000_001n)).wait();
    await answerOf("connect", (await bob.info()).uri ?? "", "--dir", alice.directory);
  });

  after(async () => {
    await world.stop();
  });

  it("open with exactly what is approved, after more is refused", async () => {
    const { node } = await bob.info();
    const open = ["channel", "open", node, "--asset", "USDT", "--dir", alice.directory] as const;
    for (const [amount, says] of [
      ["100.000002", /the node's account holds too little/],
      ["1.0000001", /"1.0000001" is no amount of USDT: write a decimal number with at most 6 places/],
    ] as const) {
      const { code, stderr } = await hashlane(...open, amount);
      expect([code, says.test(stderr)], stderr).to.deep.equal([1, true]);
    }
    expect(await allowance()).to.equal(0n);
    const opened = await answerOf<{ readonly channel: string; readonly amount: unknown }>(...open, "60.5");
    expect(opened.amount).to.deep.equal({ value: "60.5", asset: "USDT" });
    channel = opened.channel;
    expect(await allowance()).to.equal(0n);
    expect((await channelOf(alice)).deposits.ours).to.deep.equal({ value: "60.5", asset: "USDT" });
    const { wallets } = await alice.info();
    expect(wallets.find(({ asset }) => asset === "USDT")).to.deep.equal({
      value: "39.500001",
      asset: "USDT",
    });
  });

  it("deposit over a leftover allowance that the token does not let them raise", async () => {
    const { chain } = await alice.info();
    const { provider } = await connectChain(world.chain.url);
    const { privateKey } = keyOfPhrase(readFileSync(`${alice.directory}.words`, "utf8").trim());
    const owner = new Wallet(hexlify(privateKey), provider);
    await (await token.connect(owner).approve(chain.contract, 5n)).wait();
    await answerOf("channel", "deposit", channel, "9.500001", "--dir", alice.directory);
    expect(await allowance()).to.equal(0n);
    await until("the deposit", async () => (await channelOf(bob)).deposits.theirs.value === "70.000001");
  });

  it("take the approval back if the money is not taken", async () => {
    const { owner, chain } = await alice.info();
    const approvals = async (): Promise<readonly bigint[]> =>
      (await token.queryFilter(token.filters.Approval(owner, chain.contract))).map(({ args }) => args.value);
    const before = (await approvals()).length;
    await token.refuse(true).then((sent) => sent.wait());
    const refused = await problemOf(
      alice.client.call("deposit", { amount: "1", idempotencyKey: "refused by it" }, { channel }),
    );
    expect(refused.code).to.equal("transaction_failed");
    await token.refuse(false).then((sent) => sent.wait());
    expect((await approvals()).slice(before)).to.deep.equal([1_000_000n, 0n]);
    expect(await allowance()).to.equal(0n);
  });

  it("pay, and say every amount with its six places", async () => {
    await until("fees", async () => (await alice.info()).policiesKnown === 2);
    const invoice = await answerOf<Invoice>(
      ...["invoice", "create", "0.000001", "--asset", "USDT", "--dir", bob.directory],
    );
    expect(invoice.amount).to.deep.equal({ value: "0.000001", asset: "USDT" });
    const payment = await answerOf<Payment>("pay", invoice.invoice, "--dir", alice.directory);
    expect([payment.status, payment.amount, payment.fee]).to.deep.equal([
      "succeeded",
      { value: "0.000001", asset: "USDT" },
      { value: "0", asset: "USDT" },
    ]);
    const large = await bob.client.call("invoice", { amount: "1000.000001", asset: "USDT" });
    const refused = await problemOf(
      alice.client.call("pay", { invoice: large.invoice, idempotencyKey: "too much" }),
    );
    expect([refused.code, refused.values.most, refused.values.asset]).to.deep.equal([
      "payment_above_limit",
      "1000",
      "USDT",
    ]);
    await until("the lock to go", async () => (await channelOf(bob)).balance.ours.value === "0.000001");
    const info = await hashlane("info", "--dir", bob.directory);
    expect(info.stdout)
      .to.match(/can pay +0 ETH, 0.000001 USDT\n/)
      .and.to.match(/can receive +0 ETH, 70 USDT\n/);
    const { entries } = await bob.client.call("events", { limit: 500 });
    const paid = entries.find(({ kind }) => kind === "invoice_paid");
    expect(paid?.data.amount).to.deep.equal({ value: "0.000001", asset: "USDT" });
  });

  it("close, and each owner has the tokens", async () => {
    await answerOf("channel", "close", channel, "--dir", alice.directory);
    const owners = await Promise.all([alice, bob].map(async (daemon): Promise<Info> => daemon.info()));
    const balances = await Promise.all(owners.map(({ owner }) => token.balanceOf(owner)));
    expect(balances).to.deep.equal([100_000_000n, 1n]);
    const { entries } = await alice.client.call("events", { limit: 500 });
    const ended = entries.find(({ kind }) => kind === "channel_ended");
    expect(ended?.data.received).to.deep.equal({ value: "70", asset: "USDT" });
  });

  it("do not start with other decimals than the token's, or without a token", async () => {
    await alice.end("SIGTERM");
    const file = join(alice.directory, "config.json");
    const config = JSON.parse(readFileSync(file, "utf8")) as { assets: { USDT: Record<string, unknown> } };
    const start = async (changes: object): Promise<string> => {
      const assets = { ...config.assets, USDT: { ...config.assets.USDT, ...changes } };
      writeFileSync(file, JSON.stringify({ ...config, assets }));
      const { code, stderr } = await hashlane(
        ...["start", "--dir", alice.directory, "--password-file", alice.passwordFile],
      );
      expect(code).to.equal(1);
      return stderr;
    };
    const told = await start({ decimals: 18 });
    expect(told).to.match(/assets.USDT.decimals is not what the token's contract says/);
    expect(told).to.match(/config: 18\n +contract: 6\n/);
    const nobody = `0x${"77".repeat(20)}`;
    expect(await start({ token: nobody })).to.match(/no ERC-20 token answers at the address of USDT/);
    for (const wrong of ["USDT", "=0x12", `US-DT=${nobody}`]) {
      const { code, stderr } = await hashlane(...world.initOptions("carol"), "--token", wrong);
      expect([code, stderr.includes("is no SYMBOL=ADDRESS")], stderr).to.deep.equal([2, true]);
    }
  });
});
