import { expect } from "chai";

import { StoryFailure } from "../../scripts/story/failure.ts";
import { within } from "../../scripts/story/wait.ts";

describe("the patience of a story", () => {
  it("ends work that never ends, and says what it waited for", async () => {
    const never = new Promise<void>(() => undefined);
    const outcome = await within("the end of time", never, 0).catch((thrown: unknown) => thrown);
    expect(outcome).to.be.instanceOf(StoryFailure);
    expect((outcome as StoryFailure).message).to.equal(
      "waited 0 s for the end of time, in vain. Run it again; if it stays so, please report it.",
    );
  });

  it("hands on what work gives, and why it failed", async () => {
    expect(await within("work", Promise.resolve(7))).to.equal(7);
    const failure = new Error("broken");
    const outcome = await within("work", Promise.reject(failure)).catch((thrown: unknown) => thrown);
    expect(outcome).to.equal(failure);
  });
});
