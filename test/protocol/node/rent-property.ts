import { expect } from "chai";
import fc from "fast-check";
import { ZERO_ADDRESS } from "../../../src/protocol/checked.ts";
import { feeOf } from "../../../src/protocol/route.ts";
import type { Amount, Policy, RentTerms } from "../../../src/protocol/types.ts";
import { fan, hopAt } from "./fan.ts";
import { CLAIM_TIME, ETH, freshSecret, freshSeed, type Network, pay, type Peer, row } from "./network.ts";
import { rentAsked } from "./rent-world.ts";

const SEED = 20_261_124;

type Price = Pick<Policy, "feeBase" | "feePpm"> & { readonly rent: RentTerms };

const price: fc.Arbitrary<Price> = fc.record({
  feeBase: fc.bigInt(0n, 10n ** 15n),
  feePpm: fc.nat(5000),
  rent: fc.record({ slotFee: fc.bigInt(0n, 10n ** 13n), rentPpm: fc.constantFrom(0, 1, 137, 99_991) }),
});
const route = fc.record({
  prices: fc.array(price, { minLength: 1, maxLength: 5 }),
  amount: fc.bigInt(1n, ETH),
  /** The hop after which nobody is connected; none if it is beyond. */
  broken: fc.nat(9),
});

function wealthOf(net: Network, peers: readonly Peer[]): readonly Amount[] {
  return peers.map((peer) => net.wealth(peer));
}

/** Each hop's own fee and rent, from the first on, by the rule. */
function ownOf(
  prices: readonly Price[],
  amount: Amount,
): { fees: readonly Amount[]; rents: readonly Amount[] } {
  const fees: Amount[] = [];
  const rents: Amount[] = [];
  let forwarded = amount;
  for (const one of prices.toReversed()) {
    const fee = feeOf(one, forwarded);
    fees.unshift(fee);
    rents.unshift(rentAsked(one.rent, forwarded, 3 * CLAIM_TIME));
    forwarded += fee;
  }
  return { fees, rents };
}

const sumOf = (all: readonly Amount[]): Amount => all.reduce((sum, one) => sum + one, 0n);

describe("node: rent on random routes [FEE-2] [O5]", () => {
  it("every balance changes by what is due, to the unit, whether it arrives or not", () => {
    let [arrived, failed] = [0, 0];
    fc.assert(
      fc.property(route, ({ prices, amount, broken }) => {
        const names = ["Wang", ...prices.map((_, at) => `hop ${at}`), "Xiaohong"];
        const { net, peers, hop } = row(names);
        prices.forEach((one, at) => net.setPolicy(peers[at + 1] ?? net.add("nobody"), hop(at + 1), one));
        net.settle();
        const [wang, xiaohong] = [peers[0], peers.at(-1)];
        if (wang === undefined || xiaohong === undefined) throw new Error("a row has ends");
        const [last, next] = [peers[broken + 1], peers[broken + 2]];
        if (last !== undefined && next !== undefined) net.disconnect(last, next);
        const before = wealthOf(net, peers);
        pay(net, wang, xiaohong, amount);
        net.settle();
        const gained = wealthOf(net, peers).map((one, at) => one - (before[at] ?? 0n));
        const { fees, rents } = ownOf(prices, amount);
        const rent = sumOf(rents);
        expect(sumOf(gained), "[O5] nothing is made or lost").to.equal(0n);
        if (broken >= prices.length) {
          arrived++;
          const hops = fees.map((fee, at) => fee + (rents[at] ?? 0n));
          expect(gained).to.deep.equal([-amount - sumOf(hops), ...hops, amount]);
        } else {
          failed++;
          // Who gives it back has passed nothing on, and keeps what was for those after it.
          const kept = rents.map((one, at) =>
            at < broken ? one : at > broken ? 0n : sumOf(rents.slice(at)),
          );
          expect(gained).to.deep.equal([-rent, ...kept, 0n]);
          expect(net.noticesOf(wang, "paymentFailed")[0]).to.include({ code: "peer_offline", rent });
        }
        expect(peers.every(({ state }) => state.locks.size === 0)).to.equal(true);
      }),
      { seed: SEED, numRuns: 40 },
    );
    console.log(`      ${arrived} arrived, ${failed} failed, seed ${SEED}`);
    expect(Math.min(arrived, failed)).to.be.at.least(5);
  });

  it("parts pay each their own rent, with and without an invoice, within the limit for all", () => {
    const rent = { slotFee: 10n ** 12n, rentPpm: 500 };
    for (const isUnasked of [false, true]) {
      const made = fan(3);
      const { net, wang, xiaohong, peers, hops } = made;
      hops.forEach((hop, at) => net.setPolicy(hop, made.last(at), { rent }));
      net.setPolicy(xiaohong, made.last(0));
      net.settle();
      xiaohong.state = { ...xiaohong.state, config: { ...xiaohong.state.config, takesSpontaneous: true } };
      net.disconnect(hopAt(made, 2), xiaohong);
      const before = wealthOf(net, peers);
      const amount = 15n * ETH;
      const command = { maxFee: ETH, seed: freshSeed() } as const;
      if (isUnasked) {
        const to = { payee: xiaohong.id, token: ZERO_ADDRESS, amount, text: "" } as const;
        net.command(wang, { kind: "paySpontaneously", ...to, witness: freshSecret(), ...command });
      } else {
        net.command(wang, { kind: "payInvoice", invoice: net.invoice(xiaohong, amount), ...command });
      }
      net.settle();
      const gained = wealthOf(net, peers).map((one, at) => one - (before[at] ?? 0n));
      const [paid] = net.noticesOf(wang, "paymentSucceeded");
      if (paid === undefined) throw new Error("it was not paid");
      expect(gained.slice(0, 2)).to.deep.equal([-amount - paid.fee - paid.rent, amount]);
      expect(sumOf(gained)).to.equal(0n);
      const parts = net.noticesOf(wang, "partSent").length + net.noticesOf(wang, "paymentRetried").length + 1;
      expect(parts, "one came back").to.be.at.least(3);
      const rate = rentAsked({ slotFee: 0n, rentPpm: rent.rentPpm }, amount, 3 * CLAIM_TIME);
      const least = BigInt(parts) * rent.slotFee + rate;
      expect(paid.rent >= least, `${paid.rent} for ${parts} parts is at least ${least}`).to.equal(true);
      expect(gained[4], "the broken hop keeps the rent of what came back").to.satisfy(
        (one: Amount) => one > 0n,
      );
    }
  });
});
