import { expect } from "chai";

import { ApiProblem } from "../../src/api/problem.ts";
import { Assets } from "../../src/daemon/assets.ts";
import type { AssetTerms } from "../../src/daemon/config.ts";
import { Journal } from "../../src/daemon/journal.ts";
import { requireOutflow } from "../../src/daemon/outflow.ts";
import { ZERO_ADDRESS } from "../../src/protocol/checked.ts";
import type { Address } from "../../src/protocol/types.ts";
import { ETH_TERMS } from "./asset-terms.ts";

const [BOB, CAROL] = [`0x${"bb".repeat(20)}`, `0x${"cc".repeat(20)}`] as [Address, Address];
const TERMS: AssetTerms = { ...ETH_TERMS, outflow: { perHour: 100n, perHourToOne: 60n } };
const MINUTE = 60_000;

describe("the limits of what leaves a node in an hour", () => {
  let journal: Journal;
  let count = 0;

  beforeEach(() => {
    journal = new Journal(":memory:");
  });
  afterEach(() => {
    journal.close();
  });

  const paid = (
    payee: Address,
    amount: string,
    status: string,
    minutes = 1,
    fee: string | null = null,
    rent: string | null = null,
  ): void => {
    const created = new Date(Date.now() - minutes * MINUTE).toISOString();
    const id = String(++count);
    journal.run(
      `INSERT INTO payments (key, request, hash, invoice, payee, token, amount, maxFee, description, status, created, fee, rent)
       VALUES (?, '', ?, '', ?, ?, ?, '5', '', ?, ?, ?, ?)`,
      ...[id, id, payee, ZERO_ADDRESS, amount, status, created, fee, rent],
    );
  };
  const refusal = (
    payee: Address,
    amount: bigint,
    terms: AssetTerms = TERMS,
  ): ApiProblem["problem"] | null => {
    try {
      requireOutflow({ journal, assets: new Assets([terms]) }, terms, { payee, amount, maxFee: 1n });
      return null;
    } catch (thrown) {
      if (thrown instanceof ApiProblem) return thrown.problem;
      throw thrown;
    }
  };

  it("count fees, and payments under way with the most that they may cost", () => {
    paid(BOB, "20", "succeeded", 59, "3");
    paid(BOB, "20", "pending");
    expect(refusal(BOB, 11n)).to.equal(null);
    const { code, values } = refusal(BOB, 12n) ?? {};
    expect(code).to.equal("outflow_above_limit");
    expect(values).to.deep.equal({
      ...{ limit: "perHourToOne", most: "60", spent: "48", amount: "12", maxFee: "1", asset: "ETH" },
    });
  });

  it("[FEE-2] count the rent of what was paid and of what failed", () => {
    paid(BOB, "20", "succeeded", 1, "3", "2");
    paid(BOB, "50", "failed", 1, null, "4");
    expect(refusal(BOB, 30n)).to.equal(null);
    expect(refusal(BOB, 31n)?.values).to.include({ limit: "perHourToOne", spent: "29" });
  });

  it("count everybody together, and each payee alone", () => {
    paid(BOB, "55", "started");
    expect(refusal(CAROL, 39n)).to.equal(null);
    expect(refusal(CAROL, 40n)?.values.limit).to.equal("perHour");
    expect(refusal(BOB, 0n)?.values.limit).to.equal("perHourToOne");
  });

  it("forget what failed, and what is older than an hour", () => {
    paid(BOB, "55", "failed");
    paid(BOB, "55", "succeeded", 61, "0");
    expect(refusal(BOB, 59n)).to.equal(null);
    expect(refusal(BOB, 60n)?.code).to.equal("outflow_above_limit");
  });

  it("are none if the config names none, and nothing at all at 0", () => {
    paid(BOB, "55", "succeeded");
    const none = { ...TERMS, outflow: { perHour: null, perHourToOne: null } };
    expect(refusal(BOB, 1000n, none)).to.equal(null);
    const nothing = { ...TERMS, outflow: { perHour: 0n, perHourToOne: null } };
    expect(refusal(CAROL, 0n, nothing)?.code).to.equal("outflow_above_limit");
  });
});
