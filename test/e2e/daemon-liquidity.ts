import { expect } from "chai";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import type { Channel, Invoice, Operation, Quote } from "../../src/api/views.ts";
import { problemOf } from "./daemon-problem.ts";
import { answerOf, type Daemon, DaemonWorld, until } from "./daemon-world.ts";

const SELL = { feeBase: "0.001", feePpm: 5000, min: "0.5", max: "2", total: "3", days: 30 };

describe("daemons that sell and buy channels", function () {
  this.timeout(180_000);
  let world: DaemonWorld;
  let hub: Daemon;
  let shop: Daemon;
  let hubId: string;

  const channels = async (daemon: Daemon): Promise<readonly Channel[]> =>
    (await daemon.client.call("channels", {})).entries;
  const buy = (amount: string, idempotencyKey: string, more = {}): Promise<Operation> =>
    shop.client.call("buyLiquidity", { peer: hubId, amount, idempotencyKey, ...more });

  before(async () => {
    world = await DaemonWorld.create();
    [hub, shop] = await Promise.all([world.init("hub"), world.init("shop")]);
    const file = join(hub.directory, "config.json");
    const config = JSON.parse(readFileSync(file, "utf8")) as { assets: { ETH: object } };
    writeFileSync(file, JSON.stringify({ ...config, assets: { ETH: { ...config.assets.ETH, sell: SELL } } }));
    await Promise.all([hub.start(), shop.start()]);
    hubId = (await hub.info()).node;
    await answerOf("connect", (await hub.info()).uri ?? "", "--dir", shop.directory);
  });

  after(async () => {
    await world.stop();
  });

  it("tell the price, and why not", async () => {
    const quote = async (amount: string): Promise<Quote> =>
      answerOf<Quote>("liquidity", "quote", hubId, amount, "--dir", shop.directory);
    expect(await quote("1")).to.deep.equal({
      peer: hubId,
      amount: { value: "1", asset: "ETH" },
      offered: true,
      refusal: null,
      fee: { value: "0.006", asset: "ETH" },
      seconds: 30 * 86_400,
      least: { value: "0.5", asset: "ETH" },
      most: { value: "2", asset: "ETH" },
    });
    expect((await quote("0.499")).refusal).to.equal("too_little");
    expect((await quote("2.001")).refusal).to.equal("too_much");
    const { node } = await shop.info();
    const other = await hub.client.call("quoteLiquidity", { peer: node, amount: "1" });
    expect([other.offered, other.refusal]).to.deep.equal([false, "not_sold"]);
  });

  it("bring the seller's money for the fee, so that a shop without a channel can be paid", async () => {
    const bought = await answerOf<Operation>("liquidity", "buy", hubId, "1", "--dir", shop.directory);
    expect(bought).to.deep.include({ kind: "buy", amount: { value: "1", asset: "ETH" }, status: "done" });
    const [mine] = await channels(shop);
    expect([mine?.balance.theirs.value, mine?.balance.ours.value]).to.deep.equal(["1.006", "0"]);
    const invoice = await answerOf<Invoice>("invoice", "create", "0.4", "--dir", shop.directory);
    await until("the policies", async () => (await hub.info()).policiesKnown === 2);
    await answerOf("pay", invoice.invoice, "--dir", hub.directory);
    await until("the payment", async () => (await channels(shop))[0]?.balance.ours.value === "0.4");
  });

  it("keep the word of the seller, unless it is forced to break it", async () => {
    const [sold] = await channels(hub);
    const problem = await problemOf(hub.client.call("close", {}, { channel: sold?.channel ?? "" }));
    expect([problem.code, problem.status]).to.deep.equal(["channel_sold", 409]);
    expect((await channels(hub))[0]?.status).to.equal("usable");
  });

  it("sell no more than the limits, at no lower fee, and open nothing twice for a key", async () => {
    const own = await buy("2", "a second channel", { own: "0.1", maxFee: "0.02" });
    expect(await buy("2", "a second channel", { own: "0.1", maxFee: "0.02" })).to.deep.equal(own);
    expect((await problemOf(buy("2", "a second channel"))).code).to.equal("idempotency_conflict");
    await until("it", async () => (await channels(shop)).length === 2);
    const second = (await channels(shop)).find(({ channel }) => channel === own.channel);
    expect(second?.deposits.ours.value).to.equal("0.111");
    const over = await problemOf(buy("0.5", "beyond the total"));
    expect([over.code, over.values.refusal]).to.deep.equal(["liquidity_refused", "too_much"]);
    const cheap = await problemOf(buy("0.5", "for too little", { maxFee: "0.0034" }));
    expect(cheap.code).to.equal("liquidity_refused");
    const bad = await problemOf(buy("0", "nothing at all"));
    expect([bad.code, bad.status]).to.deep.equal(["bad_amount", 400]);
    await hub.client.call("freeze", {});
    const frozen = await problemOf(buy("0.5", "while frozen"));
    expect(frozen.values.refusal).to.equal("not_sold");
    await hub.client.call("unfreeze", {});
    await hub.client.call("close", { force: true }, { channel: own.channel });
    for (const daemon of [hub, shop]) {
      await until("its end", async () => (await channels(daemon)).length === 1);
    }
    const { value } = (await shop.client.call("quoteLiquidity", { peer: hubId, amount: "2" })).fee;
    expect(value).to.equal("0.011");
    const dear = await problemOf(buy("2", "for too little", { maxFee: "0.0109" }));
    expect([dear.code, dear.values]).to.deep.equal([
      "fee_above_limit",
      { fee: "0.011", maxFee: "0.0109", asset: "ETH" },
    ]);
    expect((await channels(shop)).length).to.equal(1);
  });
});
