import { expect } from "chai";
import fc from "fast-check";
import { edgeKey } from "../../src/protocol/liquidity.ts";
import { MAX_HOPS } from "../../src/protocol/onion/format.ts";
import { findRoute, NO_OUTLOOK, type RouteResult } from "../../src/protocol/route.ts";
import { Table } from "../../src/protocol/table.ts";
import {
  allPaths,
  cases,
  channelOf,
  costOf,
  FREE,
  graphOf,
  type Link,
  nodeOf,
  queryOf,
} from "./route-world.ts";
import { rentAsked } from "./node/rent-world.ts";

const link = (a: number, b: number, more: Partial<Link> = {}): Link => ({
  a,
  b,
  capacity: 1_000_000n,
  ab: FREE,
  ba: FREE,
  ...more,
});

/** 0 - 2 - 1 and 0 - 3 - 1: channels 0, 1 and 2, 3. */
const diamond = (upper: Partial<Link> = {}, lower: Partial<Link> = {}): readonly Link[] => [
  link(0, 2),
  link(2, 1, upper),
  link(0, 3),
  link(3, 1, lower),
];
const SPEND = new Map([0, 2].map((at) => [channelOf(at), 1_000_000n]));

function nodesOf(result: RouteResult): readonly number[] {
  if (result.kind !== "found") throw new Error(result.kind);
  return result.route.hops.map(({ to }) => Number(to) - 1);
}

