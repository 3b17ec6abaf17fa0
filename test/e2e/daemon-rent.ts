import { expect } from "chai";
import { readFileSync } from "node:fs";

import type { Invoice, Page, Payment, PaymentRoute, Policy } from "../../src/api/views.ts";
import { placesIn } from "../../src/daemon/directory.ts";
import { answerOf, type Daemon, DaemonWorld, hashlane, until } from "./daemon-world.ts";

const TIMEOUT_MS = 180_000;
const FEE = "0.001";

/** 0.1 ETH for three hours, at 137 millionths a day; and the slot fee. */
const RENT = "0.0000018125";

describe("daemons of which one forwards for anybody [FEE-2] [FEE-3]", function () {
  this.timeout(TIMEOUT_MS);
  let world: DaemonWorld;
  let [wang, alice, xiaohong]: Daemon[] = [];

  const at = (daemon: Daemon | undefined): Daemon => {
    if (daemon === undefined) throw new Error("it was not made");
    return daemon;
  };
  const ask = async (amount: string): Promise<Invoice> =>
    answerOf<Invoice>("invoice", "create", amount, "--dir", at(xiaohong).directory);
  const oursOf = async (daemon: Daemon): Promise<readonly string[]> => {
    await until("every lock to go", async () =>
      (await daemon.client.call("channels", {})).entries.every(({ locked }) => locked.ours.value === "0"),
    );
    const { entries } = await daemon.client.call("channels", {});
    return entries.map(({ balance }) => balance.ours.value).sort();
  };
  const join = async (from: Daemon, to: Daemon): Promise<void> => {
    const { uri, node: peer } = await to.info();
    await answerOf("connect", uri ?? "", "--dir", from.directory);
    await until("the connection", async () =>
      (await from.client.call("peers", {})).entries.some((one) => one.node === peer && one.connected),
    );
    await from.client.call("open", { peer, amount: "2", idempotencyKey: "open with it" });
  };

  before(async () => {
    world = await DaemonWorld.create();
    [wang, alice, xiaohong] = await Promise.all([
      world.init("wang"),
      world.init("alice", "--profile", "public", "--fee-base", FEE, "--fee-ppm", "0"),
      world.init("xiaohong"),
    ]);
    await Promise.all([wang, alice, xiaohong].map((daemon) => daemon.start()));
    await join(wang, alice);
    await join(alice, xiaohong);
    await until("Wang to know all prices", async () => (await at(wang).info()).policiesKnown === 4);
  });

  after(async () => {
    await world.stop();
  });

  it("the public profile writes rent and shares into the config, the other none", () => {
    const read = (daemon: Daemon): Record<string, unknown> =>
      JSON.parse(readFileSync(placesIn(daemon.directory).config, "utf8")) as Record<string, unknown>;
    const [open, closed] = [read(at(alice)), read(at(wang))];
    expect([open.shares, closed.shares]).to.deep.equal([true, undefined]);
    expect(open.assets).to.have.nested.property("ETH.slotFee", "0.0000001");
    expect(open.assets).to.have.nested.property("ETH.rentPpm", 137);
    expect(closed.assets).to.not.have.nested.property("ETH.rentPpm");
  });

  it("everybody hears the rent with the other terms", async () => {
    const { node } = await at(alice).info();
    const { entries } = await answerOf<Page<Policy>>("policy", "list", "--dir", at(wang).directory);
    const rents = entries.map(({ node: of, slotFee, rentPpm }) => [of === node, slotFee.value, rentPpm]);
    expect(rents.filter(([isAlice]) => isAlice)).to.deep.equal([
      [true, "0.0000001", 137],
      [true, "0.0000001", 137],
    ]);
    expect(rents.filter(([isAlice]) => !isAlice)).to.deep.equal([
      [false, "0", 0],
      [false, "0", 0],
    ]);
  });

  it("a payment pays it with its lock, and shows it before and after", async () => {
    const { invoice } = await ask("0.1");
    const route = await answerOf<PaymentRoute>("route", invoice, "--dir", at(wang).directory);
    expect([route.fee.value, route.rent.value]).to.deep.equal([FEE, RENT]);
    const { code, stdout } = await hashlane("pay", invoice, "--dir", at(wang).directory);
    expect(code, stdout).to.equal(0);
    expect(stdout).to.include(`rent ${RENT} ETH`);
    expect(await oursOf(at(wang))).to.deep.equal(["1.8989981875"]);
    expect(await oursOf(at(alice))).to.deep.equal(["0.1010018125", "1.9"]);
    expect(await oursOf(at(xiaohong))).to.deep.equal(["0.1"]);
    const { entries } = await at(wang).client.call("payments", {});
    expect(entries[0]).to.deep.include({
      status: "succeeded",
      fee: { value: FEE, asset: "ETH" },
      rent: { value: RENT, asset: "ETH" },
    });
  });

  it("a stranger that would fill more than its share is told so, and has paid the rent", async () => {
    const { invoice } = await ask("0.5");
    const { code, stderr } = await hashlane("pay", invoice, "--dir", at(wang).directory);
    expect(code).to.not.equal(0);
    expect(stderr).to.include("share_full");
    const { entries } = await answerOf<Page<Payment>>("payments", "--dir", at(wang).directory);
    const [failed] = entries;
    expect(failed).to.include({ status: "failed" });
    expect(failed?.problem?.code).to.equal("share_full");
    expect(failed?.rent?.value).to.equal("0.0000086625");
    expect(await oursOf(at(wang))).to.deep.equal(["1.898989525"]);
  });

  it("is asked for no more when the owner says so, and nothing is lost over a restart", async () => {
    const { entries } = await at(alice).client.call("channels", {});
    const { node } = await at(xiaohong).info();
    const { channel } = entries.find(({ peer }) => peer === node) ?? { channel: "" };
    const { code, stdout } = await hashlane(
      ...[
        "policy",
        "set",
        channel,
        "--slot-fee",
        "0.000002",
        "--rent-ppm",
        "0",
        "--dir",
        at(alice).directory,
      ],
    );
    expect(code, stdout).to.equal(0);
    expect(stdout).to.include("a rent of 0.000002 ETH and 0 millionths");
    const heard = async (fee: string): Promise<void> =>
      until("Wang to hear it", async () =>
        (await at(wang).client.call("policies", {})).entries.some(
          (one) => one.channel === channel && one.node !== node && one.slotFee.value === fee,
        ),
      );
    await heard("0.000002");
    const first = await answerOf<Payment>(
      ...["pay", (await ask("0.01")).invoice, "--dir", at(wang).directory],
    );
    expect(first.rent?.value).to.equal("0.000002");
    await answerOf("policy", "set", channel, "--slot-fee", "0", "--dir", at(alice).directory);
    await heard("0");
    await at(wang).end("SIGTERM");
    await at(wang).start();
    const ready = async (): Promise<boolean> =>
      (await at(wang).client.call("channels", {})).entries.every(({ connected }) => connected);
    await until("the connection", ready);
    const second = await answerOf<Payment>(
      ...["pay", (await ask("0.01")).invoice, "--dir", at(wang).directory],
    );
    expect(second.rent?.value).to.equal("0");
    const page = await at(wang).client.call("payments", {});
    const rents = page.entries.map(({ rent }) => rent?.value);
    expect(rents).to.deep.equal(["0", "0.000002", "0.0000086625", RENT]);
  });
});
