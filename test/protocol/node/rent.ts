import { expect } from "chai";
import { MAX_ATTEMPTS } from "../../../src/protocol/node/endings.ts";
import { edgeKey } from "../../../src/protocol/liquidity.ts";
import { Table } from "../../../src/protocol/table.ts";
import type { Amount, ChannelId, RentTerms } from "../../../src/protocol/types.ts";
import { type Fan, fan, hopAt } from "./fan.ts";
import { CLAIM_TIME, ETH, FEE, freshSeed, Network, pay, type Peer, story } from "./network.ts";
import { failureOf, holdBack, rentAsked, signWithRent } from "./rent-world.ts";

const LIFE = 3 * CLAIM_TIME;
/** Of the views of the chain, which may differ. */
const GRANTED = CLAIM_TIME / 4;
const RENT: RentTerms = { slotFee: 7n * 10n ** 11n, rentPpm: 137 };

function priced(made: Fan, rent: RentTerms = RENT): Fan {
  made.hops.forEach((hop, at) =>
    made.net.setPolicy(hop, made.last(at), { feeBase: FEE.feeBase + BigInt(at), rent }),
  );
  made.net.settle();
  return made;
}

function gains(net: Network, peers: readonly Peer[], act: () => void): readonly Amount[] {
  const before = peers.map((peer) => net.wealth(peer));
  act();
  net.settle();
  return peers.map((peer, at) => net.wealth(peer) - (before[at] ?? 0n));
}

function payWithin({ net, wang, xiaohong }: Fan, maxFee: Amount): void {
  const invoice = net.invoice(xiaohong, ETH);
  net.command(wang, { kind: "payInvoice", invoice, maxFee, seed: freshSeed() });
  net.settle();
}

