import { expect } from "chai";

import { ApiProblem } from "../../src/api/problem.ts";
import { Assets } from "../../src/daemon/assets.ts";
import { Capabilities, type Caller } from "../../src/daemon/capabilities.ts";
import type { AssetTerms } from "../../src/daemon/config.ts";
import { EventLog } from "../../src/daemon/events.ts";
import { Journal } from "../../src/daemon/journal.ts";
import type { Parts } from "../../src/daemon/parts.ts";
import { Payments } from "../../src/daemon/payments.ts";
import { loadOnce } from "../node/world.ts";
import { ETH_TERMS } from "./asset-terms.ts";

const [BOB, CAROL] = [`0x${"bb".repeat(20)}`, `0x${"cc".repeat(20)}`] as const;
const TERMS: AssetTerms = {
  ...{ ...ETH_TERMS, maxPayment: 100n, maxFee: 5n },
  outflow: { perHour: 120n, perHourToOne: 70n },
};

/** What a daemon has of itself when it pays somebody who did not ask for it; the node takes every payment. */
describe("a payment without an invoice", () => {
  let journal: Journal;
  let payments: Payments;
  let capabilities: Capabilities;
  let sent: bigint[];
  let count = 0;

  beforeEach(async () => {
    journal = new Journal(":memory:");
    const assets = new Assets([TERMS]);
    capabilities = new Capabilities(journal, assets);
    sent = [];
    const node = {
      paySpontaneously: ({ amount }: { readonly amount: bigint }) => Promise.resolve(sent.push(amount)),
      channels: () => [],
    };
    const { crypto } = await loadOnce();
    const parts = { journal, assets, capabilities, events: new EventLog(journal), node, crypto };
    payments = new Payments(parts as unknown as Parts);
  });
  afterEach(() => {
    journal.close();
  });

  const send = (node: string, amount: string, caller: Caller = null, key = `a key ${String(++count)}`) =>
    payments.send({ node, amount, idempotencyKey: key }, caller);
  const refusal = async (paying: Promise<unknown>): Promise<ApiProblem["problem"]> => {
    try {
      await paying;
    } catch (thrown) {
      if (thrown instanceof ApiProblem) return thrown.problem;
      throw thrown;
    }
    throw new Error("it was not refused");
  };

  it("is at most what the owner allows in one payment", async () => {
    const { code, values } = await refusal(send(BOB, "101"));
    expect(code).to.equal("payment_above_limit");
    expect(values).to.deep.equal({ amount: "101", most: "100", asset: "ETH" });
    expect(sent).to.deep.equal([]);
  });

  it("counts with its highest fee against the limits of an hour, to one and to all", async () => {
    await send(BOB, "65");
    const one = await refusal(send(BOB, "1"));
    expect([one.code, one.values.limit, one.values.spent]).to.deep.equal([
      ...["outflow_above_limit", "perHourToOne", "70"],
    ]);
    await send(CAROL, "45");
    const all = await refusal(send(CAROL, "1"));
    expect([all.code, all.values.limit, all.values.spent]).to.deep.equal([
      ...["outflow_above_limit", "perHour", "120"],
    ]);
    expect(sent).to.deep.equal([65n, 45n]);
  });

  it("counts against the budget of the token that it is made with, each key once", async () => {
    const { token } = capabilities.create({ allow: "pay", budget: "50", per: "day" });
    const caller = capabilities.find(token);
    await send(BOB, "20", caller, "the same key");
    await send(BOB, "20", caller, "the same key");
    const { code, values } = await refusal(send(CAROL, "21", caller));
    expect(code).to.equal("budget_exceeded");
    expect(values).to.deep.equal({ token: caller?.id, left: "25", cost: "26", per: "day" });
    await send(CAROL, "20", caller);
    expect(sent).to.deep.equal([20n, 20n]);
  });

  it("[FEE-2] leaves its rent in the budget and the limits when it fails", async () => {
    const { token } = capabilities.create({ allow: "pay", budget: "50", per: "day" });
    const caller = capabilities.find(token);
    await send(BOB, "40", caller);
    journal.run("UPDATE payments SET status = 'failed', rent = '3'");
    await send(CAROL, "42", caller);
    journal.run("UPDATE payments SET status = 'succeeded', fee = '1', rent = '2' WHERE status != 'failed'");
    const { values } = await refusal(send(BOB, "1", caller));
    expect(values, "3 of the failed one, 42 and 1 and 2 of the other").to.include({ left: "2", cost: "6" });
    const all = await refusal(send(BOB, "63"));
    expect([all.values.limit, all.values.spent]).to.deep.equal(["perHourToOne", "3"]);
  });

  it("is not made while the node is frozen", async () => {
    journal.setSetting("frozen", "[]");
    expect((await refusal(send(BOB, "1"))).code).to.equal("node_frozen");
    expect(sent).to.deep.equal([]);
  });
});