describe("routes", () => {
  it("cost as little as the best of all paths, within every limit, or there is none", () => {
    let [found, none] = [0, 0];
    fc.assert(
      fc.property(cases, ({ links, query }) => {
        const graph = graphOf(links);
        const costs = [...allPaths(graph, query)].flatMap((path) => costOf(graph, query, path) ?? []);
        const result = findRoute(graph, query);
        if (costs.length === 0) {
          none++;
          expect(result.kind).not.to.equal("found");
          return;
        }
        if (result.kind !== "found") throw new Error(`${result.kind}, but there are ${costs.length} routes`);
        found++;
        const own = costOf(graph, query, result.route.hops);
        expect(own, "the route keeps every limit").not.to.equal(null);
        expect(own?.fee).to.equal(result.route.fee);
        expect(own?.rent).to.equal(result.route.rent);
        const least = Math.min(...costs.map(({ cost }) => cost));
        // Not closeTo: the matchers for chains know integers only.
        expect(Math.abs((own?.cost ?? Infinity) - least) <= 1e-6, `${own?.cost}, ${least}`).to.equal(true);
      }),
      { numRuns: 2000 },
    );
    expect(found, "routes found").to.be.greaterThan(300);
    expect(none, "cases without one").to.be.greaterThan(300);
  });

  it("[FEE-2] pay with each lock the rent of the nodes after it, for as long as the slowest node makes it stand", () => {
    const rent = { slotFee: 5n, rentPpm: 1_000_000 };
    const graph = graphOf([
      link(0, 2),
      link(2, 3, { ab: { ...FREE, feeBase: 7n, rent } }),
      link(3, 1, { ab: { ...FREE, claimTime: 1200, rent: { slotFee: 0n, rentPpm: 500_000 } } }),
    ]);
    const result = findRoute(graph, queryOf(0, 1, 100_000n, { spendable: SPEND }));
    if (result.kind !== "found") throw new Error(result.kind);
    const life = 3600;
    const last = rentAsked({ slotFee: 0n, rentPpm: 500_000 }, 100_000n, life);
    const first = rentAsked(rent, 100_000n, life);
    expect(result.route.hops.map(({ amount, rent: with_ }) => [amount, with_])).to.deep.equal([
      [100_007n, first + last],
      [100_000n, last],
      [100_000n, 0n],
    ]);
    expect(result.route).to.include({ fee: 7n, rent: first + last, claimTime: 1200 });
  });

  it("[FEE-2] count rent in what they cost, in the limit and in what the payer and every channel have", () => {
    const rent = { slotFee: 100n, rentPpm: 0 };
    const dear = { ab: { ...FREE, rent } };
    const choice = graphOf([
      link(0, 2),
      link(2, 1, dear),
      link(0, 3),
      link(3, 1, { ab: { ...FREE, feeBase: 99n } }),
    ]);
    expect(nodesOf(findRoute(choice, queryOf(0, 1, 1000n, { spendable: SPEND })))).to.deep.equal([3, 1]);
    const graph = graphOf([
      link(0, 2),
      link(2, 3, { ...dear, capacity: 1100n }),
      link(3, 1, { ...dear, capacity: 1000n }),
    ]);
    const ask = (amount: bigint, maxFee: bigint, free: bigint): RouteResult =>
      findRoute(graph, queryOf(0, 1, amount, { maxFee, spendable: new Map([[channelOf(0), free]]) }));
    expect(ask(1000n, 200n, 1200n).kind).to.equal("found");
    expect(ask(1000n, 199n, 1200n)).to.deep.equal({ kind: "fee_above_limit", fee: 200n });
    expect(ask(1000n, 200n, 1199n)).to.deep.equal({ kind: "not_enough_balance", missing: 1n });
    expect(ask(1001n, 200n, 5000n).kind, "the last channel is full").to.equal("no_route");
    const narrow = graphOf([
      link(0, 2),
      link(2, 3, { ...dear, capacity: 1099n }),
      link(3, 1, { ...dear, capacity: 1000n }),
    ]);
    const spendable = new Map([[channelOf(0), 5000n]]);
    expect(findRoute(narrow, queryOf(0, 1, 1000n, { spendable })).kind, "no room for the rent").to.equal(
      "no_route",
    );
  });

  it("[FEE-2] keep limit and capacity when a slow node makes the locks of others stand longer", () => {
    const rent = { slotFee: 0n, rentPpm: 1_000_000 };
    const asked = rentAsked(rent, 100_000n, 18_000);
    const graph = (capacity: bigint) =>
      graphOf([
        link(0, 2),
        link(2, 3, { ab: { ...FREE, claimTime: 6000 }, capacity }),
        link(3, 1, { ab: { ...FREE, rent } }),
      ]);
    const ask = (capacity: bigint, maxFee: bigint): RouteResult =>
      findRoute(graph(capacity), queryOf(0, 1, 100_000n, { maxFee, spendable: SPEND }));
    expect(ask(1_000_000n, asked).kind).to.equal("found");
    expect(ask(1_000_000n, asked - 1n)).to.deep.equal({ kind: "fee_above_limit", fee: asked });
    expect(ask(100_000n + asked, asked).kind).to.equal("found");
    expect(ask(100_000n + asked - 1n, asked).kind).to.equal("no_route");
  });

  it("are the same whatever the order in which channels became known", () => {
    fc.assert(
      fc.property(
        cases.chain((one) =>
          fc.tuple(
            fc.constant(one),
            fc.shuffledSubarray(
              one.links.map((_, at) => at),
              { minLength: one.links.length },
            ),
          ),
        ),
        ([{ links, query }, order]) => {
          const free = links.map((one) => ({ ...one, ab: FREE, ba: FREE, capacity: 1_000_000n }));
          findRoute(graphOf([]), query);
          const found = findRoute(graphOf(free), query);
          findRoute(graphOf([]), query);
          // A search after each new channel, so that the index numbers them in this order.
          let last: RouteResult | null = null;
          for (let size = 0; size <= order.length; size++)
            last = findRoute(graphOf(free, order.slice(0, size)), query);
          expect(last).to.deep.equal(found);
        },
      ),
      { numRuns: 500 },
    );
  });

  it("take amounts that a double cannot hold exactly into account to the last unit", () => {
    const amount = 10n ** 18n + 1n;
    const fee = { ...FREE, feePpm: 333, feeBase: 7n };
    const exact = amount + 7n + (amount * 333n + 999_999n) / 1_000_000n;
    const capacity = 10n ** 19n;
    const all = (maxAmount: bigint) => [
      link(0, 2, { capacity }),
      link(2, 1, { capacity, ab: { ...fee, maxAmount } }),
    ];
    const ask = (maxAmount: bigint, free: bigint, maxFee = capacity) =>
      findRoute(
        graphOf(all(maxAmount)),
        queryOf(0, 1, amount, { maxFee, spendable: new Map([[channelOf(0), free]]) }),
      );
    expect(ask(amount, exact)).to.have.nested.property("route.fee", exact - amount);
    expect(ask(amount - 1n, exact)).to.deep.equal({ kind: "no_route" });
    expect(ask(amount, exact - 1n)).to.deep.equal({ kind: "not_enough_balance", missing: 1n });
    expect(ask(amount, exact, exact - amount)).to.have.property("kind", "found");
    expect(ask(amount, exact, exact - amount - 1n)).to.deep.equal({
      kind: "fee_above_limit",
      fee: exact - amount,
    });
  });

  it("avoid a channel that lately carried less, until that is forgotten", () => {
    const graph = graphOf(diamond({ ab: FREE }, { ab: { ...FREE, feeBase: 5n } }));
    const learned = { low: 0n, high: 90_000n, at: 0 };
    const liquidity = Table.of([[edgeKey(channelOf(1), nodeOf(2)), learned] as const]);
    const ask = (now: number) =>
      nodesOf(
        findRoute(
          graph,
          queryOf(0, 1, 100_000n, { spendable: SPEND, outlook: { ...NO_OUTLOOK, liquidity, now } }),
        ),
      );
    expect(nodesOf(findRoute(graph, queryOf(0, 1, 100_000n, { spendable: SPEND })))).to.deep.equal([2, 1]);
    expect(ask(0)).to.deep.equal([3, 1]);
    expect(ask(3600 * 12)).to.deep.equal([2, 1]);
  });

  it("pay a higher fee where an amount is known to be there", () => {
    const graph = graphOf(diamond({}, { ab: { ...FREE, feeBase: 60n } }));
    const known = Table.of([
      [edgeKey(channelOf(3), nodeOf(3)), { low: 600_000n, high: null, at: 0 }] as const,
    ]);
    const ask = (liquidity: typeof known, amount: bigint) =>
      nodesOf(
        findRoute(graph, queryOf(0, 1, amount, { spendable: SPEND, outlook: { ...NO_OUTLOOK, liquidity } })),
      );
    expect(ask(Table.empty(), 600_000n)).to.deep.equal([2, 1]);
    expect(ask(known, 600_000n)).to.deep.equal([3, 1]);
    expect(ask(known, 1000n)).to.deep.equal([2, 1]);
  });

  it("go over 20 channels and not over 21", () => {
    const row = (length: number): readonly Link[] =>
      Array.from({ length }, (_, at) => link(at === 0 ? 0 : at + 1, at === length - 1 ? 1 : at + 2));
    const ask = (length: number) => findRoute(graphOf(row(length)), queryOf(0, 1, 1n, { spendable: SPEND }));
    expect(nodesOf(ask(MAX_HOPS))).to.have.lengthOf(MAX_HOPS);
    expect(ask(MAX_HOPS + 1)).to.deep.equal({ kind: "no_route" });
  });

  it("take the riskier way if the safer one costs more than the limit", () => {
    const graph = graphOf(diamond({ capacity: 110_000n }, { ab: { ...FREE, feeBase: 50n } }));
    const ask = (maxFee: bigint) =>
      nodesOf(findRoute(graph, queryOf(0, 1, 100_000n, { spendable: SPEND, maxFee })));
    expect(ask(50n)).to.deep.equal([3, 1]);
    expect(ask(49n)).to.deep.equal([2, 1]);
  });

  it("keep ways that cost more but ask for less, for limits further on", () => {
    // 1 - (2 | 3 | 4) - 5 - 6 - 0, where 6 forwards no more than 20 above the amount.
    const graph = graphOf([
      link(2, 1, { ab: { ...FREE, feeBase: 30n } }),
      link(3, 1, { ab: { ...FREE, feeBase: 10n }, capacity: 200_000n }),
      link(4, 1, { capacity: 110_000n }),
      ...[2, 3, 4].map((hop) => link(5, hop)),
      link(6, 5, { ab: { ...FREE, maxAmount: 100_020n } }),
      link(0, 6),
    ]);
    const spendable = new Map([[channelOf(7), 1_000_000n]]);
    expect(nodesOf(findRoute(graph, queryOf(0, 1, 100_000n, { spendable })))).to.deep.equal([6, 5, 3, 1]);
  });

  it("are not found at all below the least likelihood that is asked for", () => {
    const graph = graphOf(diamond({ capacity: 199_999n }, { ab: null }));
    const ask = (maxSurprise: number) =>
      findRoute(graph, queryOf(0, 1, 100_000n, { spendable: SPEND, maxSurprise })).kind;
    expect(ask(Math.LN2 + 1e-9)).to.equal("found");
    expect(ask(Math.LN2 - 1e-9)).to.equal("no_route");
  });
});
