import { cpSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { HDNodeWallet, JsonRpcProvider, type Result } from "ethers";

import type { Channel, Event, Tower } from "../../src/api/views.ts";
import { placesIn } from "../../src/daemon/directory.ts";
import { ZERO_ADDRESS, ZERO_WORD } from "../../src/protocol/checked.ts";
import { Hashlane__factory } from "../../typechain-types/index.ts";
import { problemOf } from "./daemon-problem.ts";
import { answerOf, Daemon, DaemonWorld, hashlane, until } from "./daemon-world.ts";
import { TowerProcess } from "./tower-process.ts";

const TIMEOUT_MS = 240_000;
const MILLI = 10n ** 15n;
const REWARD = 5n * MILLI;
const NOTHING = { seq: 0, ack: 0, sent: 0n, locksRoot: ZERO_WORD };
const NO_SIGNATURE = { r: ZERO_WORD, vs: ZERO_WORD };

describe("a node that towers guard", function () {
  this.timeout(TIMEOUT_MS);
  let world: DaemonWorld;
  let provider: JsonRpcProvider;
  let tower: TowerProcess;
  let payer: Daemon;

  before(async () => {
    world = await DaemonWorld.create();
    provider = new JsonRpcProvider(world.chain.url, undefined, { staticNetwork: true, cacheTimeout: -1 });
    tower = await TowerProcess.init(world, "tower", { rewards: { [ZERO_ADDRESS]: REWARD.toString() } });
    await tower.start();
    payer = await world.init("payer");
    await payer.start();
  });

  after(async () => {
    provider.destroy();
    await tower.end("SIGKILL");
    await world.stop();
  });

  /** A payee with a channel in which the payer has 2 ETH, guarded by the tower. */
  async function guarded(name: string): Promise<{ readonly payee: Daemon; readonly channel: string }> {
    const payee = await world.init(name);
    await payee.start();
    await answerOf("connect", (await payee.info()).uri ?? "", "--dir", payer.directory);
    const { node: peer } = await payee.info();
    const opened = await payer.client.call("open", { peer, amount: "2", idempotencyKey: `open ${name}` });
    await until("the channel", async () => (await channelOf(payer, opened.channel))?.status === "usable");
    await answerOf("tower", "add", tower.url, "--dir", payee.directory);
    return { payee, channel: opened.channel };
  }

  async function channelOf(daemon: Daemon, id: string): Promise<Channel | undefined> {
    return (await daemon.client.call("channels", {})).entries.find(({ channel }) => channel === id);
  }

  async function pay(to: Daemon, amount: string): Promise<void> {
    const { invoice, hash } = await to.client.call("invoice", { amount });
    await answerOf("pay", invoice, "--dir", payer.directory);
    await until("the payment", async () => {
      const channels = (await to.client.call("channels", {})).entries;
      const { status } = await to.client.call("invoiceOf", {}, { hash });
      return status === "paid" && channels.every(({ locked }) => locked.theirs.value === "0");
    });
  }

  async function towerOf(daemon: Daemon): Promise<Tower> {
    const [one] = (await daemon.client.call("towers", {})).entries;
    if (one === undefined) throw new Error(`${daemon.name} has no tower`);
    return one;
  }

  const untilGuarded = (daemon: Daemon) =>
    until("the tower to know the newest state", async () => {
      const { guarded: held, behind } = await towerOf(daemon);
      return held > 0 && behind === 0;
    });

  /** With the first states of both lanes, as if nothing had ever been paid, past the payer's own node. */
  async function cheat(channel: string): Promise<void> {
    const { hashlane: address } = JSON.parse(readFileSync(placesIn(payer.directory).config, "utf8")) as {
      hashlane: string;
    };
    const phrase = readFileSync(`${payer.directory}.words`, "utf8").trim();
    const owner = HDNodeWallet.fromPhrase(phrase).connect(provider);
    const contract = Hashlane__factory.connect(address, owner);
    const [opened] = await contract.queryFilter(contract.filters.Opened(channel));
    if (opened === undefined) throw new Error("the channel was opened");
    const { params } = opened.args;
    await contract.close(
      (params as unknown as Result).toObject() as never,
      1,
      NOTHING,
      NOTHING,
      NO_SIGNATURE,
      "0x",
    );
  }

  async function endOf(daemon: Daemon, channel: string): Promise<Event["data"]> {
    const find = async () =>
      (await daemon.client.call("events", { limit: 500 })).entries.find(
        ({ kind, data }) => kind === "channel_ended" && data.channel === channel,
      );
    await until(`the end of ${channel}`, async () => (await find()) !== undefined);
    return (await find())?.data ?? {};
  }

  it("[TOWER-5] is killed, its peer closes with an old state, the tower convicts, and it comes back richer", async () => {
    const { payee, channel } = await guarded("sleeper");
    await pay(payee, "0.5");
    await untilGuarded(payee);
    const { lastReceipt, url, state } = await towerOf(payee);
    expect([url, state, lastReceipt === null]).to.deep.equal([tower.url, "reachable", false]);
    const metrics = await payee.metrics();
    expect(metrics).to.include(`\nhashlane_tower_behind{tower="${tower.address}"} 0\n`);
    const findings = (await payee.client.call("doctor", {})).entries.filter(
      ({ check }) => check === "towers",
    );
    expect(findings.map(({ level }) => level)).to.deep.equal(["ok"]);
    await payee.end("SIGKILL");
    await payer.end("SIGKILL");
    const before = await provider.getBalance(tower.address);
    await tower.end("SIGKILL");
    await cheat(channel);
    await tower.start();
    await until("the conviction", async () => (await provider.getBalance(tower.address)) > before);
    expect(tower.log).to.include("answers a close that hid a state");
    await payee.start();
    expect(await endOf(payee, channel)).to.deep.include({
      how: "convicted",
      received: { value: "1.995", asset: "ETH" },
    });
    await payee.end("SIGTERM");
    await payer.start();
    expect(await endOf(payer, channel)).to.deep.include({
      how: "convicted",
      received: { value: "0", asset: "ETH" },
    });
  });

  it("tells when a tower does not answer, and catches up when it does", async () => {
    const { payee } = await guarded("patient");
    await pay(payee, "0.25");
    await untilGuarded(payee);
    await tower.end("SIGKILL");
    await pay(payee, "0.25");
    await until("the silence to be noticed", async () => (await towerOf(payee)).state === "unreachable");
    expect((await towerOf(payee)).behind).to.equal(1);
    const findings = (await payee.client.call("doctor", {})).entries.filter(
      ({ check }) => check === "towers",
    );
    expect(findings.map(({ level }) => level)).to.deep.equal(["warning"]);
    await tower.start();
    await untilGuarded(payee);
    const kinds = (await payee.client.call("events", { limit: 500 })).entries.map(({ kind }) => kind);
    expect(kinds.filter((kind) => kind.startsWith("tower_"))).to.deep.equal(["tower_lost", "tower_reached"]);
    const listed = await answerOf<{ readonly entries: readonly Tower[] }>(
      "tower",
      "list",
      "--dir",
      payee.directory,
    );
    expect(listed.entries.map(({ tower: one }) => one)).to.deep.equal([tower.address]);
    await answerOf("tower", "remove", tower.address, "--dir", payee.directory);
    expect((await payee.client.call("towers", {})).entries).to.deep.equal([]);
    const gone = await problemOf(payee.client.call("removeTower", {}, { tower: tower.address }));
    expect(gone).to.include({ status: 404, code: "unknown_tower" });
    expect(await payee.end("SIGTERM")).to.equal(0);
  });

  it("[TOWER-4] hears from its tower after a restore what the backup did not know, and goes by it", async () => {
    const { payee, channel } = await guarded("restored");
    await pay(payee, "0.5");
    const backup = join(world.directory, "restored.sealed");
    await answerOf("backup", "--to", backup, "--dir", payee.directory);
    await pay(payee, "0.25");
    await untilGuarded(payee);
    await payee.end("SIGKILL");
    rmSync(payee.directory, { recursive: true });
    payer.signal("SIGSTOP");
    await answerOf(
      ...["restore", "--words-file", `${payee.directory}.words`, "--backup", backup, "--light-kdf"],
      ...["--dir", payee.directory, "--password-file", join(world.directory, "password")],
    );
    const again = new Daemon("restored", payee.directory);
    world.daemons.push(again);
    await again.start();
    expect(again.log).to.include("a tower holds a newer state than this store knows");
    expect(await channelOf(again, channel)).to.deep.include({ status: "frozen", recovery: "waits_for_peer" });
    expect((await towerOf(again)).tower).to.equal(tower.address);
    payer.signal("SIGCONT");
    expect(await endOf(again, channel)).to.deep.include({
      how: "cooperative",
      received: { value: "0.75", asset: "ETH" },
    });
    expect(await again.end("SIGTERM")).to.equal(0);
  });

  it("[TOWER-4] does not start from an older store, unless its owner accepts the loss", async () => {
    const { payee, channel } = await guarded("copied");
    await pay(payee, "0.5");
    await untilGuarded(payee);
    await payee.end("SIGTERM");
    const { store } = placesIn(payee.directory);
    cpSync(store, `${store}.copy`, { recursive: true });
    await payee.start();
    await until("the peer", async () => (await channelOf(payee, channel))?.connected === true);
    await pay(payee, "0.25");
    await untilGuarded(payee);
    await payee.end("SIGTERM");
    rmSync(store, { recursive: true });
    cpSync(`${store}.copy`, store, { recursive: true });
    const start = ["start", "--dir", payee.directory, "--password-file", payee.passwordFile, "--json"];
    const refused = await hashlane(...start);
    expect(refused.code).to.equal(1);
    expect(JSON.parse(refused.stderr) as object).to.deep.include({ code: "store_older" });
    expect((await channelOf(payer, channel))?.status, "the peer heard nothing").to.equal("usable");
    await payee.start("--accept-loss");
    expect(payee.log).to.include("decided to freeze: a tower holds state");
    expect(await endOf(payee, channel)).to.deep.include({
      how: "cooperative",
      received: { value: "0.75", asset: "ETH" },
    });
    expect(await payee.end("SIGTERM")).to.equal(0);
  });
});
