import { expect } from "chai";
import { makeError } from "ethers";
import { failureOf, reasonOf } from "../../src/chain/failure.ts";

/** As ethers wraps what a node answered and ethers cannot name. */
function unnamed(message: string): Error {
  return makeError("could not coalesce error", "UNKNOWN_ERROR", {
    error: { code: -32000, message },
    payload: { url: "https://node.example/secret-key" },
  });
}

describe("reason of a failed call, for people", () => {
  it("is what the node said where ethers has no name for it", () => {
    const said = "Sender doesn't have enough funds to send tx.";
    expect(reasonOf(unnamed(said))).to.equal(said);
    expect(failureOf(unnamed(said))).to.deep.equal({ error: null, message: said, overtaken: false });
  });

  it("is one line of at most 200 characters, without the request", () => {
    expect(reasonOf(unnamed(`${"x".repeat(300)}\nsecond line`))).to.equal("x".repeat(200));
    expect(reasonOf(unnamed("first\nsecond"))).to.equal("first");
  });

  it("is the short message of ethers otherwise", () => {
    expect(reasonOf(unnamed(""))).to.equal("could not coalesce error");
    expect(reasonOf(makeError("timed out", "TIMEOUT", { operation: "x", reason: "y" }))).to.equal(
      "timed out",
    );
    expect(reasonOf(new Error("first\nsecond"))).to.equal("first");
    expect(reasonOf("text")).to.equal("text");
  });
});
