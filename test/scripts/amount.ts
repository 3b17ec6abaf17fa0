import { expect } from "chai";

import { eth, parseEth, parsePositiveEth, signedEth } from "../../scripts/story/amount.ts";
import { StoryFailure } from "../../scripts/story/failure.ts";

describe("amounts of ETH that people write", () => {
  const good: readonly (readonly [string, bigint])[] = [
    ["0", 0n],
    ["1", 10n ** 18n],
    ["1.5", 15n * 10n ** 17n],
    ["0.000000000000000001", 1n],
    ["999999999.999999999999999999", 10n ** 27n - 1n],
  ];
  for (const [text, wei] of good) {
    it(`reads "${text}"`, () => expect(parseEth(text, "--x")).to.equal(wei));
  }

  const bad = ["", " 1", "1 ", "1,5", "-1", "+1", "1e3", "0x10", "ten", ".5", "1.", "1.2.3"];
  for (const text of [...bad, "0.0000000000000000001", "1000000000"]) {
    it(`refuses "${text}"`, () =>
      expect(() => parseEth(text, "--x")).to.throw(
        StoryFailure,
        `--x ${text} is no amount of ETH. Write a decimal number with at most 18 places, such as 0.5.`,
      ));
  }

  it("takes a wei where something is needed, and refuses nothing", () => {
    expect(parsePositiveEth("0.000000000000000001", "--x")).to.equal(1n);
    expect(() => parsePositiveEth("0.0", "--x")).to.throw(StoryFailure, "--x is 0. Write an amount above 0.");
  });

  it("shows every digit, and three places at least", () => {
    expect(eth(0n)).to.equal("0.000");
    expect(eth(1n)).to.equal("0.000000000000000001");
    expect(eth(1003n * 10n ** 15n)).to.equal("1.003");
    expect(signedEth(-15n * 10n ** 17n)).to.equal("-1.500");
    expect(signedEth(0n)).to.equal("+0.000");
  });
});
