import { expect } from "chai";
import { edgeKey } from "../../../src/protocol/liquidity.ts";
import { MAX_ATTEMPTS } from "../../../src/protocol/node/endings.ts";
import { Table } from "../../../src/protocol/table.ts";
import { type Fan, fan, hopAt } from "./fan.ts";
import { ETH, FEE, freshSeed, pay } from "./network.ts";

/** Empties the hop's side of its channel to Xiaohong. */
function empty(made: Fan, index: number): void {
  const { net, xiaohong, last } = made;
  pay(net, hopAt(made, index), xiaohong, 9n * ETH);
  net.settle();
  expect(net.balance(hopAt(made, index), last(index))).to.be.lessThan(2n * ETH);
}

function outcome({ net, wang }: Fan): readonly unknown[] {
  return [
    net.noticesOf(wang, "paymentRetried").map(({ route }) => route[1]),
    net.noticesOf(wang, "paymentSucceeded").length,
    net.noticesOf(wang, "paymentFailed").map(({ code, at }) => [code, ...at]),
  ];
}

describe("node: another route after a failure", () => {
  it("[O6] pays over the next best route when a hop has too little, once, for that route's fee", () => {
    const made = fan(2);
    const { net, wang, xiaohong, peers } = made;
    empty(made, 0);
    const before = peers.map((peer) => net.wealth(peer));
    pay(net, wang, xiaohong, 3n * ETH);
    net.settle();
    expect(outcome(made)).to.deep.equal([[hopAt(made, 1).id], 1, []]);
    const fee = FEE.feeBase + 1n;
    expect(net.noticesOf(wang, "paymentSucceeded")[0]).to.have.property("fee", fee);
    const gained = peers.map((peer, at) => net.wealth(peer) - (before[at] ?? 0n));
    expect(gained).to.deep.equal([-3n * ETH - fee, 3n * ETH, 0n, fee]);
    for (const { state } of peers) expect([state.locks.size, state.attempts.size]).to.deep.equal([0, 0]);
  });

  it("remembers what was there and what was not, and begins the next payment elsewhere", () => {
    const made = fan(2);
    const { net, wang, xiaohong, last } = made;
    empty(made, 0);
    pay(net, wang, xiaohong, 3n * ETH);
    net.settle();
    const known = (index: number) => wang.state.liquidity.get(edgeKey(last(index), hopAt(made, index).id));
    expect(known(0)).to.deep.include({ low: 0n, high: 3n * ETH });
    expect(known(1)).to.deep.include({ low: 0n, high: 17n * ETH + 1n });
    expect(wang.state.liquidity.get(edgeKey(last(1), xiaohong.id)), "no policy leads back").to.deep.include({
      low: 3n * ETH,
    });
    pay(net, wang, xiaohong, 3n * ETH);
    net.settle();
    expect(net.noticesOf(wang, "paymentRetried"), "no second detour").to.have.lengthOf(1);
    expect(net.noticesOf(wang, "paymentSent").at(-1)?.route[1]).to.equal(hopAt(made, 1).id);
    net.disconnect(wang, hopAt(made, 1));
    pay(net, wang, xiaohong, ETH / 10n);
    expect(net.noticesOf(wang, "paymentSent").at(-1)?.route[1], "less may fit").to.equal(hopAt(made, 0).id);
  });

  it("goes against what it learned rather than nowhere, once for each payment", () => {
    const made = fan(1);
    const { net, wang, xiaohong, last } = made;
    empty(made, 0);
    pay(net, wang, xiaohong, 3n * ETH);
    net.settle();
    expect(net.noticesOf(wang, "paymentFailed").map(({ code }) => code)).to.deep.equal(["no_capacity"]);
    expect(wang.state.liquidity.get(edgeKey(last(0), hopAt(made, 0).id))).to.deep.include({ high: 3n * ETH });
    pay(net, xiaohong, hopAt(made, 0), 5n * ETH);
    net.settle();
    pay(net, wang, xiaohong, 3n * ETH);
    net.settle();
    expect(outcome(made)).to.deep.equal([[], 1, [["no_capacity", hopAt(made, 0).id]]]);
  });

  it("tells the last reason, and where, when no route is left", () => {
    const made = fan(2);
    const { net, wang, xiaohong } = made;
    empty(made, 0);
    net.disconnect(hopAt(made, 1), xiaohong);
    pay(net, wang, xiaohong, 3n * ETH);
    net.settle();
    expect(outcome(made)).to.deep.equal([[hopAt(made, 1).id], 0, [["peer_offline", hopAt(made, 1).id]]]);
    expect(wang.state.attempts.size).to.equal(0);
  });

  it("does not ask others when the payee itself refuses", () => {
    const made = fan(2);
    const { net, wang, xiaohong } = made;
    const invoice = net.invoice(xiaohong, ETH);
    xiaohong.state = { ...xiaohong.state, invoices: wang.state.invoices };
    net.command(wang, { kind: "payInvoice", invoice, maxFee: ETH, seed: freshSeed() });
    net.settle();
    expect(outcome(made)).to.deep.equal([[], 0, [["unknown_payment", xiaohong.id]]]);
  });

  it("keeps to the limit of fees in every attempt", () => {
    const made = fan(2);
    const { net, wang, xiaohong } = made;
    empty(made, 0);
    for (const [maxFee, succeeded] of [
      [FEE.feeBase, 0],
      [FEE.feeBase + 1n, 1],
    ] as const) {
      const invoice = net.invoice(xiaohong, 3n * ETH);
      wang.state = { ...wang.state, liquidity: Table.empty() };
      net.command(wang, { kind: "payInvoice", invoice, maxFee, seed: freshSeed() });
      net.settle();
      expect(net.noticesOf(wang, "paymentSucceeded")).to.have.lengthOf(succeeded);
    }
    expect(net.noticesOf(wang, "paymentFailed").map(({ code }) => code)).to.deep.equal(["no_capacity"]);
  });

  it("[O6] locks again only when the first lock's removal is acknowledged", () => {
    const made = fan(2);
    const { net, wang, xiaohong } = made;
    empty(made, 0);
    const first = hopAt(made, 0);
    let isSilent = false;
    first.mute = ({ kind }) => {
      isSilent ||= kind === "fail";
      return isSilent && kind === "update";
    };
    const amount = 3n * ETH;
    pay(net, wang, xiaohong, amount);
    net.settle();
    expect(outcome(made), "the drop is not acknowledged").to.deep.equal([[], 0, []]);
    first.mute = () => false;
    net.disconnect(wang, first);
    net.connect(wang, first);
    net.settle();
    expect(outcome(made)).to.deep.equal([[hopAt(made, 1).id], 1, []]);
  });

  it("[O7] gives up after so many routes", () => {
    const made = fan(MAX_ATTEMPTS + 1);
    const { net, wang, xiaohong, hops } = made;
    for (const hop of hops.slice(0, MAX_ATTEMPTS - 1)) net.disconnect(hop, xiaohong);
    pay(net, wang, xiaohong);
    net.settle();
    expect(outcome(made).slice(1), "the last attempt that there is").to.deep.equal([1, []]);
    expect(net.noticesOf(wang, "paymentRetried")).to.have.lengthOf(MAX_ATTEMPTS - 1);
    const last = hopAt(made, MAX_ATTEMPTS - 1);
    net.disconnect(last, xiaohong);
    wang.state = { ...wang.state, liquidity: Table.empty() };
    pay(net, wang, xiaohong);
    net.settle();
    expect(net.noticesOf(wang, "paymentRetried")).to.have.lengthOf(2 * (MAX_ATTEMPTS - 1));
    expect(outcome(made).slice(1)).to.deep.equal([1, [["peer_offline", last.id]]]);
  });
});
