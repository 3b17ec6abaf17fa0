import { expect } from "chai";

import { offerOf, ownAmountFor } from "../../src/daemon/sell-terms.ts";

const TERMS = { feeBase: 10n, feePpm: 5000, min: 100n, max: 2000n, total: 3000n, days: 30 };

describe("the price of a channel", () => {
  it("is the base and the share, rounded up", () => {
    expect(offerOf(TERMS, 1000n, 0n)).to.deep.equal({ refusal: null, fee: 15n });
    expect(offerOf(TERMS, 1001n, 0n)).to.deep.equal({ refusal: null, fee: 16n });
  });

  it("is for amounts within the limits, at both ends", () => {
    const refusal = (amount: bigint, sold: bigint): string | null => offerOf(TERMS, amount, sold).refusal;
    expect([refusal(99n, 0n), refusal(100n, 0n)]).to.deep.equal(["too_little", null]);
    expect([refusal(2000n, 0n), refusal(2001n, 0n)]).to.deep.equal([null, "too_much"]);
    expect([refusal(2000n, 1000n), refusal(2000n, 1001n)]).to.deep.equal([null, "too_much"]);
    expect(offerOf(null, 1000n, 0n)).to.deep.equal({ refusal: "not_sold", fee: 0n });
  });

  it("leaves a buyer that brings the least what the reserve needs, or less than binds", () => {
    for (const amount of [1n, 99n, 100n, 10_000n, 123_457n]) {
      for (const fee of [0n, 1n, 99n, 100n, 101n, 1250n, 99_999n]) {
        for (const besides of [0n, 1n, 1000n]) {
          const own = ownAmountFor(fee, amount, besides);
          const reserve = (own + amount + 99n) / 100n;
          expect(own >= fee + besides, `${amount} ${fee} ${besides}`).to.equal(true);
          expect(own < reserve || own - fee >= reserve, `${amount} ${fee} ${besides}`).to.equal(true);
        }
      }
    }
  });
});
