import { expect } from "chai";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { HashlaneError } from "../../src/protocol/error.ts";
import { claimNumber, takeLock } from "../../src/store/lock-file.ts";

describe("[NODE-2] lock file", () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "hashlane-lock-"));
  });
  afterEach(() => rm(directory, { recursive: true }));

  it("one that was too slow to follow a holder gives way to whoever followed first or went further", async () => {
    const first = await takeLock(directory);
    await first.release();
    const second = await takeLock(directory);
    const late = [claimNumber(directory, 2), claimNumber(directory, 1)];
    for (const outcome of await Promise.allSettled(late)) {
      expect(outcome.status).to.equal("rejected");
      expect(outcome).to.have.nested.property("reason.code", "store_locked");
    }
    expect(await readdir(directory)).to.deep.equal(["lock-2"]);
    await second.release();
    await (await takeLock(directory)).release();
  });

  it("never has two holders, however many come and go at once", async () => {
    let holders = 0;
    let taken = 0;
    async function contend(): Promise<void> {
      for (let attempt = 0; attempt < 20; attempt++) {
        try {
          const lock = await takeLock(directory);
          holders++;
          taken++;
          expect(holders).to.equal(1);
          await readdir(directory);
          holders--;
          await lock.release();
        } catch (error) {
          if (!(error instanceof HashlaneError)) throw error;
          expect(error.code).to.equal("store_locked");
        }
      }
    }
    await Promise.all(Array.from({ length: 4 }, contend));
    expect(taken).to.be.greaterThan(0);
    expect((await readdir(directory)).length).to.equal(1);
  });
});
