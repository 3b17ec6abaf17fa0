import { expect } from "chai";

import { instrument } from "../../scripts/coverage/instrument.ts";
import { Points, type Point } from "../../scripts/coverage/points.ts";
import { isComplete, makeReport } from "../../scripts/coverage/report.ts";
import { deployedPaths, parseSources } from "../../scripts/sources/ast.ts";
import { Edits } from "../../scripts/sources/edits.ts";

const path = "contracts/Some.sol";
const statement: Point = { hit: 1, path, line: 4, kind: "statement", name: "return 1" };
const second: Point = { ...statement, hit: 2, name: "return 2" };
const holds: Point = { hit: 3, path, line: 3, kind: "branch", name: "a < b => true" };
const fails: Point = { ...holds, hit: 4, name: "a < b => false" };
const points = [statement, second, holds, fails];
const why = "because";

describe("the report of coverage", () => {
  it("is complete if all points are met", () => {
    const report = makeReport({ points, hits: new Set([1, 2, 3, 4]) }, []);
    expect(report.lines).to.deep.equal({ all: 1, met: 1 });
    expect(report.branches).to.deep.equal({ all: 2, met: 2 });
    expect(isComplete(report)).to.equal(true);
  });

  it("counts a line only if all that begins on it was run, and names what was not", () => {
    const report = makeReport({ points, hits: new Set([1, 3]) }, []);
    expect(report.lines).to.deep.equal({ all: 1, met: 0 });
    expect(report.branches).to.deep.equal({ all: 2, met: 1 });
    expect(report.files[0]?.missed).to.deep.equal([second, fails]);
    expect(isComplete(report)).to.equal(false);
  });

  it("leaves out what is excepted", () => {
    const report = makeReport({ points, hits: new Set([1, 2, 3]) }, [{ path, name: fails.name, why }]);
    expect(report.branches).to.deep.equal({ all: 1, met: 1 });
    expect(isComplete(report)).to.equal(true);
  });

  it("refuses an exception that is met or names nothing", () => {
    for (const name of [fails.name, "a < c => false"]) {
      const exception = { path, name, why };
      const report = makeReport({ points, hits: new Set([1, 2, 3, 4]) }, [exception]);
      expect(report.stale).to.deep.equal([exception]);
      expect(isComplete(report)).to.equal(false);
    }
  });
});

describe("points in the contracts", () => {
  it("leave every line where it was", () => {
    for (const source of parseSources(deployedPaths())) {
      const words = /\b(?:coverHit|yulHit)\(\d+\);?|\b(?:coverBoth|yulBoth)\(|, \d+\)/g;
      const plain = (line: string): string => line.replace(words, "").replace(/[\s(){}]/g, "");
      const before = source.text.split("\n");
      const after = instrument(source, new Points()).split("\n");
      for (const [index, line] of before.entries()) {
        // The head of an assembly block carries helpers.
        if (line.includes("assembly (")) continue;
        expect(plain(after[index] ?? "")).to.equal(plain(line), `${source.path}:${index + 1}`);
      }
    }
  });
});

describe("edits of a text", () => {
  it("keep the order in which those at one place are made", () => {
    const edits = new Edits();
    edits.insert(2, "C");
    edits.insert(1, "A");
    edits.insert(1, "B");
    edits.insert(3, "D");
    expect(edits.apply("xyz")).to.equal("xAByCzD");
  });
});