describe("node: rent of locks [FEE-2]", () => {
  it("every hop gains its fee and its own rent, the payer pays the sum, the payee gets what it asked for", () => {
    const { net, peers, wang, alice, bob, carol, xiaohong, hop } = story();
    const terms = [
      { slotFee: 1n, rentPpm: 1000 },
      { slotFee: 20n, rentPpm: 0 },
      { slotFee: 0n, rentPpm: 333 },
    ] as const;
    [alice, bob, carol].forEach((peer, at) => {
      const rent = terms[at];
      if (rent !== undefined) net.setPolicy(peer, hop(at + 1), { rent });
    });
    net.settle();
    const gained = gains(net, peers, () => pay(net, wang, xiaohong));
    const amounts = [ETH + 2n * FEE.feeBase, ETH + FEE.feeBase, ETH];
    const rents = terms.map((one, at) => rentAsked(one, amounts[at] ?? 0n, LIFE));
    const sum = rents.reduce((all, one) => all + one, 0n);
    expect(gained).to.deep.equal([
      ...[-ETH - 3n * FEE.feeBase - sum, ...rents.map((rent) => FEE.feeBase + rent), ETH],
    ]);
    expect(net.noticesOf(wang, "paymentSucceeded")[0]).to.include({ fee: 3n * FEE.feeBase, rent: sum });
    expect([...wang.state.payments.values()][0]).to.include({ fee: 3n * FEE.feeBase, rent: sum });
  });

  it("nothing is paid for a payment to a neighbour, nor where nobody asks", () => {
    const made = priced(fan(1));
    const { net, wang, peers } = made;
    const gained = gains(net, peers, () => pay(net, wang, hopAt(made, 0)));
    expect(gained).to.deep.equal([-ETH, 0n, ETH]);
    expect(net.noticesOf(wang, "paymentSucceeded")[0]?.rent).to.equal(0n);
  });

  it("a hop takes just what it asks for, and gives back what comes with one unit less, telling its price", () => {
    const made = priced(fan(1));
    for (const [life, amount, passed] of [
      [LIFE, ETH, 0n],
      [LIFE + 12_345, ETH / 3n, 5n],
      [LIFE, 1n, 10n ** 15n],
    ] as const) {
      const asked = rentAsked(RENT, amount, life - GRANTED);
      const enough = failureOf(made, { rent: asked + passed, life, amount, passed });
      expect(enough.read, "by Xiaohong").to.include({ kind: "failed", hop: 1, code: "unknown_payment" });
      expect(enough.got).to.equal(passed);
      const short = failureOf(made, { rent: asked + passed - 1n, life, amount, passed });
      expect(short).to.deep.equal({
        read: { kind: "failed", hop: 0, code: "rent_too_low", asked: RENT },
        got: null,
      });
    }
  });

  it("counts the life of a lock from the hop's own view, less a quarter of its claim time, and never below nothing", () => {
    const made = priced(fan(1));
    const { net } = made;
    const asked = rentAsked(RENT, ETH, LIFE - GRANTED);
    net.chain.mine(GRANTED);
    expect(failureOf(made, { rent: asked, life: LIFE - GRANTED }).read, "a hop that lags").to.include({
      code: "unknown_payment",
    });
    expect(failureOf(made, { rent: asked, life: LIFE + 1 - GRANTED }).read).to.include({
      code: "rent_too_low",
    });
  });

  it("the rent is part of the state that adds the lock: [LANE-2] counts it, and it stays when the lock goes", () => {
    const made = priced(fan(1));
    const { net, wang, first } = made;
    const rent = 10n ** 16n;
    const { own } = net.channelOf(wang, first(0));
    const balance = net.balance(wang, first(0));
    failureOf(made, { rent });
    const after = net.channelOf(wang, first(0));
    expect([after.own.newest.sent - own.newest.sent, after.own.locked]).to.deep.equal([rent, 0n]);
    expect(net.channelOf(hopAt(made, 0), first(0)).held.newest.sent).to.equal(after.own.newest.sent);
    expect(net.balance(wang, first(0))).to.equal(balance - rent);
  });

  it("pays from its own channel just what amount and rent need, and refuses one unit more", () => {
    const made = priced(fan(1));
    const { net, wang, xiaohong, first } = made;
    const reserve = ETH / 5n;
    const free = net.balance(wang, first(0)) - reserve;
    const needed = (amount: Amount): Amount => amount + FEE.feeBase + rentAsked(RENT, amount, LIFE);
    let [amount, tooMuch] = [0n, free];
    while (tooMuch - amount > 1n) {
      const middle = (amount + tooMuch) / 2n;
      if (needed(middle) <= free) amount = middle;
      else tooMuch = middle;
    }
    expect([needed(amount) <= free, needed(amount + 1n) > free]).to.deep.equal([true, true]);
    const invoice = net.invoice(xiaohong, amount + 1n);
    net.command(wang, { kind: "payInvoice", invoice, maxFee: ETH, seed: freshSeed() });
    const refused = net.noticesOf(wang, "commandRefused").at(-1)?.refusal;
    expect(refused?.code).to.equal("not_enough_balance");
    expect(refused?.message).to.include(`needs ${needed(amount + 1n) - free} more`);
    pay(net, wang, xiaohong, amount);
    net.settle();
    expect(net.noticesOf(wang, "paymentSucceeded")).to.have.lengthOf(1);
  });

  it("a hop that has just amount and rent passes both on; one that lacks a unit says so", () => {
    const made = fan(1);
    const { net, xiaohong, last } = made;
    const hop = hopAt(made, 0);
    pay(net, hop, xiaohong, 2n * ETH);
    net.settle();
    const free = net.balance(hop, last(0)) - ETH / 5n;
    const fits = failureOf(made, { amount: free - 5n, rent: 5n, passed: 5n });
    expect(fits.read).to.include({ hop: 1, code: "unknown_payment" });
    expect(fits.got).to.equal(5n);
    const over = failureOf(made, { amount: free - 10n, rent: 6n, passed: 6n });
    expect(over.read, "5 have gone with the lock before").to.include({ hop: 0, code: "no_capacity" });
  });

  it("the payer remembers that amount and rent together were not there, and that the amount was", () => {
    const { net, wang, alice, bob, xiaohong, hop } = story();
    net.setPolicy(bob, hop(2), { rent: RENT });
    net.settle();
    const amount = ETH + 2n * FEE.feeBase;
    const passed = rentAsked(RENT, ETH + FEE.feeBase, LIFE);
    pay(net, alice, bob, net.balance(alice, hop(1)) - ETH / 5n - amount - passed + 1n);
    net.settle();
    pay(net, wang, xiaohong);
    net.settle();
    expect(net.noticesOf(wang, "paymentFailed").map(({ code, at }) => [code, ...at])).to.deep.equal([
      ["no_capacity", alice.id],
    ]);
    const key = edgeKey(hop(1), alice.id);
    expect(wang.state.liquidity.get(key)).to.include({ low: 0n, high: amount + passed });
    pay(net, bob, alice, 1n);
    net.settle();
    wang.state = { ...wang.state, liquidity: Table.empty() };
    pay(net, wang, xiaohong);
    net.settle();
    expect(net.noticesOf(wang, "paymentSucceeded"), "with one unit more").to.have.lengthOf(1);
  });
});

