import { expect } from "chai";
import fc from "fast-check";
import { Table } from "../../src/protocol/table.ts";
import type { Hex } from "../../src/protocol/types.ts";

/** Few digits, so that keys share long beginnings and branches come and go. */
const key = fc
  .array(fc.constantFrom("0", "1", "f"), { minLength: 4, maxLength: 4 })
  .map((digits): Hex => `0x${digits.join("")}`);
const change = fc.record({ key, value: fc.nat(3), isGone: fc.boolean() });

const inOrder = (map: ReadonlyMap<Hex, number>): [Hex, number][] =>
  [...map].sort(([a], [b]) => (a < b ? -1 : 1));

describe("a table", () => {
  it("is as a map after any changes, in the order of its keys, and leaves what it came from as it was", () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 60 }), (changes) => {
        let table = Table.empty<Hex, number>();
        const map = new Map<Hex, number>();
        for (const { key: at, value, isGone } of changes) {
          const before = { table, entries: [...table.entries()] };
          table = isGone ? table.without(at) : table.with(at, value);
          if (isGone) map.delete(at);
          else map.set(at, value);
          expect([...before.table.entries()]).to.deep.equal(before.entries);
          expect([...table.entries()]).to.deep.equal(inOrder(map));
          expect(table.size).to.equal(map.size);
          expect(table.get(at)).to.equal(map.get(at));
          expect(table.has(at)).to.equal(map.has(at));
        }
        expect(Table.of(map)).to.deep.equal(table);
      }),
    );
  });

  it("tells the keys in which two differ, wherever they come from", () => {
    const entries = fc.array(fc.tuple(key, fc.nat(2)), { maxLength: 30 });
    fc.assert(
      fc.property(entries, entries, (ours, theirs) => {
        const [a, b] = [new Map(ours), new Map(theirs)];
        const all = new Set([...a.keys(), ...b.keys()]);
        const different = [...all].filter((one) => a.get(one) !== b.get(one)).sort();
        expect([...Table.of(a).differences(Table.of(b))].sort()).to.deep.equal(different);
      }),
    );
  });

  it("changes all values, and keeps the keys", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(key, fc.nat(9))), (entries) => {
        const map = new Map(entries);
        const doubled = new Map([...map].map(([at, value]) => [at, 2 * value]));
        expect(Table.of(map).map((value) => 2 * value)).to.deep.equal(Table.of(doubled));
      }),
    );
  });

  it("finds the one value whose key begins so, and nothing if there are more or none", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(key, fc.nat(9))), key, fc.nat(4), (entries, wanted, digits) => {
        const map = new Map(entries);
        const beginning = wanted.slice(0, 2 + digits) as Hex;
        const found = [...map].filter(([at]) => at.startsWith(beginning));
        const expected = found.length === 1 ? found[0]?.[1] : undefined;
        expect(Table.of(map).find(beginning)).to.equal(expected);
      }),
      { numRuns: 500 },
    );
  });

  it("refuses keys of two lengths where one begins with the other", () => {
    const table = Table.of<Hex, number>([["0x12", 1]]);
    expect(() => table.with("0x123", 2)).to.throw(
      RangeError,
      "keys of a table have one length; given: 0x12 and 0x123",
    );
  });
});
