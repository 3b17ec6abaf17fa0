import { expect } from "chai";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { placesIn, readText } from "../../src/daemon/directory.ts";
import { answerOf, type Daemon, DaemonWorld, until } from "../../test/e2e/daemon-world.ts";
import { PHONE, startBrowser, Window } from "./browser.ts";

describe("a node's own page, in a browser", function () {
  this.timeout(180_000);

  let browser: Browser;
  let world: DaemonWorld;
  let alice: Daemon;
  let bob: Daemon;
  let url: string;
  let token: string;
  let window: Window;

  const say = (name: string) => window.page.getByLabel(name, { exact: true });
  const press = (name: string): Promise<void> =>
    window.page.getByRole("button", { name, exact: true }).click();
  const section = (heading: string) =>
    window.page.locator("section", {
      has: window.page.locator("h2", { hasText: new RegExp(`^${heading}$`) }),
    });

  before(async () => {
    browser = await startBrowser();
    world = await DaemonWorld.create();
    [alice, bob] = await Promise.all([world.init("alice"), world.init("bob")]);
    await Promise.all([alice.start(), bob.start()]);
    const { uri, node: peer } = await bob.info();
    await answerOf("connect", uri ?? "", "--dir", alice.directory);
    await answerOf("open", peer, "5", "--dir", alice.directory);
    // So that both can pay.
    const { invoice } = await bob.client.call("invoice", { amount: "2" });
    await answerOf("pay", invoice, "--dir", alice.directory);
    url = readText(placesIn(alice.directory).apiUrl)?.trim() ?? "";
    token = readFileSync(join(alice.directory, "api-token"), "utf8").trim();
    window = await Window.open(browser);
  });

  after(async () => {
    await browser.close();
    await world.stop();
  });

  it("shows nothing without the token, and says that a wrong one is wrong", async () => {
    await window.go(url, "mine");
    await window.sees("This page is for whoever holds the node's token");
    await say("Token").fill("0".repeat(64));
    await press("Enter");
    await window.sees(/the token is missing or wrong/);
    await press("Give another token");
  });

  it("shows balances and both sides of each channel", async () => {
    await say("Token").fill(token);
    await press("Enter");
    const channels = section("Channels");
    await channels.locator(".own-channel").waitFor();
    const text = (await channels.innerText()).replace(/\s+/g, " ");
    expect(text).to.match(/usable/);
    expect(text).to.match(/\b3 ETH/);
    expect(text).to.match(/\b2 ETH/);
    await window.expectUsable();
    await window.shoot("mine");
  });

  it("makes an invoice, and shows that it is paid while one looks", async () => {
    const receive = section("Receive");
    await receive.getByLabel("Amount").fill("0.25");
    await press("Make an invoice");
    const text = await receive.locator("textarea").inputValue();
    expect(text).to.match(/^hl1/);
    await receive.locator("svg.qr").waitFor();
    await answerOf("pay", text.toUpperCase(), "--dir", bob.directory);
    await receive.locator(".badge", { hasText: /paid/i }).waitFor();
    await until("the balance", async () => (await section("Channels").innerText()).includes("3.25 ETH"));
  });

  it("shows the route of a payment before it is sent, then that it arrived", async () => {
    const { invoice } = await bob.client.call("invoice", { amount: "0.5" });
    const pay = section("Pay");
    await pay.getByLabel("Invoice").fill(invoice);
    await press("Show the route");
    await pay.locator("ol.route li").first().waitFor();
    expect((await alice.client.call("payments", {})).entries).to.have.length(1);
    await press("Pay now");
    await pay.locator(".badge", { hasText: /paid/i }).waitFor();
    const [last] = (await alice.client.call("payments", {})).entries;
    expect([last?.status, last?.amount.value]).to.deep.equal(["succeeded", "0.5"]);
    await until("the balance", async () => (await section("Channels").innerText()).includes("2.75 ETH"));
    await window.page.setViewportSize(PHONE);
    await window.expectUsable();
    await window.shoot("mine-phone");
    await window.close(url);
  });
});