describe("node: rent of payments that fail [FEE-2]", () => {
  it("a payer loses the rents of its attempts and nothing else, and is told", () => {
    const made = priced(fan(3));
    const { net, wang, xiaohong, peers, hops } = made;
    for (const hop of hops) net.disconnect(hop, xiaohong);
    const rent = rentAsked(RENT, ETH, LIFE);
    const gained = gains(net, peers, () => pay(net, wang, xiaohong));
    expect(gained).to.deep.equal([-3n * rent, 0n, rent, rent, rent]);
    const [failed] = net.noticesOf(wang, "paymentFailed");
    expect(failed).to.include({ code: "peer_offline", rent: 3n * rent });
    expect(failed?.message).to.include(`${3n * rent} was paid to hops for holding it, and is not given back`);
    expect([...wang.state.payments.values()][0]).to.include({ status: "failed", rent: 3n * rent });
  });

  it("the limit holds for the fee of the last attempt and the rents of all: with it one more is tried, below it none", () => {
    const rent = rentAsked(RENT, ETH, LIFE);
    for (const attempts of [1, 2, 3]) {
      const fee = FEE.feeBase + BigInt(attempts - 1);
      const limit = BigInt(attempts) * rent + fee;
      for (const [maxFee, tried] of [
        [limit, attempts],
        [limit - 1n, attempts - 1],
      ] as const) {
        const made = priced(fan(4));
        const { net, wang, xiaohong, hops } = made;
        for (const hop of hops) net.disconnect(hop, xiaohong);
        const [spent] = gains(net, [wang], () => payWithin(made, maxFee));
        expect(spent, `${attempts} within ${maxFee}`).to.equal(-BigInt(tried) * rent);
        if (tried === 0) {
          const refusal = net.noticesOf(wang, "commandRefused").at(-1)?.refusal;
          expect(refusal?.code).to.equal("fee_above_limit");
          expect(refusal?.message).to.include(`costs ${FEE.feeBase + rent}, the limit is ${maxFee}`);
        }
      }
    }
  });

  it("a payment that succeeds at last has paid the rents of what came back, and the fee once", () => {
    const made = priced(fan(3));
    const { net, wang, xiaohong, peers, hops } = made;
    for (const hop of hops.slice(0, 2)) net.disconnect(hop, xiaohong);
    const rent = rentAsked(RENT, ETH, LIFE);
    const fee = FEE.feeBase + 2n;
    const gained = gains(net, peers, () => pay(net, wang, xiaohong));
    expect(gained).to.deep.equal([-ETH - fee - 3n * rent, ETH, rent, rent, fee + rent]);
    expect(net.noticesOf(wang, "paymentSucceeded")[0]).to.include({ fee, rent: 3n * rent });
  });

  it("nothing is tried after so many attempts, whatever the limit", () => {
    const made = priced(fan(MAX_ATTEMPTS + 1));
    const { net, wang, xiaohong, hops } = made;
    for (const hop of hops) net.disconnect(hop, xiaohong);
    const [spent] = gains(net, [wang], () => pay(net, wang, xiaohong));
    expect(spent).to.equal(-BigInt(MAX_ATTEMPTS) * rentAsked(RENT, ETH, LIFE));
  });

  it("a lock that was never signed costs nothing", () => {
    const made = priced(fan(1));
    const { net, wang, xiaohong, first, peers } = made;
    holdBack(net, wang, first(0));
    const gained = gains(net, peers, () => {
      pay(net, wang, xiaohong);
      expect([...wang.state.payments.values()][0]?.rent).to.equal(rentAsked(RENT, ETH, LIFE));
      net.disconnect(wang, hopAt(made, 0));
    });
    expect(gained).to.deep.equal([0n, 0n, 0n]);
    expect(net.noticesOf(wang, "paymentFailed")[0]).to.include({ code: "peer_offline", rent: 0n });
  });
});

