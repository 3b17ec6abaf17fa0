import { expect } from "chai";

import { callsOf, expectRefusal, figuresOf, STORY_TIMEOUT_MS } from "./run-story.ts";

describe("story: Wang pays Xiaohong through Alice, Bob and Carol", function () {
  this.timeout(STORY_TIMEOUT_MS);

  it("locks 1.003, 1.002, 1.001 and 1 ETH, and each hop keeps its fee", async () => {
    const figures = await figuresOf("pay-multihop");
    expect(figures.refusal).to.equal(null);
    expect(figures.locks).to.deep.equal([
      "1003000000000000000",
      "1002000000000000000",
      "1001000000000000000",
      "1000000000000000000",
    ]);
    expect(figures.changes).to.deep.equal({
      Wang: "-1003000000000000000",
      Alice: "1000000000000000",
      Bob: "1000000000000000",
      Carol: "1000000000000000",
      Xiaohong: "1000000000000000000",
    });
    expect(callsOf(figures)).to.deep.equal([
      ...Array<string>(4).fill("open"),
      ...Array<string>(4).fill("closeCooperatively"),
    ]);
  });

  for (const without of ["alice", "bob", "carol"]) {
    it(`finds no route without ${without}, and nothing moves`, async () => {
      const figures = await figuresOf("pay-multihop", "--without", without);
      expect(figures.refusal).to.equal("no_route");
      expect(figures.locks).to.deep.equal([]);
      const names = ["Wang", "Alice", "Bob", "Carol", "Xiaohong"];
      const there = names.filter((name) => name.toLowerCase() !== without);
      expect(figures.changes).to.deep.equal(Object.fromEntries(there.map((name) => [name, "0"])));
      expect(callsOf(figures)).to.deep.equal([
        ...Array<string>(2).fill("open"),
        ...Array<string>(2).fill("closeCooperatively"),
      ]);
    });
  }

  it("pays without fees, and the smallest amount", async () => {
    const options = ["--fee", "0", "--max-fee", "0", "--amount", "0.000000000000000001"];
    const figures = await figuresOf("pay-multihop", ...options);
    expect(figures.locks).to.deep.equal(["1", "1", "1", "1"]);
    expect(figures.changes).to.deep.equal({ Wang: "-1", Alice: "0", Bob: "0", Carol: "0", Xiaohong: "1" });
  });

  it("pays the last wei above the reserve, and not one more", async () => {
    const figures = await figuresOf("pay-multihop", "--amount", "1.977");
    expect(figures.changes).to.include({ Wang: "-1980000000000000000", Xiaohong: "1977000000000000000" });
    await expectRefusal(
      "pay-multihop",
      ["--amount", "1.977000000000000001"],
      "The story stopped: Wang's node refuses (not_enough_balance): 1.977000000000000001 ETH and 0.003 ETH for the " +
        "hops are more than the 1.980 ETH that he can spend: his deposit of 2.000 ETH less a reserve of 1 %. " +
        "Lower --amount or raise --deposit.",
    );
  });

  it("refuses an amount far above the deposit", () =>
    expectRefusal(
      "pay-multihop",
      ["--amount", "5"],
      "The story stopped: Wang's node refuses (no_route): 5.000 ETH and 0.003 ETH for the hops are more than the " +
        "1.980 ETH that he can spend: his deposit of 2.000 ETH less a reserve of 1 %. " +
        "Lower --amount or raise --deposit.",
    ));

  it("pays fees up to the limit, and not a wei above it", async () => {
    const figures = await figuresOf("pay-multihop", "--fee", "0.2", "--max-fee", "0.6");
    expect(figures.changes).to.include({ Wang: "-1600000000000000000", Bob: "200000000000000000" });
    await expectRefusal(
      "pay-multihop",
      ["--fee", "0.2", "--max-fee", "0.599999999999999999"],
      "The story stopped: Wang's node refuses (fee_above_limit): the hops ask for 0.600 ETH together, but --max-fee " +
        "is 0.599999999999999999. Raise --max-fee or lower --fee.",
    );
  });

  it("refuses to leave out who is no hop", () =>
    expectRefusal(
      "pay-multihop",
      ["--without", "wang"],
      "The story stopped: --without wang names no hop. Use one of alice, bob, carol.",
    ));
});
