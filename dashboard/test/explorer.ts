import { expect } from "chai";
import { spawn, type ChildProcess } from "node:child_process";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { openRunningChain } from "../../scripts/story/chain.ts";
import {
  connectWorld,
  createPerson,
  fund,
  openBetween,
  type StoryChannel,
  type World,
} from "../../scripts/story/world.ts";
import { placesIn, readText } from "../../src/daemon/directory.ts";
import { answerOf, type Daemon, DaemonWorld, until } from "../../test/e2e/daemon-world.ts";
import { ROOT, silentUrl } from "../../test/e2e/run-story.ts";
import { DESK, PHONE, startBrowser, Window } from "./browser.ts";
import { closeWithOldState, convict } from "./cheater.ts";

const ETH = 10n ** 18n;
const NOBODY = `0x${"9".repeat(40)}`;

describe("the explorer's pages, in a browser", function () {
  this.timeout(180_000);

  let browser: Browser;
  let world: DaemonWorld;
  let story: World;
  let alice: Daemon;
  let bob: Daemon;
  let url: string;
  let window: Window;
  let cheated: StoryChannel;

  before(async () => {
    browser = await startBrowser();
    world = await DaemonWorld.create();
    alice = await world.init("alice", "--explorer");
    bob = await world.init("bob");
    await Promise.all([alice.start(), bob.start()]);
    const { uri, node: peer } = await bob.info();
    await answerOf("connect", uri ?? "", "--dir", alice.directory);
    await until("the connection", async () =>
      (await alice.client.call("peers", {})).entries.some(({ connected }) => connected),
    );
    await alice.client.call("open", { peer, amount: "5", idempotencyKey: "open alice" });
    await until("both fees", async () => (await alice.info()).policiesKnown === 2);
    const info = await alice.info();
    const at = { hashlane: info.chain.contract as World["contracts"]["domain"]["contract"], firstBlock: 0 };
    story = await connectWorld(await openRunningChain(world.chain.url), at);
    url = readText(placesIn(alice.directory).apiUrl)?.trim() ?? "";
  });

  after(async () => {
    await browser.close();
    await world.stop();
  });

  beforeEach(async () => {
    window = await Window.open(browser);
  });

  afterEach(() => window.close(url));

  async function newChannel(names: readonly [string, string], deposit: bigint): Promise<StoryChannel> {
    const [payer, payee] = [createPerson(story, names[0]), createPerson(story, names[1])];
    await fund(story, payer, 2n * deposit + ETH);
    await fund(story, payee, ETH);
    return openBetween(story, payer, payee, deposit);
  }

  /** What a figure of the first page shows. */
  async function figure(name: string): Promise<string> {
    const box = window.page.locator(".figure", { has: window.page.locator("summary", { hasText: name }) });
    return box.first().locator(".value").innerText();
  }

  it("shows the figures, with a definition for each, and what happened", async () => {
    await window.go(url, "");
    await window.sees("Open channels");
    expect(await figure("Nodes")).to.equal("2");
    expect(await figure("Open channels")).to.equal("1");
    expect(await figure("Announced channels")).to.equal("1");
    expect(await figure("Capacity")).to.contain("5");
    await window.page.locator("summary", { hasText: "Announced channels" }).click();
    await window.sees(/has heard at least one end's fees/);
    await window.sees("Channel opened");
    await window.expectUsable();
    await window.shoot("overview-first");
  });

  it("shows a channel that is opened while one looks", async () => {
    await window.go(url, "");
    await window.sees("Open channels");
    const { channel } = await newChannel(["carol", "dave"], 3n * ETH);
    await window.page.locator(`.feed a[title="${channel}"]`).waitFor();
    await until("the figure", async () => (await figure("Open channels")) === "2");
    expect(await figure("Nodes")).to.equal("4");
  });

  it("shows a cheater's close with its countdown, and the conviction, as they come", async () => {
    cheated = await newChannel(["mallory", "victor"], 2n * ETH);
    await window.go(url, `channel/${cheated.channel}`);
    await window.page.locator(".badge.open").waitFor();
    await closeWithOldState(story, cheated);
    await window.sees(/23 h 5\d min left to answer/);
    await window.shoot("channel-closing");
    await convict(story, cheated);
    await window.page.locator(".badge.convicted").waitFor();
    expect(await window.page.locator(".event.convicted").innerText()).to.contain("Paid to the victim");
    await window.expectUsable();
    await window.shoot("channel-convicted");
    await window.go(url, `node/${cheated.payer.signer.address}`);
    await window.sees("Convictions lost");
    const lost = window.page.locator(".facts div", { hasText: "Convictions lost" }).locator("dd");
    expect(await lost.innerText()).to.equal("1");
    await window.expectUsable();
    await window.shoot("node");
    await window.go(url, "");
    await until("the conviction among the figures", async () => (await figure("Convictions")) === "1");
    await window.sees("Closer convicted");
    await window.shoot("overview");
  });

  it("shows what fees the ends of a channel ask", async () => {
    const [own] = (await alice.client.call("channels", {})).entries;
    await window.go(url, `channel/${own?.channel ?? ""}`);
    await window.sees("Fees for forwarding");
    expect(await window.page.getByText("100 ppm").count()).to.equal(2);
    await window.shoot("channel-fees");
  });

  it("finds by name, by the beginning of an id and by a transaction, with the keyboard alone", async () => {
    const { node } = await alice.info();
    await window.go(url, "");
    await window.sees("Open channels");
    const look = async (text: string): Promise<void> => {
      await window.page.locator("input[type=search]").focus();
      await window.page.keyboard.press("Control+A");
      await window.page.keyboard.type(text);
      await window.page.keyboard.press("Enter");
      await window.sees(`Found for “${text}”`);
    };
    await look("ali");
    await window.page.locator(`.found a[href="#/node/${node}"]`).focus();
    await window.page.keyboard.press("Enter");
    await window.sees(node);
    await look(cheated.channel.slice(0, 12));
    await window.page.locator(`.found a[href="#/channel/${cheated.channel}"]`).waitFor();
    await window.expectUsable();
    await look("nobody at all");
    await window.sees(/Nothing known begins with/);
    await window.page.keyboard.press("Tab");
    expect(await window.page.evaluate(() => document.activeElement?.tagName)).not.to.equal("BODY");
  });

  it("draws the network", async () => {
    await window.go(url, "network");
    await window.page.locator('.picture[data-state="ready"] canvas').first().waitFor();
    await window.sees(/4 nodes, 2 channels/);
    await window.page.getByRole("button", { name: "Zoom in" }).click();
    await window.expectUsable();
    await window.shoot("network");
  });

  it("speaks Chinese, is dark where the reader wants it, and fits a phone", async () => {
    const phone = await Window.open(browser, { viewport: PHONE, locale: "zh-CN", colorScheme: "dark" });
    await phone.go(url, "");
    await phone.sees("开放通道");
    expect(await phone.page.evaluate(() => document.documentElement.lang)).to.equal("zh-CN");
    await phone.expectUsable();
    await phone.shoot("phone-zh-dark");
    for (const at of [`channel/${cheated.channel}`, "network", "definitions", "search/0x1"]) {
      await phone.go(url, at);
      await phone.page.locator("h1").waitFor();
      await phone.expectUsable();
    }
    await phone.go(url, `channel/${cheated.channel}`);
    await phone.sees("关闭方被定罪");
    await phone.shoot("phone-zh-channel");
    await phone.page.getByRole("button", { name: "English" }).click();
    await phone.sees("Life on chain");
    await phone.close(url);
    await window.page.emulateMedia({ colorScheme: "dark" });
    await window.page.setViewportSize(DESK);
    await window.go(url, "");
    await window.sees("Closer convicted");
    await window.shoot("overview-dark");
  });

  it("says what is wrong with an address, an id and a page, and where to go on", async () => {
    const expectHelp = async (at: string, text: RegExp): Promise<void> => {
      // So that what is seen is not that of the address before.
      await window.go(url, "definitions");
      await window.sees(/What exactly each figure counts/);
      await window.go(url, at);
      await window.sees(text);
      await window.page.getByRole("link", { name: "To the overview" }).waitFor();
      await window.expectUsable();
    };
    await expectHelp("node/0x12", /this is no id of a node/);
    await expectHelp("node/", /this is no id of a node|no such path/);
    await expectHelp("node/%E0%A4%A", /this is no id of a node/);
    await expectHelp(`node/${NOBODY}`, /no such node is known/);
    await expectHelp(`channel/0x${"9".repeat(64)}`, /no such channel is known/);
    await expectHelp("channel/<script>alert(1)</script>", /this is no id of a channel|no such path/);
    await expectHelp("nonsense", /There is no such page/);
    await window.shoot("no-such-page");
  });

  it("says so while nothing answers, and goes on by itself", async () => {
    await window.go(url, "");
    await window.sees("Open channels");
    await window.page.route("**/v1/explorer/**", (route) => route.abort());
    await window.sees(/No connection: what is shown may be old/);
    await window.go(url, `channel/${cheated.channel}`);
    await window.sees("Nothing answers at this address");
    await window.expectUsable();
    await window.shoot("nothing-answers");
    await window.page.unroute("**/v1/explorer/**");
    await window.sees("Life on chain");
  });

  it("says what a node without an explorer needs", async () => {
    const other = await Window.open(browser);
    const bobUrl = readText(placesIn(bob.directory).apiUrl)?.trim() ?? "";
    await other.go(bobUrl, "");
    await other.sees(/this node serves no explorer/);
    await other.sees(/"explorer": true/);
    await other.expectUsable();
    await other.close(bobUrl);
  });

  describe("of an explorer without a node", () => {
    let child: ChildProcess;
    let alone: string;

    before(async () => {
      const { host } = new URL(await silentUrl());
      const index = join(world.directory, "alone.sqlite");
      const options = [
        "--rpc",
        world.chain.url,
        "--listen",
        host,
        "--index",
        index,
        "--poll-ms",
        "50",
        "--json",
      ];
      child = spawn(process.execPath, [join(ROOT, "bin", "hashlane.mjs"), "explorer", ...options], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      let told = "";
      child.stdout?.on("data", (data: Buffer) => (told += data.toString()));
      await until("the explorer", () => told.includes("\n"));
      alone = (JSON.parse(told) as { readonly url: string }).url;
    });

    after(() => void child.kill());

    it("takes back what the chain takes back", async () => {
      const other = await Window.open(browser);
      await other.go(alone, "");
      await other.sees("Open channels");
      await other.sees("unknown");
      const { provider } = story.chain;
      const before: unknown = await provider.send("evm_snapshot", []);
      const lost = await newChannel(["erin", "frank"], 7n * ETH);
      await other.page.locator(`.feed a[title="${lost.channel}"]`).waitFor();
      const height = await provider.getBlockNumber();
      const time = await story.chain.time();
      await provider.send("evm_revert", [before]);
      await provider.send("evm_setNextBlockTimestamp", [time + 1]);
      while ((await provider.getBlockNumber()) <= height) await provider.send("evm_mine", []);
      await other.sees("Blocks left the chain");
      await until(
        "the channel to be gone",
        async () => (await other.page.locator(`a[title="${lost.channel}"]`).count()) === 0,
      );
      await other.shoot("reorganised");
      await other.go(alone, `channel/${lost.channel}`);
      await other.sees(/no such channel is known/);
      await other.close(alone);
    });

    it("says so when the chain's node does not answer any more", async () => {
      const other = await Window.open(browser);
      await other.go(alone, "");
      await other.sees("Open channels");
      await world.chain.stop();
      await other.sees(/The chain's node does not answer/);
      await other.expectUsable();
      await other.shoot("chain-down");
      await other.close(alone);
    });
  });
});
