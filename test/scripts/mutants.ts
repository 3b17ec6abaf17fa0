import { expect } from "chai";

import { mutantsOf, sampleOf } from "../../scripts/mutants/all-mutants.ts";
import { mutated, nameOf, type Mutant } from "../../scripts/mutants/mutant.ts";
import { deployedPaths, parseSources, type Source } from "../../scripts/sources/ast.ts";

const linesOf = (text: string): readonly string[] => text.split("\n");

function changedLines(source: Source, mutant: Mutant): readonly number[] {
  const after = linesOf(mutated(source, mutant));
  return linesOf(source.text).flatMap((line, index) => (after[index] === line ? [] : [index + 1]));
}

describe("mutants of the contracts", () => {
  const sources = parseSources(deployedPaths());

  it("each change one place of the code", () => {
    for (const source of sources) {
      const lines = linesOf(source.text);
      for (const mutant of mutantsOf(source).filter(({ before }) => !before.includes("\n"))) {
        const [line = 0, ...others] = changedLines(source, mutant);
        expect([line, others], nameOf(mutant)).to.deep.equal([mutant.line, []]);
        expect((lines[line - 1] ?? "").trim().slice(0, 2), nameOf(mutant)).to.not.equal("//");
      }
    }
  });

  it("have ids of their own", () => {
    const ids = sources.flatMap((source) => mutantsOf(source).map(({ id }) => id));
    expect(new Set(ids).size).to.equal(ids.length);
    expect(ids.length).to.be.greaterThan(2000);
  });

  it("take out the guard against reentrancy and refusals", () => {
    const names = sources.flatMap((source) => mutantsOf(source).map(nameOf));
    const have = (text: string): number => names.filter((name) => name.includes(text)).length;
    expect(have("modifier: nonReentrant")).to.equal(6);
    expect(have("contracts/Vault.sol:138 operator: and -> or")).to.equal(1);
    expect(have("drop: revert AlreadyPaying(closing.paidA(), closing.paidB());")).to.equal(1);
  });
});

describe("a sample", () => {
  const all = Array.from({ length: 100 }, (_, index) => index);

  it("begins with the shorter one of the same seed and has nothing twice", () => {
    const long = sampleOf(all, 60, 7);
    expect(sampleOf(all, 20, 7)).to.deep.equal(long.slice(0, 20));
    expect(new Set(long).size).to.equal(60);
    expect(sampleOf(all, 60, 8)).to.not.deep.equal(long);
  });

  it("has no more than there is", () => {
    expect([...sampleOf(all, 200, 1)].sort((left, right) => left - right)).to.deep.equal(all);
  });
});
