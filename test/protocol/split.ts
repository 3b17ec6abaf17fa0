import { expect } from "chai";
import fc from "fast-check";
import { feeOf } from "../../src/protocol/route.ts";
import {
  deliveredBy,
  findParts,
  MAX_PARTS,
  type SplitQuery,
  type SplitResult,
} from "../../src/protocol/split.ts";
import type { ChannelId } from "../../src/protocol/types.ts";
import { channelOf, FREE, graphOf, type Link, queryOf } from "./route-world.ts";

const CAPACITY = 1_000_000n;

/** 0 - hop - 1 for each hop: channels 2n and 2n + 1. */
function fan(hops: number, feeBase = 0n): readonly Link[] {
  return Array.from({ length: hops }, (_, at) => at).flatMap((at) => {
    const terms = { ...FREE, feeBase };
    return [
      { a: 0, b: at + 2, capacity: CAPACITY, ab: terms, ba: terms },
      { a: at + 2, b: 1, capacity: CAPACITY, ab: terms, ba: terms },
    ];
  });
}

function splitQuery(hops: number, amount: bigint, more: Partial<SplitQuery> = {}): SplitQuery {
  const own: readonly ChannelId[] = Array.from({ length: hops }, (_, at) => channelOf(2 * at));
  const spendable = new Map(own.map((channel) => [channel, CAPACITY]));
  const slots = new Map(own.map((channel) => [channel, 100]));
  return { ...queryOf(0, 1, amount, { spendable, maxFee: 1n << 90n }), slots, maxParts: MAX_PARTS, ...more };
}

function partsOf(result: SplitResult): readonly bigint[] {
  if (result.kind !== "found") throw new Error(result.kind);
  return result.parts.map(deliveredBy);
}

describe("parts of a payment", () => {
  it("is one part where one route carries it", () => {
    expect(partsOf(findParts(graphOf(fan(3)), splitQuery(3, CAPACITY / 2n)))).to.deep.equal([CAPACITY / 2n]);
  });

  it("are as many as the ways need, and together the amount", () => {
    const amount = 2n * CAPACITY + CAPACITY / 2n;
    const parts = partsOf(findParts(graphOf(fan(3)), splitQuery(3, amount)));
    expect(parts.reduce((sum, part) => sum + part, 0n)).to.equal(amount);
    expect(parts.length).to.be.within(3, MAX_PARTS);
  });

  it("[PART-1] never hold more than an end has, cost more than allowed, or are more than allowed", () => {
    let [found, none] = [0, 0];
    fc.assert(
      fc.property(
        fc.record({
          hops: fc.integer({ min: 1, max: 5 }),
          share: fc.integer({ min: 1, max: 110 }),
          free: fc.array(fc.bigInt({ min: 0n, max: CAPACITY }), { minLength: 5, maxLength: 5 }),
          slots: fc.integer({ min: 1, max: 3 }),
          maxParts: fc.integer({ min: 1, max: MAX_PARTS }),
          fee: fc.bigInt({ min: 0n, max: 50n }),
          maxFee: fc.bigInt({ min: 0n, max: 200n }),
        }),
        ({ hops, share, free, slots, maxParts, fee, maxFee }) => {
          const amount = (BigInt(hops) * CAPACITY * BigInt(share)) / 200n + 1n;
          const own = Array.from({ length: hops }, (_, at) => channelOf(2 * at));
          const query = splitQuery(hops, amount, {
            spendable: new Map(own.map((channel, at) => [channel, free[at] ?? 0n])),
            slots: new Map(own.map((channel) => [channel, slots])),
            maxParts,
            maxFee,
          });
          const result = findParts(graphOf(fan(hops, fee)), query);
          if (result.kind !== "found") {
            none++;
            return;
          }
          found++;
          const { parts } = result;
          expect(parts.length).to.be.at.most(maxParts);
          expect(parts.reduce((sum, part) => sum + deliveredBy(part), 0n)).to.equal(amount);
          const fees = parts.reduce((sum, part) => sum + part.fee, 0n);
          expect(fees <= maxFee, `fees ${fees} of ${maxFee}`).to.equal(true);
          expect(fees).to.equal(BigInt(parts.length) * feeOf({ feeBase: fee, feePpm: 0 }, 1n));
          for (const [at, channel] of own.entries()) {
            const mine = parts.filter(({ hops: [first] }) => first?.channel === channel);
            const held = mine.reduce((sum, { hops: [first] }) => sum + (first?.amount ?? 0n), 0n);
            expect(held <= (free[at] ?? 0n), "our own balance").to.equal(true);
            expect(mine.length, "locks of our channel").to.be.at.most(slots);
            const next = mine.reduce((sum, part) => sum + deliveredBy(part), 0n);
            expect(next <= CAPACITY, "capacity of the next").to.equal(true);
          }
        },
      ),
      { numRuns: 200, seed: 20_261_124, verbose: true },
    );
    console.log(`      ${found} found, ${none} not, seed 20261124`);
    expect(found).to.be.greaterThan(50);
    expect(none).to.be.greaterThan(20);
  });

  it("[PART-1] count what the parts before hold: slots of the payer's channel, balance of the next", () => {
    const small = (count: number): readonly Link[] =>
      Array.from({ length: count }, () => ({ a: 2, b: 1, capacity: 100n, ab: FREE, ba: FREE }));
    const links = (count: number): readonly Link[] => [
      { a: 0, b: 2, capacity: CAPACITY, ab: FREE, ba: FREE },
      ...small(count),
    ];
    const find = (count: number, amount: bigint, slots: number): SplitResult =>
      findParts(graphOf(links(count)), splitQuery(1, amount, { slots: new Map([[channelOf(0), slots]]) }));
    expect(partsOf(find(3, 250n, 16)).length).to.be.at.least(3);
    expect(find(3, 250n, 2), "two slots for three parts").to.have.property("kind", "no_route");
    expect(find(1, 150n, 16), "one channel of 100").to.have.property("kind", "no_route");
  });

  it("tells what all of our channels together lack", () => {
    const spendable = new Map([0, 2].map((at) => [channelOf(at), 10n]));
    const result = findParts(graphOf(fan(2)), splitQuery(2, 100n, { spendable }));
    expect(result).to.deep.equal({ kind: "not_enough_balance", missing: 80n });
    const beyond = findParts(graphOf(fan(2)), splitQuery(2, 3n * CAPACITY));
    expect(beyond, "no way carries so much").to.deep.equal({ kind: "no_route" });
    const one = findParts(
      graphOf(fan(1)),
      splitQuery(1, CAPACITY - 1n, { spendable: new Map([[channelOf(0), 10n]]) }),
    );
    expect(one).to.deep.equal({ kind: "not_enough_balance", missing: CAPACITY - 11n });
  });
});
