import { expect } from "chai";

import { callsOf, expectRefusal, figuresOf, STORY_TIMEOUT_MS } from "./run-story.ts";

describe("story: Alice pays the site 1024 by the minute", function () {
  this.timeout(STORY_TIMEOUT_MS);

  it("makes 30 payments with two transactions", async () => {
    const figures = await figuresOf("stream-video");
    expect(figures.payments).to.equal(30);
    expect(callsOf(figures)).to.deep.equal(["open", "closeCooperatively"]);
    expect(figures.changes).to.deep.equal({ Alice: "-30000000000000000", "1024": "30000000000000000" });
  });

  it("spends all but the reserve, and refuses one minute more", async () => {
    const figures = await figuresOf("stream-video", "--price", "0.099", "--minutes", "10");
    expect(figures.payments).to.equal(10);
    expect(figures.changes).to.deep.equal({ Alice: "-990000000000000000", "1024": "990000000000000000" });
    await expectRefusal(
      "stream-video",
      ["--price", "0.099", "--minutes", "11"],
      "The story stopped: 11 minutes at 0.099 ETH cost 1.089 ETH, more than a deposit of 1.000 ETH can pay: " +
        "0.010 ETH of it stay in reserve, so that a cheater always has something to lose. " +
        "It lasts for 10 minutes; take no more, or a --deposit of at least 1.100.",
    );
  });

  it("names the least deposit to the wei", async () => {
    const pay = ["--price", "0.991", "--minutes", "1", "--deposit"];
    const least = "1.001010101010101011";
    const figures = await figuresOf("stream-video", ...pay, least);
    expect(figures.changes).to.deep.equal({ Alice: "-991000000000000000", "1024": "991000000000000000" });
    await expectRefusal(
      "stream-video",
      [...pay, "1.00101010101010101"],
      new RegExp(`take no more, or a --deposit of at least ${least.replace(".", "\\.")}\\.$`),
    );
  });

  for (const minutes of ["0", "-1", "1.5", "1441", "many", ""]) {
    it(`refuses "${minutes}" minutes`, () =>
      expectRefusal(
        "stream-video",
        [`--minutes=${minutes}`],
        `The story stopped: --minutes ${minutes} does not do. Write a whole number from 1 to 1440.`,
      ));
  }
});
