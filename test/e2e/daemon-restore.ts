import { cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { JsonRpcProvider } from "ethers";

import type { Channel, Event } from "../../src/api/views.ts";
import { placesIn } from "../../src/daemon/directory.ts";
import { Hashlane__factory } from "../../typechain-types/index.ts";
import { problemOf } from "./daemon-problem.ts";
import { answerOf, Daemon, DaemonWorld, hashlane, until } from "./daemon-world.ts";

const TIMEOUT_MS = 240_000;
const MILLI = 10n ** 15n;
const RECOVERY_SECONDS = 3 * 86_400;

describe("a node that lost data", function () {
  this.timeout(TIMEOUT_MS);
  let world: DaemonWorld;
  let provider: JsonRpcProvider;
  let alice: Daemon;

  before(async () => {
    world = await DaemonWorld.create();
    provider = new JsonRpcProvider(world.chain.url, undefined, { staticNetwork: true, cacheTimeout: -1 });
    alice = await world.init("alice");
    await alice.start();
  });

  after(async () => {
    provider.destroy();
    await world.stop();
  });

  async function startWith(name: string): Promise<Daemon> {
    const daemon = await world.init(name);
    const { config } = placesIn(daemon.directory);
    const file = JSON.parse(readFileSync(config, "utf8")) as object;
    writeFileSync(config, JSON.stringify({ ...file, recoverySeconds: RECOVERY_SECONDS }));
    await daemon.start();
    await answerOf("connect", (await alice.info()).uri ?? "", "--dir", daemon.directory);
    await open(daemon, "2");
    return daemon;
  }

  async function open(daemon: Daemon, amount: string): Promise<string> {
    const { node: peer } = await alice.info();
    const opened = await daemon.client.call("open", { peer, amount, idempotencyKey: `open ${daemon.name}` });
    await until("the channel", async () => (await channelOf(daemon, opened.channel))?.status === "usable");
    return opened.channel;
  }

  async function channelOf(daemon: Daemon, id: string): Promise<Channel | undefined> {
    return (await daemon.client.call("channels", {})).entries.find(({ channel }) => channel === id);
  }

  async function firstChannel(daemon: Daemon): Promise<Channel> {
    const [channel] = (await daemon.client.call("channels", {})).entries;
    if (channel === undefined) throw new Error(`${daemon.name} has no channel`);
    return channel;
  }

  async function pay(from: Daemon, to: Daemon, amount: string): Promise<void> {
    const { invoice, hash } = await to.client.call("invoice", { amount });
    await answerOf("pay", invoice, "--dir", from.directory);
    await until("the payee to be paid", async () => {
      const { status } = await to.client.call("invoiceOf", {}, { hash });
      const channels = await Promise.all([from, to].map((one) => one.client.call("channels", {})));
      const locked = channels.flatMap(({ entries }) => entries).map((one) => one.locked);
      return status === "paid" && locked.every(({ ours, theirs }) => ours.value + theirs.value === "00");
    });
  }

  async function endOf(daemon: Daemon, channel: string): Promise<Event["data"]> {
    const find = async () =>
      (await daemon.client.call("events", { limit: 500 })).entries.find(
        ({ kind, data }) => kind === "channel_ended" && data.channel === channel,
      );
    await until(`the end of ${channel}`, async () => (await find()) !== undefined);
    return (await find())?.data ?? {};
  }

  function restore(name: string, of: Daemon, backup: string): Promise<unknown> {
    return answerOf(
      ...["restore", "--words-file", `${of.directory}.words`, "--backup", backup, "--light-kdf"],
      ...["--dir", join(world.directory, name), "--password-file", of.passwordFile],
    );
  }

  it("[REC-1..5] comes back from an old backup with everything that was its own, and opens a new channel", async () => {
    const wang = await startWith("wang");
    const { channel: id } = await firstChannel(wang);
    await pay(wang, alice, "0.5");
    const old = join(world.directory, "old.sealed");
    const made = await answerOf<object>("backup", "--to", old, "--dir", wang.directory);
    expect(made).to.deep.include({ file: old, problem: null, channels: 1 });
    await pay(wang, alice, "0.25");
    await pay(alice, wang, "0.1");
    const { client } = wang;
    expect((await client.call("invoice", { amount: "1" })).status).to.equal("open");
    await wang.end("SIGKILL");
    rmSync(wang.directory, { recursive: true });

    const restored = await restore("again", wang, old);
    expect(restored).to.deep.include({ channels: [{ channel: id, peer: (await alice.info()).node }] });
    alice.signal("SIGSTOP");
    const again = new Daemon("again", join(world.directory, "again"));
    world.daemons.push(again);
    await again.start();
    await until("the channel", async () => (await channelOf(again, id)) !== undefined);
    await provider.send("hardhat_mine", ["0x10"]);
    const head = await provider.getBlockNumber();
    await until("the blocks", async () => (await again.info()).chain.block >= head);
    expect(await channelOf(again, id)).to.deep.include({ status: "frozen", recovery: "waits_for_peer" });
    const refused = await hashlane("channel", "close", id, "--alone", "--dir", again.directory, "--json");
    expect([refused.code, (JSON.parse(refused.stderr) as { code: string }).code]).to.deep.equal([
      1,
      "channel_frozen",
    ]);
    expect(await provider.getBlockNumber(), "no transaction of its own").to.equal(head);

    const { owner } = await infoOf(alice);
    const before = await provider.getBalance(owner);
    alice.signal("SIGCONT");
    expect(await endOf(again, id)).to.deep.include({
      how: "cooperative",
      received: { value: "1.35", asset: "ETH" },
    });
    expect((await endOf(alice, id)).received).to.deep.equal({ value: "0.65", asset: "ETH" });
    expect((await provider.getBalance(owner)) - before, "to the wei, without gas").to.equal(650n * MILLI);
    expect(alice.log).not.to.include("decided to close");

    const next = await open(again, "1");
    await pay(again, alice, "0.125");
    expect((await channelOf(again, next))?.balance.ours.value).to.equal("0.875");
    expect(await again.end("SIGTERM")).to.equal(0);
  });

  const infoOf = async (daemon: Daemon) => {
    alice.signal("SIGCONT");
    const info = await daemon.info();
    return info;
  };

  it("[REC-6] is told so by its peer when an older copy of its store is started, and signs nothing by it", async () => {
    const bob = await startWith("bob");
    const { channel: id } = await firstChannel(bob);
    await pay(bob, alice, "0.125");
    expect(await bob.end("SIGTERM")).to.equal(0);
    const { store } = placesIn(bob.directory);
    cpSync(store, `${store}.copy`, { recursive: true });
    await bob.start();
    await until("the peer", async () => (await firstChannel(bob)).connected);
    await pay(bob, alice, "0.25");
    expect(await bob.end("SIGTERM")).to.equal(0);
    rmSync(store, { recursive: true });
    cpSync(`${store}.copy`, store, { recursive: true });
    await bob.start();
    expect(await endOf(bob, id)).to.deep.include({
      how: "cooperative",
      received: { value: "1.625", asset: "ETH" },
    });
    expect(bob.log).to.include("decided to freeze: the peer holds our signature on state");
    const gone = await problemOf(bob.client.call("close", { humble: true }, { channel: id }));
    expect(gone).to.include({ status: 404, code: "unknown_channel" });
    expect(await bob.end("SIGTERM")).to.equal(0);
  });

  it("[REC-7] gets its money from words, backup and chain alone", async () => {
    const carol = await startWith("carol");
    const { channel: id } = await firstChannel(carol);
    const { backup } = placesOf(carol);
    const file = join(world.directory, "carol.sealed");
    await pay(carol, alice, "0.5");
    await carol.client.call("backup", {});
    cpSync(backup, file);
    await pay(carol, alice, "0.25");
    await carol.end("SIGKILL");
    rmSync(carol.directory, { recursive: true });
    const exit = [
      "exit",
      "--standalone",
      "--words-file",
      `${carol.directory}.words`,
      "--backup",
      file,
      "--json",
    ];
    const first = await hashlane(...exit, "--rpc", world.chain.url, "--no-wait");
    expect([first.code, first.stderr]).to.deep.equal([0, ""]);
    const steps = linesOf(first.stdout);
    expect(steps.slice(0, 3).map(({ step }) => step)).to.deep.equal(["found", "closing_humbly", "on_chain"]);
    expect(steps[2]).to.deep.include({ channel: id, secondsLeft: RECOVERY_SECONDS });
    const hashlaneOnChain = Hashlane__factory.connect((await alice.info()).chain.contract, provider);
    const answers = hashlaneOnChain.filters.Answered(id);
    // What is decided is on chain only later.
    await until("Alice's answer", async () => (await hashlaneOnChain.queryFilter(answers)).length > 0);
    expect(alice.log).to.include("decided to answer");
    await provider.send("evm_increaseTime", [RECOVERY_SECONDS]);
    await provider.send("hardhat_mine", []);
    const { stdout } = await hashlane(...exit);
    expect(linesOf(stdout).at(-1)).to.deep.equal({
      ...{ channel: id, peer: (await alice.info()).node, step: "ended", secondsLeft: 0 },
      received: (1250n * MILLI).toString(),
    });
  });

  const placesOf = ({ directory }: Daemon) => ({ backup: join(directory, "backup.sealed") });
});

function linesOf(text: string): readonly { readonly step: string }[] {
  return text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { readonly step: string });
}
