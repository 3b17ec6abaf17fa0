import { expect } from "chai";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { prepareDirectory, readDeployment, type Disk } from "../../scripts/story/deployment.ts";

const FILE = "deployment.json";
const MOST_STEPS = 10;

class PowerFailure extends Error {}

/** A disk that does so many steps; a removal that the failure interrupts has gone halfway. */
function failingDisk(steps: number): { readonly disk: Disk; readonly failed: () => boolean } {
  let left = steps;
  let hasFailed = false;
  const step = (work: () => void, half: () => void): void => {
    hasFailed ||= left === 0;
    if (hasFailed) half();
    else work();
    left -= 1;
    if (hasFailed) throw new PowerFailure();
  };
  const disk: Disk = {
    rename: (from, to) =>
      step(
        () => renameSync(from, to),
        () => undefined,
      ),
    remove: (path) =>
      step(
        () => rmSync(path, { recursive: true, force: true }),
        () => rmSync(join(path, "wang"), { recursive: true, force: true }),
      ),
  };
  return { disk, failed: () => hasFailed };
}

describe("giving up a deployment", () => {
  let directory: string;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "hashlane-"));
    mkdirSync(join(directory, "nodes", "wang"), { recursive: true });
    mkdirSync(join(directory, "nodes", "bob"));
    writeFileSync(join(directory, FILE), '{"version":1}');
  });

  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  const isWhole = (): boolean => ["wang", "bob"].every((name) => existsSync(join(directory, "nodes", name)));

  it("leaves no deployment without its stores, wherever a crash ends it, and can be done again", () => {
    let steps = 0;
    for (; steps <= MOST_STEPS; steps++) {
      rmSync(directory, { recursive: true, force: true });
      for (const name of ["wang", "bob"]) mkdirSync(join(directory, "nodes", name), { recursive: true });
      writeFileSync(join(directory, FILE), '{"version":1}');
      const { disk, failed } = failingDisk(steps);
      try {
        prepareDirectory(directory, true, disk);
      } catch (thrown) {
        if (!(thrown instanceof PowerFailure)) throw thrown;
      }
      if (!failed()) break;
      const isThere = readDeployment(directory) !== null;
      expect(!isThere || isWhole(), `after ${steps} steps: ${readdirSync(directory).join(", ")}`).to.equal(
        true,
      );
      // What was given up needs no second --fresh.
      prepareDirectory(directory, isThere);
      expect(readdirSync(directory)).to.deep.equal([]);
    }
    expect(steps).to.be.within(1, MOST_STEPS);
    expect(readdirSync(directory)).to.deep.equal([]);
  });

  it("clears away what a crash left of a new one", () => {
    rmSync(join(directory, "nodes"), { recursive: true });
    renameSync(join(directory, FILE), join(directory, `${FILE}.new`));
    prepareDirectory(directory, false);
    expect(readdirSync(directory)).to.deep.equal([]);
  });

  it("keeps a deployment, and directories that hold none", () => {
    expect(() => prepareDirectory(directory, false)).to.throw(
      `there is a deployment in ${directory} already. Pay with \`npm run pay\`, or give it up and deploy again with ` +
        "--fresh.",
    );
    renameSync(join(directory, FILE), join(directory, `${FILE}.new`));
    for (const fresh of [false, true])
      expect(() => prepareDirectory(directory, fresh)).to.throw(
        `${directory} holds files, but no deployment. Empty it, or choose another directory with --state.`,
      );
    expect(isWhole()).to.equal(true);
    expect(readdirSync(directory)).to.have.members([`${FILE}.new`, "nodes"]);
  });
});
