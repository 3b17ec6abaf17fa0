import { expect } from "chai";

import { ApiProblem } from "../../src/api/problem.ts";
import { Assets } from "../../src/daemon/assets.ts";
import { Capabilities } from "../../src/daemon/capabilities.ts";
import { Journal } from "../../src/daemon/journal.ts";
import { ZERO_ADDRESS } from "../../src/protocol/checked.ts";
import type { Address } from "../../src/protocol/types.ts";
import { ETH_TERMS } from "./asset-terms.ts";

const OTHER = `0x${"22".repeat(20)}` as Address;
const ASSETS = new Assets([ETH_TERMS, { ...ETH_TERMS, symbol: "USDT", token: OTHER }]);

describe("tokens that allow less than everything", () => {
  let journal: Journal;
  let capabilities: Capabilities;

  beforeEach(() => {
    journal = new Journal(":memory:");
    capabilities = new Capabilities(journal, ASSETS);
  });
  afterEach(() => {
    journal.close();
  });

  const refusalOf = (work: () => unknown): ApiProblem["problem"] => {
    try {
      work();
    } catch (thrown) {
      if (thrown instanceof ApiProblem) return thrown.problem;
      throw thrown;
    }
    throw new Error("it was not refused");
  };
  const payer = (budget: string, per = "day") => {
    const made = capabilities.create({ allow: "pay", budget, per });
    const found = capabilities.find(made.token);
    if (found === null) throw new Error("it is not found");
    return { ...found, token: made.token };
  };
  const note = (key: string, amount: bigint, status = "pending", hoursAgo = 0): void => {
    const created = new Date(Date.now() - hoursAgo * 3_600_000).toISOString();
    journal.run(
      `INSERT INTO payments (key, request, hash, invoice, payee, token, amount, maxFee, description, status, created)
       VALUES (?, '', ?, '', '', ?, ?, '1', '', ?, ?)`,
      ...[key, key, ZERO_ADDRESS, amount.toString(), status, created],
    );
  };

  it("are found by what was shown once, of which only the hash is kept", () => {
    const { token, id } = payer("100");
    expect(token).to.match(/^[0-9a-f]{64}$/);
    expect(JSON.stringify([journal.all("SELECT * FROM tokens"), capabilities.list()])).not.to.include(token);
    expect(capabilities.find(token)).to.deep.equal({ id, allow: ["pay"] });
    expect(capabilities.find(`${token}0`)).to.equal(null);
    expect(capabilities.revoke(id).revoked).to.be.a("string");
    expect(capabilities.find(token)).to.equal(null);
  });

  it("spend their budget to the last unit and not beyond, fees and payments under way included", () => {
    const one = payer("100");
    capabilities.spend(one, "first", ZERO_ADDRESS, 61n);
    note("first", 60n);
    const refused = refusalOf(() => capabilities.spend(one, "second", ZERO_ADDRESS, 40n));
    expect([refused.code, refused.values.left, refused.values.cost]).to.deep.equal([
      "budget_exceeded",
      "39",
      "40",
    ]);
    capabilities.spend(one, "second", ZERO_ADDRESS, 39n);
    note("second", 38n);
    expect(refusalOf(() => capabilities.spend(one, "third", ZERO_ADDRESS, 1n)).code).to.equal(
      "budget_exceeded",
    );
    expect(capabilities.list().entries[0]?.left).to.deep.equal({ value: "0", asset: "ETH" });
  });

  it("get back what failed, and what is older than their time, and count under a key only their own", () => {
    const [one, two] = [payer("100"), payer("100")];
    capabilities.spend(one, "failed", ZERO_ADDRESS, 90n);
    note("failed", 90n, "failed");
    capabilities.spend(one, "old", ZERO_ADDRESS, 90n);
    note("old", 90n, "succeeded", 25);
    capabilities.spend(one, "a key of both", ZERO_ADDRESS, 100n);
    // It was refused before it left the node, and the other takes the key.
    capabilities.spend(two, "a key of both", ZERO_ADDRESS, 100n);
    note("a key of both", 99n);
    expect(refusalOf(() => capabilities.spend(two, "more", ZERO_ADDRESS, 1n)).code).to.equal(
      "budget_exceeded",
    );
    capabilities.spend(one, "more", ZERO_ADDRESS, 100n);
  });

  it("keep what was spent over a restart, and for ever if they say so", () => {
    const one = payer("100", "ever");
    capabilities.spend(one, "first", ZERO_ADDRESS, 61n);
    note("first", 60n, "succeeded", 10_000);
    const again = new Capabilities(journal, ASSETS);
    expect(refusalOf(() => again.spend(one, "second", ZERO_ADDRESS, 40n)).values.left).to.equal("39");
  });

  it("pay in the asset of their budget alone", () => {
    const refused = refusalOf(() => capabilities.spend(payer("100"), "a key", OTHER, 1n));
    expect([refused.code, refused.values.asset]).to.deep.equal(["budget_other_asset", "ETH"]);
  });

  it("are not made without a budget to pay from, with one for nothing, or with nonsense", () => {
    const bad: readonly (readonly [Parameters<Capabilities["create"]>[0], string])[] = [
      [{ allow: "pay" }, "budget"],
      [{ allow: "read", budget: "1" }, "budget"],
      [{ allow: "read,fly" }, "allow"],
      [{ allow: "" }, "allow"],
      [{ allow: "pay", budget: "1", per: "year" }, "per"],
      [{ allow: "pay", budget: "0" }, "budget"],
      [{ allow: "pay", budget: "-1" }, "budget"],
    ];
    for (const [request, field] of bad)
      expect(refusalOf(() => capabilities.create(request)).values.field, JSON.stringify(request)).to.equal(
        field,
      );
    expect(refusalOf(() => capabilities.create({ allow: "pay", budget: "1", asset: "DOGE" })).code).to.equal(
      "unknown_asset",
    );
    expect(refusalOf(() => capabilities.revoke("nobody")).code).to.equal("not_found");
    expect(capabilities.list().entries).to.deep.equal([]);
  });
});
