import { expect } from "chai";
import { ethers } from "ethers";
import { createHash, randomBytes } from "node:crypto";

import type { Channel, Invoice, Payment } from "../../src/api/views.ts";
import { PART_WAIT_SECONDS } from "../../src/protocol/node/gather.ts";
import { problemOf } from "./daemon-problem.ts";
import { answerOf, type Daemon, DaemonWorld, hashlane, until } from "./daemon-world.ts";

const TIMEOUT_MS = 180_000;
const HOPS = ["alice", "bob"] as const;
const NAMES = ["wang", ...HOPS, "xiaohong"] as const;
type Name = (typeof NAMES)[number];

/** Wang to Alice and Bob, and from both to Xiaohong: 2 ETH in each channel. */
describe("daemons with two ways between them", function () {
  this.timeout(TIMEOUT_MS);
  let world: DaemonWorld;
  const daemons = new Map<Name, Daemon>();

  const at = (name: Name): Daemon => {
    const daemon = daemons.get(name);
    if (daemon === undefined) throw new Error(`${name} has no daemon`);
    return daemon;
  };
  const of = (name: Name): readonly string[] => ["--dir", at(name).directory];
  const channelsOf = async (name: Name): Promise<readonly Channel[]> =>
    (await at(name).client.call("channels", {})).entries;

  async function balances(): Promise<readonly (readonly string[])[]> {
    const all = await Promise.all(NAMES.map(channelsOf));
    return all.map((channels) => channels.map(({ balance }) => balance.ours.value));
  }

  const isQuiet = async (): Promise<boolean> => {
    const all = await Promise.all(NAMES.map(channelsOf));
    return all.flat().every(({ locked }) => locked.ours.value === "0" && locked.theirs.value === "0");
  };

  async function join(from: Name, to: Name): Promise<void> {
    const { node: peer, uri } = await at(to).info();
    await answerOf("connect", uri ?? "", ...of(from));
    const { client } = at(from);
    await until("the connection", async () =>
      (await client.call("peers", {})).entries.some((one) => one.node === peer && one.connected),
    );
    await client.call("open", { peer, amount: "2", idempotencyKey: `open ${from} ${to}` });
  }

  /** Blocks come with transactions alone, so that time stands still otherwise. */
  async function passTime(seconds: number): Promise<void> {
    const before = (await at("xiaohong").info()).chain.block;
    for (const [method, params] of [
      ["evm_increaseTime", [seconds]],
      ["evm_mine", []],
    ] as const) {
      const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method, params });
      await fetch(world.chain.url, { method: "POST", headers: { "content-type": "application/json" }, body });
    }
    await until("the block", async () => (await at("xiaohong").info()).chain.block > before);
  }

  async function ended(name: Name, { id }: Payment): Promise<Payment> {
    const { client } = at(name);
    await until("the payment", async () => (await client.call("paymentOf", {}, { id })).ended !== null);
    return client.call("paymentOf", {}, { id });
  }

  before(async () => {
    world = await DaemonWorld.create();
    for (const name of NAMES) {
      const more = name === "xiaohong" ? ["--spontaneous"] : [];
      daemons.set(name, await world.init(name, "--fee-base", "0.001", "--fee-ppm", "0", ...more));
    }
    await Promise.all(NAMES.map((name) => at(name).start()));
    for (const hop of HOPS) {
      await join("wang", hop);
      await join(hop, "xiaohong");
    }
    await until("everybody to know all fees", async () =>
      (await Promise.all(NAMES.map((name) => at(name).info()))).every(
        ({ policiesKnown }) => policiesKnown === 8,
      ),
    );
  });

  after(async () => {
    await world.stop();
  });

  it("pay a node that made no invoice, if it allows that, with a text and a label", async () => {
    const { node: xiaohong } = await at("xiaohong").info();
    const paid = await answerOf<Payment>(
      ...["pay", xiaohong, "1.5", "--text", "=for you", "--label", "gift", ...of("alice")],
    );
    expect(paid).to.include({ status: "succeeded", description: "=for you", label: "gift", payee: xiaohong });
    const list = await at("xiaohong").client.call("invoices", {});
    expect(
      list.entries.map(({ kind, status, description, amount }) => [kind, status, description, amount.value]),
    ).to.deep.equal([["spontaneous", "paid", "=for you", "1.5"]]);
    const csv = await hashlane("invoice", "list", "--csv", ...of("xiaohong"));
    expect(csv.stdout.split("\r\n").map((line) => line.split(",").slice(1, 7))).to.deep.equal([
      ["kind", "status", "amount", "asset", "label", "description"],
      ["spontaneous", "paid", "1.5", "ETH", "", "'=for you"],
      [],
    ]);
    const { node: alice } = await at("alice").info();
    const refused = await hashlane("pay", alice, "0.1", "--json", ...of("wang"));
    expect(refused.code).to.equal(4);
    expect(JSON.parse(refused.stderr.trim().split("\n").at(-1) ?? "")).to.deep.include({
      code: "payment_failed",
    });
    expect(refused.stderr).to.contain("no_spontaneous");
    await until("every lock to go", isQuiet);
  });

  it("bring everything back when the parts do not suffice", async () => {
    const before = await balances();
    const { invoice } = await at("xiaohong").client.call("invoice", { amount: "3" });
    const begun = await at("wang").client.call("pay", { invoice, idempotencyKey: "too much" });
    await until("a part to be held", async () =>
      (await channelsOf("xiaohong")).some(({ locked }) => locked.theirs.value !== "0"),
    );
    expect((await at("wang").client.call("paymentOf", {}, { id: begun.id })).ended).to.equal(null);
    // What arrives after the others went back is held for a time of its own.
    await until("the end", async () => {
      if (!(await isQuiet())) await passTime(PART_WAIT_SECONDS);
      return (await at("wang").client.call("paymentOf", {}, { id: begun.id })).ended !== null;
    });
    const failed = await ended("wang", begun);
    expect(failed).to.include({ status: "failed", proof: null });
    expect(failed.problem?.code).to.be.oneOf(["no_capacity", "parts_missing"]);
    await until("every lock to go", isQuiet);
    expect(await balances()).to.deep.equal(before);
  });

  it("hold a payment until its owner takes it, by a secret that was known elsewhere, or gives it back", async () => {
    const secret = randomBytes(32);
    const hash = `0x${createHash("sha256").update(secret).digest("hex")}`;
    const held = await answerOf<Invoice>(
      "invoice",
      "create",
      "1.4",
      "--hash",
      hash,
      "--label",
      "swap",
      ...of("alice"),
    );
    const { client } = at("xiaohong");
    const begun = await client.call("pay", { invoice: held.invoice, idempotencyKey: "to be held" });
    await until(
      "the hold",
      async () => (await at("alice").client.call("invoiceOf", {}, { hash })).status === "held",
    );
    expect((await client.call("paymentOf", {}, { id: begun.id })).status).to.equal("pending");
    const wrong = await problemOf(
      at("alice").client.call("settleInvoice", { secret: `0x${"00".repeat(32)}` }, { hash }),
    );
    expect(wrong).to.include({ status: 400, code: "wrong_secret" });
    await answerOf("invoice", "settle", hash, `0x${secret.toString("hex")}`, ...of("alice"));
    expect(await ended("xiaohong", begun)).to.include({
      status: "succeeded",
      proof: `0x${secret.toString("hex")}`,
    });
    const other = await at("alice").client.call("invoice", { amount: "0.01", hold: true });
    const back = await client.call("pay", { invoice: other.invoice, idempotencyKey: "given back" });
    await until(
      "the hold",
      async () => (await at("alice").client.call("invoiceOf", {}, { hash: other.hash })).status === "held",
    );
    expect(await answerOf<Invoice>("invoice", "cancel", other.hash, ...of("alice"))).to.include({
      status: "cancelled",
    });
    expect((await ended("xiaohong", back)).problem?.code).to.equal("cancelled");
    const swaps = await at("alice").client.call("invoices", { label: "swap" });
    expect(swaps.entries.map((one) => one.hash)).to.deep.equal([hash]);
    await until("every lock to go", isQuiet);
  });

  it("pay in parts what no channel could carry, and once", async () => {
    const { invoice, hash } = await at("xiaohong").client.call("invoice", { amount: "3" });
    const payment = await answerOf<Payment>("pay", invoice, "--label", "house", ...of("wang"));
    expect(payment).to.deep.include({ hash, status: "succeeded", amount: { value: "3", asset: "ETH" } });
    const events = await at("wang").client.call("events", { limit: 500 });
    const parts = events.entries.filter((one) => one.data.hash === hash && one.kind.endsWith("sent"));
    expect(parts.length).to.be.at.least(2);
    await until("every lock to go", isQuiet);
    const mine = (await channelsOf("wang")).map(({ balance }) => ethers.parseEther(balance.ours.value));
    const fee = ethers.parseEther(payment.fee?.value ?? "0");
    expect(fee).to.be.at.least(ethers.parseEther("0.002"));
    expect(mine.reduce((sum, one) => sum + one, 0n)).to.equal(ethers.parseEther("1") - fee);
    const listed = await at("wang").client.call("payments", { label: "house" });
    expect(listed.entries.map(({ id }) => id)).to.deep.equal([payment.id]);
    const csv = await hashlane("payments", "--csv", "--label", "house", ...of("wang"));
    expect(csv.stdout.split("\r\n")[1]).to.contain(`,${hash},succeeded,3,ETH,`);
  });
});
