import { expect } from "chai";
import fc from "fast-check";

import { formatUnits, moneyOf, parseUnits } from "../../src/api/amounts.ts";
import { MAX_UINT96, ZERO_ADDRESS } from "../../src/protocol/checked.ts";

const ETH = { symbol: "ETH", token: ZERO_ADDRESS, decimals: 18 };
const COINS = { symbol: "COIN", token: ZERO_ADDRESS, decimals: 0 };

const valueOf = (text: string, asset = ETH): bigint | string => {
  const parsed = parseUnits(text, asset);
  return parsed.ok ? parsed.value : parsed.problem;
};

describe("amounts as the API writes them", () => {
  it("come back as they went in, for every amount and number of places", () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: 0n, max: MAX_UINT96 }),
        fc.integer({ min: 0, max: 28 }),
        (amount, decimals) => {
          const asset = { ...ETH, decimals };
          expect(valueOf(formatUnits(amount, asset), asset)).to.equal(amount);
        },
      ),
    );
  });

  it("have no needless digit, and lose none", () => {
    expect(
      [0n, 1n, 10n ** 17n, 10n ** 18n, 12n * 10n ** 18n + 1n, -(10n ** 15n)].map((one) =>
        formatUnits(one, ETH),
      ),
    ).to.deep.equal(["0", "0.000000000000000001", "0.1", "1", "12.000000000000000001", "-0.001"]);
    expect(moneyOf(7n, COINS)).to.deep.equal({ value: "7", asset: "COIN" });
  });

  it("take as many places as the asset has, and not one more", () => {
    expect(valueOf("0.000000000000000001")).to.equal(1n);
    expect(valueOf("0.0000000000000000001")).to.match(/is no amount of ETH: .* at most 18 places/);
    expect(valueOf("7", COINS)).to.equal(7n);
    expect(valueOf("7.0", COINS)).to.match(/at most 0 places/);
  });

  it("are refused where they are no plain decimal number", () => {
    for (const text of ["", ".5", "1.", "1,5", "-1", "+1", "1e3", "0x10", " 1", "1 ", "NaN", "1_000"])
      expect(valueOf(text), text).to.match(/is no amount of ETH/);
  });

  it("are at most what a lock can carry", () => {
    expect(valueOf(formatUnits(MAX_UINT96, ETH))).to.equal(MAX_UINT96);
    expect(valueOf(formatUnits(MAX_UINT96 + 1n, ETH))).to.match(/is more than a channel can carry$/);
  });
});
