import { expect } from "chai";
import type { Fees, Market } from "../../src/chain/fees.ts";
import { bidOf, budgetOf, leastRaise, offersOf, raiseOf, type FeeTerms } from "../../src/chain/ladder.ts";
import { must, parseAddress, ZERO_ADDRESS } from "../../src/protocol/checked.ts";

const TOKEN = must(parseAddress(`0x${"70".repeat(20)}`));
const OTHER = must(parseAddress(`0x${"71".repeat(20)}`));
const TERMS: FeeTerms = {
  sharePercent: 50,
  least: 1000n,
  worth: new Map([[TOKEN, { wei: 3n, per: 2n }]]),
};
const MARKET: Market = { baseFee: 100n, tip: 10n };
const CAP = 10_110n;

const fees = (maxFeePerGas: bigint, maxPriorityFeePerGas: bigint): Fees => ({
  maxFeePerGas,
  maxPriorityFeePerGas,
});
const at = (now: number, by: number | null = 2000) => ({ since: 1000, now, by });

describe("the ladder of fees [HOP-2]", () => {
  it("allows the share of what is at stake, and never less than the least", () => {
    const due = (...stakes: { readonly token: typeof TOKEN; readonly amount: bigint }[]) => ({
      by: 1,
      stakes,
    });
    expect(budgetOf(TERMS, null)).to.equal(1000n);
    expect(budgetOf(TERMS, due({ token: ZERO_ADDRESS, amount: 2000n }))).to.equal(1000n);
    expect(budgetOf(TERMS, due({ token: ZERO_ADDRESS, amount: 2002n }))).to.equal(1001n);
    const both = due({ token: ZERO_ADDRESS, amount: 2000n }, { token: TOKEN, amount: 2000n });
    expect(budgetOf(TERMS, both)).to.equal(2500n);
    expect(budgetOf(TERMS, due({ token: OTHER, amount: 10n ** 30n }))).to.equal(1000n);
  });

  it("begins at the market, and offers all of the cap at the deadline, never more", () => {
    expect(bidOf(MARKET, at(1000), CAP)).to.deep.equal(fees(210n, 10n));
    expect(bidOf(MARKET, at(1500), CAP)).to.deep.equal(fees(2710n, 2510n));
    expect(bidOf(MARKET, at(1999), CAP).maxPriorityFeePerGas < 10_010n).to.equal(true);
    for (const now of [2000, 9000]) expect(bidOf(MARKET, at(now), CAP)).to.deep.equal(fees(CAP, 10_010n));
    expect(bidOf(MARKET, at(9000, null), CAP)).to.deep.equal(fees(210n, 10n));
    expect(bidOf(MARKET, at(9000), 50n)).to.deep.equal(fees(50n, 10n));
    expect(bidOf(MARKET, at(9000), 5n)).to.deep.equal(fees(5n, 5n));
  });

  it("never falls as the deadline nears", () => {
    let last = fees(0n, 0n);
    for (let now = 900; now <= 2100; now += 7) {
      const next = bidOf(MARKET, at(now), CAP);
      expect(next.maxFeePerGas >= last.maxFeePerGas).to.equal(true);
      expect(next.maxPriorityFeePerGas >= last.maxPriorityFeePerGas).to.equal(true);
      last = next;
    }
  });

  it("replaces only by an eighth more of both, rounded up", () => {
    expect(leastRaise(fees(800n, 8n))).to.deep.equal(fees(900n, 9n));
    expect(leastRaise(fees(801n, 0n))).to.deep.equal(fees(902n, 1n));
    const last = fees(800n, 80n);
    expect(raiseOf(last, fees(899n, 89n), CAP, MARKET)).to.deep.equal({ kind: "enough" });
    expect(raiseOf(last, fees(900n, 80n), CAP, MARKET)).to.deep.equal({
      kind: "raise",
      fees: fees(900n, 90n),
    });
    expect(raiseOf(last, fees(800n, 90n), CAP, MARKET)).to.deep.equal({
      kind: "raise",
      fees: fees(900n, 90n),
    });
  });

  it("replaces by less than is wanted what no block can take", () => {
    const dear = { baseFee: 800n, tip: 1n };
    expect(raiseOf(fees(800n, 8n), fees(801n, 8n), CAP, dear)).to.deep.equal({
      kind: "raise",
      fees: fees(900n, 9n),
    });
    expect(raiseOf(fees(801n, 8n), fees(802n, 8n), CAP, dear)).to.deep.equal({ kind: "enough" });
  });

  it("says that the cap is reached where less than a replacement is left, not a wei before", () => {
    const wanted = fees(5000n, 500n);
    expect(raiseOf(fees(800n, 8n), wanted, 899n, MARKET)).to.deep.equal({ kind: "capped" });
    expect(raiseOf(fees(800n, 8n), wanted, 900n, MARKET)).to.deep.equal({
      kind: "raise",
      fees: fees(900n, 500n),
    });
    expect(raiseOf(fees(90n, 9n), fees(90n, 9n), CAP, MARKET)).to.deep.equal({ kind: "capped" });
  });

  it("lifts what others wait behind to what they offer, out of all budgets up to them", () => {
    const idle = { gasLimit: 100n, budget: null, wait: at(1000, null) };
    const far = { gasLimit: 100n, budget: 50_000n, wait: at(1000, 9_000_000) };
    const urgent = { gasLimit: 100n, budget: 1_000_000n, wait: at(2000) };
    const later = { gasLimit: 100n, budget: 50_000n, wait: at(1000, 9_000_000) };
    const offers = offersOf(MARKET, [idle, far, urgent, later]);
    const cap = 1_050_000n / 300n;
    const lifted = { cap, fees: bidOf(MARKET, at(2000), cap) };
    expect(offers).to.deep.equal([lifted, lifted, lifted, { cap: 500n, fees: fees(210n, 10n) }]);
    expect(offersOf(MARKET, [idle])).to.deep.equal([{ cap: 0n, fees: fees(0n, 0n) }]);
  });
});