describe("node: hops and rent [FEE-2]", () => {
  it("a hop that keeps what it should pass on gets its lock back, and both are left out of the next attempt", () => {
    const { net, wang, alice, bob, carol, xiaohong, hop } = story();
    for (const [at, peer] of [alice, bob, carol].entries()) net.setPolicy(peer, hop(at + 1), { rent: RENT });
    net.settle();
    const asked = rentAsked(RENT, ETH + FEE.feeBase, LIFE - GRANTED) + rentAsked(RENT, ETH, LIFE);
    for (const kept of [0n, 1n]) {
      holdBack(net, alice, hop(1));
      pay(net, wang, xiaohong);
      net.settle();
      signWithRent(net, alice, hop(1), asked - kept);
      net.settle();
      expect(net.noticesOf(wang, "paymentSucceeded"), `${kept} kept`).to.have.lengthOf(1);
    }
    const failed = net.noticesOf(wang, "paymentFailed");
    expect(failed.map(({ code, at }) => [code, ...at])).to.deep.equal([["rent_too_low", alice.id, bob.id]]);
    expect(failed[0]?.message).to.include(`(${RENT.slotFee} and ${RENT.rentPpm} millionths a day asked)`);
  });

  it("the next attempt goes around the channel of a hop that kept some, though that way is cheaper", () => {
    const net = new Network();
    const add = (name: string): Peer => net.add(name);
    const [wang, alice, dan, bob] = [add("Wang"), add("Alice"), add("Dan"), add("Bob")];
    const [carol, xiaohong] = [add("Carol"), add("Xiaohong")];
    const open = (a: Peer, b: Peer): ChannelId => net.open(a, b, 10n * ETH, 10n * ETH);
    open(wang, alice);
    open(wang, dan);
    const toBob = open(alice, bob);
    const [around, end, aside, last] = [
      open(dan, bob),
      open(bob, xiaohong),
      open(bob, carol),
      open(carol, xiaohong),
    ];
    net.connectAll();
    net.tick();
    net.setPolicy(alice, toBob, { rent: RENT });
    net.setPolicy(dan, around, { feeBase: 9n * FEE.feeBase, rent: RENT });
    for (const [peer, channel] of [
      [bob, end],
      [bob, aside],
      [carol, last],
    ] as const)
      net.setPolicy(peer, channel, { rent: RENT });
    net.settle();
    holdBack(net, alice, toBob);
    pay(net, wang, xiaohong);
    net.settle();
    signWithRent(net, alice, toBob, 1n);
    net.settle();
    expect(net.noticesOf(wang, "paymentRetried").map(({ route }) => route)).to.deep.equal([
      [wang.id, dan.id, bob.id, carol.id, xiaohong.id],
    ]);
    expect(net.noticesOf(wang, "paymentSucceeded")).to.have.lengthOf(1);
  });

  it("a price that has risen meanwhile names the hop and what it asks", () => {
    const made = priced(fan(2));
    const { net, wang, xiaohong } = made;
    const dearer = { slotFee: RENT.slotFee + 1n, rentPpm: 10_000 };
    const hop = hopAt(made, 0);
    hop.mute = ({ kind }) => kind === "policy";
    net.setPolicy(hop, made.last(0), { rent: dearer });
    pay(net, wang, xiaohong);
    net.settle();
    expect(net.noticesOf(wang, "paymentRetried").map(({ route }) => route[1])).to.deep.equal([
      hopAt(made, 1).id,
    ]);
    net.disconnect(hopAt(made, 1), xiaohong);
    net.disconnect(wang, hopAt(made, 1));
    pay(net, wang, xiaohong);
    net.settle();
    const [failed] = net.noticesOf(wang, "paymentFailed");
    expect([failed?.code, failed?.at]).to.deep.equal(["rent_too_low", [hop.id]]);
    expect(failed?.message).to.include(`(${dearer.slotFee} and 10000 millionths a day asked)`);
    expect(wang.state.liquidity.has(edgeKey(made.last(0), hop.id)), "no balance was refused").to.equal(false);
  });
});
