import { expect } from "chai";

import { callsOf, figuresOf, STORY_TIMEOUT_MS } from "./run-story.ts";

describe("story: Alice locks money for Bob under a hash and a time", function () {
  this.timeout(STORY_TIMEOUT_MS);

  it("pays Bob once, refunds Alice once, and refuses everything else", async () => {
    const figures = await figuresOf("hash-timelock");
    expect(figures.refusals).to.deep.equal([
      "WrongSecret",
      "NotExpired",
      "NotLocked",
      "NotExpired",
      "ExpiryPassed",
      "NotLocked",
    ]);
    expect(callsOf(figures)).to.deep.equal(["lock", "claim", "lock", "refund"]);
    expect(figures.changes).to.deep.equal({ Alice: "-500000000000000000", Bob: "500000000000000000" });
  });

  it("moves a single wei", async () => {
    const figures = await figuresOf("hash-timelock", "--amount", "0.000000000000000001");
    expect(figures.changes).to.deep.equal({ Alice: "-1", Bob: "1" });
  });
});
