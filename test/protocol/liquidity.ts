import { expect } from "chai";
import fc from "fast-check";
import {
  boundsAt,
  chance,
  decay,
  edgeKey,
  HALF_LIFE,
  type Liquidity,
  MAX_LEARNED,
  sawEnough,
  sawPaid,
  sawTooLittle,
  surprise,
} from "../../src/protocol/liquidity.ts";
import { Table } from "../../src/protocol/table.ts";
import { channelOf, nodeOf } from "./route-world.ts";

const CAPACITY = 1000n;
const key = edgeKey(channelOf(0), nodeOf(0));
const back = edgeKey(channelOf(0), nodeOf(1));
const seen = (amount: bigint, now = 0) => ({ key, amount, capacity: CAPACITY, now });
const none: Liquidity = Table.empty();

describe("liquidity", () => {
  it("-ln p is that of the machine to 12 digits", () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-12, max: 1, noNaN: true }), (p) => {
        const exact = -Math.log(p);
        // Not closeTo: the matchers for chains know integers only.
        expect(
          Math.abs(surprise(p) - exact) <= 1e-12 * Math.max(1, exact),
          `${surprise(p)}, ${exact}`,
        ).to.equal(true);
      }),
    );
    expect(surprise(1)).to.equal(0);
  });

  it("knowledge counts half after a half-life, and falls steadily", () => {
    expect([0, HALF_LIFE, 2 * HALF_LIFE, 10 * HALF_LIFE, 60 * HALF_LIFE].map(decay)).to.deep.equal([
      1,
      1 / 2,
      1 / 4,
      1 / 1024,
      0,
    ]);
    fc.assert(
      fc.property(fc.nat(30 * HALF_LIFE), (age) => {
        expect(decay(age + 1)).to.be.lessThan(decay(age));
        const exact = 2 ** (-age / HALF_LIFE);
        expect(Math.abs(decay(age) - exact) <= 0.09 * decay(age), `${decay(age)}, ${exact}`).to.equal(true);
      }),
    );
  });

  it("an amount is as likely as its share of the balances that are possible", () => {
    const of = (liquidity: Liquidity, amount: number, now = 0): number =>
      chance(boundsAt(liquidity.get(key), Number(CAPACITY), now), amount);
    expect([0, 500, 1000, 1001].map((amount) => of(none, amount))).to.deep.equal([
      1,
      501 / 1001,
      1 / 1001,
      0,
    ]);
    const both = sawTooLittle(sawEnough(none, seen(300n)), seen(700n));
    expect([300, 301, 500, 699, 700].map((amount) => of(both, amount))).to.deep.equal([
      1,
      399 / 400,
      1 / 2,
      1 / 400,
      0,
    ]);
    expect(of(both, 700, HALF_LIFE)).to.equal((850.5 - 700) / (850.5 - 150));
  });

  it("the newest fact wins over an older one that it contradicts", () => {
    expect(sawEnough(sawTooLittle(none, seen(500n)), seen(600n)).get(key)).to.deep.include({
      low: 600n,
      high: null,
    });
    expect(sawTooLittle(sawEnough(none, seen(600n)), seen(500n)).get(key)).to.deep.include({
      low: 0n,
      high: 500n,
    });
  });

  it("what was paid has moved to the other end", () => {
    const paid = sawPaid(sawTooLittle(sawEnough(none, seen(300n)), seen(700n)), seen(200n), back);
    expect(paid.get(key)).to.deep.include({ low: 100n, high: 500n });
    expect(paid.get(back)).to.deep.include({ low: 200n, high: null });
    const big = 10n ** 18n + 1n;
    expect(sawPaid(none, { key, amount: big, capacity: 2n * big, now: 5 }, back).get(key)).to.deep.include({
      low: 0n,
    });
  });

  it("[O10] forgets the older half beyond its limit", () => {
    let all = none;
    for (let at = 0; at < MAX_LEARNED; at++)
      all = sawEnough(all, {
        key: edgeKey(channelOf(at), nodeOf(0)),
        amount: 1n,
        capacity: CAPACITY,
        now: at,
      });
    expect(all.size).to.equal(MAX_LEARNED);
    all = sawEnough(all, { key, amount: 1n, capacity: CAPACITY, now: MAX_LEARNED });
    all = sawEnough(all, { key: back, amount: 1n, capacity: CAPACITY, now: MAX_LEARNED });
    expect(all.size).to.equal(MAX_LEARNED / 2);
    expect(all.has(back)).to.equal(true);
    expect(all.has(edgeKey(channelOf(1), nodeOf(0)))).to.equal(false);
  });
});
