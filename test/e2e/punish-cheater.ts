import { expect } from "chai";

import { callsOf, expectRefusal, figuresOf, STORY_TIMEOUT_MS } from "./run-story.ts";

const EVERYTHING = { Alice: "-1000000000000000000", "1024": "1000000000000000000" };

describe("story: Alice cheats the site 1024", function () {
  this.timeout(STORY_TIMEOUT_MS);

  it("loses the whole channel for an old state", async () => {
    const figures = await figuresOf("punish-cheater");
    expect(figures).to.include({
      payments: 30,
      declared: "1000000000000000",
      owed: "30000000000000000",
      ended: "convicted",
    });
    expect(callsOf(figures)).to.deep.equal(["open", "close", "answer"]);
    expect(figures.changes).to.deep.equal(EVERYTHING);
  });

  it("loses the whole channel for an invented newer state", async () => {
    const figures = await figuresOf("punish-cheater", "--invent");
    expect(figures).to.include({ declared: "0", owed: "30000000000000000", ended: "convicted" });
    expect(callsOf(figures)).to.deep.equal(["open", "close", "answer"]);
    expect(figures.changes).to.deep.equal(EVERYTHING);
  });

  it("gets away with it if nobody answers", async () => {
    const figures = await figuresOf("punish-cheater", "--asleep");
    expect(figures).to.include({
      declared: "1000000000000000",
      owed: "30000000000000000",
      ended: "settled",
    });
    expect(callsOf(figures)).to.deep.equal(["open", "close", "settle"]);
    expect(figures.changes).to.deep.equal({ Alice: "-1000000000000000", "1024": "1000000000000000" });
  });

  it("needs two minutes, so that one state is old", async () => {
    const figures = await figuresOf("punish-cheater", "--minutes", "2");
    expect(figures).to.include({ ended: "convicted", owed: "2000000000000000" });
    await expectRefusal(
      "punish-cheater",
      ["--minutes", "1"],
      "The story stopped: --minutes 1 does not do. Write a whole number from 2 to 1440.",
    );
  });
});
