import { expect } from "chai";

import { readArtifact } from "../../scripts/deploy/build.ts";
import { requireSameCode, verificationOf } from "../../scripts/deploy/verification.ts";
import { StoryFailure } from "../../scripts/story/failure.ts";
import { USUAL_BOUNDS } from "../../src/chain/deploy.ts";

describe("an input for source verification", function () {
  this.timeout(60_000);

  it("is refused as soon as its sources or settings give other code", async () => {
    const right = await verificationOf("registry", USUAL_BOUNDS);
    const { bytecode } = await readArtifact("registry");
    await requireSameCode(right, bytecode);

    const path = "project/contracts/SecretRegistry.sol";
    const content = right.input.sources[path]?.content ?? "";
    expect(content).to.contain("_MAX_CHAIN_INDEX = 4096");
    const source = { content: content.replace("_MAX_CHAIN_INDEX = 4096", "_MAX_CHAIN_INDEX = 4095") };
    const without = Object.fromEntries(Object.entries(right.input.sources).filter(([name]) => name !== path));
    for (const input of [
      { ...right.input, sources: { ...right.input.sources, [path]: source } },
      { ...right.input, sources: without },
      { ...right.input, settings: { ...right.input.settings, optimizer: { enabled: true, runs: 1 } } },
    ]) {
      const thrown: unknown = await requireSameCode({ ...right, input }, bytecode).then(
        () => null,
        (reason: unknown) => reason,
      );
      expect(thrown).to.be.instanceOf(StoryFailure);
      expect((thrown as StoryFailure).message).to.equal(
        "the sources of SecretRegistry do not give the code of the build. Build it anew.",
      );
    }
  });
});
