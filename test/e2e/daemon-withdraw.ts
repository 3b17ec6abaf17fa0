import { expect } from "chai";

import type { Channel, Operation } from "../../src/api/views.ts";
import { problemOf } from "./daemon-problem.ts";
import { answerOf, type Daemon, DaemonWorld, hashlane, until } from "./daemon-world.ts";

describe("a daemon that takes money out of an open channel", function () {
  this.timeout(180_000);
  let world: DaemonWorld;
  let alice: Daemon;
  let bob: Daemon;
  let channel: string;

  const ours = async (daemon: Daemon): Promise<Channel> => {
    const { entries } = await daemon.client.call("channels", {});
    const found = entries.find((one) => one.channel === channel);
    if (found === undefined) throw new Error(`${daemon.name} does not know the channel`);
    return found;
  };
  const withdraw = (amount: string, idempotencyKey: string): Promise<Operation> =>
    alice.client.call("withdraw", { amount, idempotencyKey }, { channel });

  before(async () => {
    world = await DaemonWorld.create();
    [alice, bob] = await Promise.all([world.init("alice"), world.init("bob")]);
    await Promise.all([alice.start(), bob.start()]);
    await answerOf("connect", (await bob.info()).uri ?? "", "--dir", alice.directory);
    const { node } = await bob.info();
    ({ channel } = await answerOf<Operation>("channel", "open", node, "2", "--dir", alice.directory));
  });

  after(async () => {
    await world.stop();
  });

  it("gets it after one command, and pays with the rest", async () => {
    const before = Number((await alice.info()).wallet.value);
    const done = await answerOf<Operation>("channel", "withdraw", channel, "1.5", "--dir", alice.directory);
    expect(done).to.deep.include({ kind: "withdraw", channel, status: "done" });
    expect(done.amount).to.deep.equal({ value: "1.5", asset: "ETH" });
    expect(Number((await alice.info()).wallet.value) - before).to.be.within(1.49, 1.5);
    for (const daemon of [alice, bob]) {
      await until("both to count it", async () => (await ours(daemon)).status === "usable");
      const { deposits } = await ours(daemon);
      expect([deposits.ours.value, deposits.theirs.value].sort()).to.deep.equal(["0", "0.5"]);
    }
    const { invoice } = await bob.client.call("invoice", { amount: "0.3" });
    await answerOf("pay", invoice, "--dir", alice.directory);
    await until("the payment", async () => (await ours(alice)).balance.ours.value === "0.2");
    const { entries } = await bob.client.call("events", { limit: 500 });
    expect(entries.find(({ kind }) => kind === "channel_resized")?.data).to.deep.equal({
      channel,
      ours: { value: "0", asset: "ETH" },
      theirs: { value: "-1.5", asset: "ETH" },
    });
  });

  it("asks once for a key, and refuses it for anything else", async () => {
    bob.signal("SIGSTOP");
    const first = await withdraw("0.05", "a key of eight");
    expect(first.status).to.equal("started");
    expect(await withdraw("0.05", "a key of eight")).to.deep.equal(first);
    expect((await problemOf(withdraw("0.06", "a key of eight"))).code).to.equal("idempotency_conflict");
    const second = await problemOf(withdraw("0.05", "another key"));
    expect([second.code, second.status]).to.deep.equal(["withdrawal_under_way", 409]);
    const deposit = { amount: "1", idempotencyKey: "a deposit meanwhile" };
    expect((await problemOf(alice.client.call("deposit", deposit, { channel }))).code).to.equal(
      "withdrawal_under_way",
    );
    bob.signal("SIGCONT");
    await until("the withdrawal", async () => (await ours(alice)).deposits.ours.value === "0.45");
    expect(await withdraw("0.05", "a key of eight")).to.deep.equal({ ...first, status: "done" });
    expect((await ours(alice)).deposits.ours.value).to.equal("0.45");
  });

  it("gets no more than is free, no nonsense, and nothing while the peer is away", async () => {
    const tooMuch = await problemOf(withdraw("0.14", "more than is free"));
    expect([tooMuch.code, tooMuch.status, tooMuch.values.spendable]).to.deep.equal([
      ...["not_enough_balance", 409, "0.13"],
    ]);
    const run = (...options: readonly string[]) =>
      hashlane("channel", "withdraw", ...options, "--dir", alice.directory);
    for (const [options, code] of [
      [[channel, "0"], "bad_amount"],
      [[channel, "0.1.2"], "bad_amount"],
      [[`0x${"12".repeat(32)}`, "0.1"], "unknown_channel"],
      [["nonsense", "0.1"], "unknown_channel"],
    ] as const) {
      const { code: exit, stderr } = await run(...options);
      expect([exit, stderr.includes(`code: ${code}`)], stderr).to.deep.equal([1, true]);
    }
    await bob.end("SIGTERM");
    await until("Bob to be away", async () => !(await ours(alice)).connected);
    const away = await run(channel, "0.1");
    expect([away.code, away.stderr.includes("code: peer_not_connected")], away.stderr).to.deep.equal([
      1,
      true,
    ]);
    expect((await ours(alice)).spendable.value).to.equal("0.13");
    await bob.start();
    await until("Bob", async () => (await ours(alice)).connected);
    await withdraw("0.13", "more than is free");
    await until("the rest", async () => (await ours(alice)).spendable.value === "0");
  });
});
