import { expect } from "chai";
import { ethers } from "ethers";

import { Hashlane__factory } from "../../typechain-types/index.ts";
import type { Money } from "../../src/api/amounts.ts";
import { type Name, NAMES, Row } from "./daemon-row.ts";
import { Crowd, type Traffic } from "./daemon-traffic.ts";
import { answerOf, until } from "./daemon-world.ts";

/** `npm run test:kills` has 20 and 2,000. */
const KILLS_OF_EACH = Number(process.env.HASHLANE_KILLS ?? 1);
const PAYMENTS = Number(process.env.HASHLANE_PAYMENTS ?? 80);
const SEED = Number(process.env.HASHLANE_SEED ?? 1);
const EACH_WAY = 3;
/** Payments that go through between two kills. */
const FEW = 4;
const FEE = ethers.parseEther("0.003");
/** Each side of each channel. */
const DEPOSIT = "40";

const wei = ({ value }: Money): bigint => ethers.parseEther(value);
const sum = (values: readonly bigint[]): bigint => values.reduce((all, one) => all + one, 0n);

describe("five daemons that are killed while they pay", function () {
  this.timeout(0);
  let row: Row;
  let crowd: Crowd;

  before(async () => {
    row = await Row.create();
    await row.join(DEPOSIT);
    await Promise.all(
      NAMES.slice(1).map(async (name, index) => {
        const { node } = await row.at(NAMES[index] ?? "wang").info();
        const left = (await row.channelsOf(name)).find(({ peer }) => peer === node);
        await row
          .at(name)
          .client.call(
            "deposit",
            { amount: DEPOSIT, idempotencyKey: `deposit ${name}` },
            { channel: left?.channel ?? "" },
          );
      }),
    );
    crowd = await Crowd.create(row, SEED, PAYMENTS);
    console.log(`      HASHLANE_SEED=${SEED}: ${PAYMENTS} payments, ${KILLS_OF_EACH} kills of each`);
  });

  after(async () => {
    await row.world.stop();
  });

  const hasLock = async (name: Name): Promise<boolean> =>
    (await row.channelsOf(name)).some(
      ({ locked }) => locked.ours.value !== "0" || locked.theirs.value !== "0",
    );

  /** Kills one while a lock is in its channels: its neighbour stands still, so that the lock cannot go. */
  async function kill(name: Name, neighbour: Name): Promise<void> {
    const daemon = row.at(name);
    row.at(neighbour).signal("SIGSTOP");
    try {
      await until(`a lock of ${name}`, () => hasLock(name));
      crowd.pause();
      expect(await daemon.end("SIGKILL")).to.equal(null);
    } finally {
      row.at(neighbour).signal("SIGCONT");
    }
    await daemon.start();
    await until(`the neighbours of ${name}`, async () =>
      (await row.channelsOf(name)).every(({ connected }) => connected),
    );
    crowd.resume();
    const before = crowd.succeeded;
    await until("payments to go through again", () => crowd.isDone || crowd.succeeded >= before + FEW);
  }

  async function killAll(): Promise<number> {
    let kills = 0;
    for (let round = 0; round < KILLS_OF_EACH; round++) {
      for (const [index, name] of NAMES.entries()) {
        if (crowd.isDone) return kills;
        const sides = [NAMES[index - 1], NAMES[index + 1]].filter((one) => one !== undefined);
        const neighbour = sides[round % sides.length];
        if (neighbour === undefined) throw new Error(`${name} has no neighbour`);
        await kill(name, neighbour);
        kills++;
        console.log(
          `      ${name} killed and back, ${crowd.succeeded} of ${crowd.ended.length} payments succeeded`,
        );
      }
    }
    return kills;
  }

  it("end every payment once, whatever is killed", async () => {
    const [kills] = await Promise.all([killAll(), crowd.run(EACH_WAY)]);
    expect(kills, "all killed while there were payments").to.equal(KILLS_OF_EACH * NAMES.length);
    expect(crowd.ended).to.have.length(PAYMENTS);
    await until("every lock to go", () => row.isQuiet());
    const succeeded = crowd.ended.filter(({ payment }) => payment.status === "succeeded");
    expect(succeeded.length).to.be.greaterThan(0);
    for (const { to, invoice, payment } of crowd.ended) {
      const { status } = await row.at(to).client.call("invoiceOf", {}, { hash: invoice.hash });
      expect(status, invoice.description).to.equal(payment.status === "succeeded" ? "paid" : "open");
    }
  });

  it("are told of each payment once", async () => {
    for (const name of ["wang", "xiaohong"] as const) {
      const told: string[] = [];
      let cursor: string | null = "";
      while (cursor !== null) {
        const page: { entries: readonly { key: string }[]; next: string | null } = await row
          .at(name)
          .client.call("payments", { limit: 500, ...(cursor === "" ? {} : { cursor }) });
        told.push(...page.entries.map(({ key }) => key));
        cursor = page.next;
      }
      const asked = crowd.ended.filter(({ from }) => from === name).map(({ key }) => key);
      expect(told.sort()).to.deep.equal(asked.sort());
    }
  });

  it("hold what these payments give, to the wei", async () => {
    const succeeded = crowd.ended.filter(({ payment }) => payment.status === "succeeded");
    for (const { payment } of succeeded) expect(payment.fee?.value).to.equal("0.003");
    const amounts = (of: readonly Traffic[]): bigint => sum(of.map(({ payment }) => wei(payment.amount)));
    const gainOf = (name: Name): bigint => {
      const received = amounts(succeeded.filter(({ to }) => to === name));
      const sent = succeeded.filter(({ from }) => from === name);
      return received - amounts(sent) - FEE * BigInt(sent.length);
    };
    const deposit = ethers.parseEther(DEPOSIT);
    const hop = 2n * deposit + (FEE / 3n) * BigInt(succeeded.length);
    const held = await row.balances();
    const total = Object.fromEntries(
      NAMES.map((name) => [name, sum((held[name] ?? []).map((value) => ethers.parseEther(value)))]),
    );
    expect(total).to.deep.equal({
      wang: deposit + gainOf("wang"),
      alice: hop,
      bob: hop,
      carol: hop,
      xiaohong: deposit + gainOf("xiaohong"),
    });
  });

  it("close on the real contract, which pays out exactly that and keeps nothing", async () => {
    const held = await row.balances();
    const { chain } = await row.at("wang").info();
    for (const name of NAMES) await answerOf("exit", "--dir", row.at(name).directory);
    for (const name of NAMES) {
      const { client } = row.at(name);
      const received: bigint[] = [];
      for await (const { kind, data } of client.events(0)) {
        if (kind === "channel_ended") received.push(wei((data as { received: Money }).received));
        if (received.length === (held[name] ?? []).length) break;
      }
      const expected = (held[name] ?? []).map((value) => ethers.parseEther(value));
      expect(received.map(String).sort(), name).to.deep.equal(expected.map(String).sort());
    }
    const provider = new ethers.JsonRpcProvider(row.world.chain.url);
    try {
      expect(await provider.getBalance(chain.contract)).to.equal(0n);
      const hashlane = Hashlane__factory.connect(chain.contract, provider);
      const ends = await hashlane.queryFilter(hashlane.filters.Ended());
      expect(ends).to.have.length(NAMES.length - 1);
    } finally {
      provider.destroy();
    }
  });
});
