import { expect } from "chai";
import { ethers } from "ethers";

import type { Invoice, Payment } from "../../src/api/views.ts";
import { Dice } from "../contracts/dice.ts";
import { NAMES, Row } from "./daemon-row.ts";
import { until } from "./daemon-world.ts";

const PAYMENTS = 200;
const SEED = Number(process.env.HASHLANE_SEED ?? 1);
const FEE = ethers.parseEther("0.003");
const DEPOSIT = ethers.parseEther("50");

describe("many calls at once", function () {
  this.timeout(0);
  let row: Row;

  before(async () => {
    row = await Row.create();
    await row.join("50");
  });

  after(async () => {
    await row.world.stop();
  });

  it("pay each of 200 invoices once, asked for twice each in any order, to the wei", async () => {
    console.log(`      HASHLANE_SEED=${SEED}`);
    const dice = new Dice(SEED);
    const [payer, payee] = [row.at("wang").client, row.at("xiaohong").client];
    const amounts = Array.from(
      { length: PAYMENTS },
      () => `0.${String(1 + dice.below(1999)).padStart(6, "0")}`,
    );
    const invoices: readonly Invoice[] = await Promise.all(
      amounts.map((amount) => payee.call("invoice", { amount })),
    );
    const calls = shuffled([...invoices, ...invoices], dice);
    const answers: readonly Payment[] = await Promise.all(
      calls.map(({ invoice, hash }) => payer.call("pay", { invoice, idempotencyKey: `key of ${hash}` })),
    );
    for (const [index, { hash }] of calls.entries()) expect(answers[index]?.hash).to.equal(hash);
    expect(new Set(answers.map(({ id }) => id))).to.have.property("size", PAYMENTS);
    await until("every payment to end", async () => {
      const { entries } = await payer.call("payments", { limit: 500 });
      return entries.length === PAYMENTS && entries.every(({ ended }) => ended !== null);
    });
    const { entries } = await payer.call("payments", { limit: 500 });
    expect(entries.filter(({ status }) => status !== "succeeded")).to.deep.equal([]);
    await until("every lock to go", () => row.isQuiet());
    const paid = amounts.reduce((sum, amount) => sum + ethers.parseEther(amount), 0n);
    const fees = FEE * BigInt(PAYMENTS);
    const held = await row.balances();
    const total = NAMES.map((name) =>
      (held[name] ?? []).reduce((sum, value) => sum + ethers.parseEther(value), 0n),
    );
    const hop = DEPOSIT + fees / 3n;
    expect(total).to.deep.equal([DEPOSIT - paid - fees, hop, hop, hop, paid]);
  });

  it("go in one call too, each answered in its place, and one that is refused stops none of the others", async () => {
    const [payer, payee] = [row.at("wang").client, row.at("xiaohong").client];
    const invoices = await Promise.all(
      Array.from({ length: 40 }, () => payee.call("invoice", { amount: "0.001" })),
    );
    const requests = invoices.map(({ invoice, hash }) => ({ invoice, idempotencyKey: `batch of ${hash}` }));
    const before = await row.balances();
    const { entries } = await payer.call("payMany", {
      payments: [
        ...requests,
        { invoice: "hl1nothing", idempotencyKey: "a key of its own" },
        { invoice: invoices[0]?.invoice, idempotencyKey: "short" },
        { node: "0x12", amount: "1", idempotencyKey: "a key of its own" },
        "no object",
        // The first request once more.
        requests[0],
      ],
      waitSeconds: 60,
    });
    const [again, ...refused] = entries.slice(requests.length).reverse();
    for (const [index, { hash }] of invoices.entries()) {
      const payment = entries[index]?.payment;
      expect([payment?.hash, payment?.status]).to.deep.equal([hash, "succeeded"]);
    }
    expect(refused.map(({ payment, problem }) => [payment, problem?.code]).reverse()).to.deep.equal([
      [null, "invoice_malformed"],
      [null, "bad_request"],
      [null, "bad_request"],
      [null, "bad_request"],
    ]);
    expect(again?.payment?.id).to.equal(entries[0]?.payment?.id);
    await until("every lock to go", () => row.isQuiet());
    const paid = ethers.parseEther("0.001") * 40n;
    const gained = (name: string, held: Awaited<ReturnType<Row["balances"]>>): bigint =>
      (held[name] ?? []).reduce((sum, value) => sum + ethers.parseEther(value), 0n);
    const after = await row.balances();
    expect(gained("xiaohong", after) - gained("xiaohong", before)).to.equal(paid);
    expect(gained("wang", before) - gained("wang", after)).to.equal(paid + FEE * 40n);
  });
});

function shuffled<T>(items: readonly T[], dice: Dice): readonly T[] {
  const left = [...items];
  return items.map(() => {
    const [taken] = left.splice(dice.below(left.length), 1);
    if (taken === undefined) throw new RangeError("nothing is left");
    return taken;
  });
}
