import { expect } from "chai";
import { tagOf } from "../lane-pair.ts";
import { FAILURE_BYTES } from "../../../src/protocol/onion/failure.ts";
import { BLOCK, CLAIM_TIME, ETH, freshSeed, type Network, pay, type Peer, row, story } from "./network.ts";

const MILLI = 10n ** 15n;

function gains(net: Network, peers: readonly Peer[], act: () => void): readonly bigint[] {
  const before = peers.map((peer) => net.wealth(peer));
  act();
  return peers.map((peer, at) => net.wealth(peer) - (before[at] ?? 0n));
}

function lockedOut(net: Network, peers: readonly Peer[]): readonly bigint[] {
  return peers.flatMap((peer) =>
    net
      .noticesOf(peer, "lockAdded")
      .flatMap(({ direction, amount }) => (direction === "out" ? [amount] : [])),
  );
}

describe("node: payments over a route", () => {
  it("[FEE-1] [HOP-1] Wang pays Xiaohong 1 ETH: locks of 1.003, 1.002, 1.001 and 1.000 with one expiry", () => {
    const { net, peers, wang, xiaohong } = story();
    const gained = gains(net, peers, () => {
      pay(net, wang, xiaohong);
      net.settle();
    });
    expect(gained).to.deep.equal([-1003n, 1n, 1n, 1n, 1000n].map((part) => part * MILLI));
    expect(lockedOut(net, peers)).to.deep.equal([1003n, 1002n, 1001n, 1000n].map((part) => part * MILLI));
    const expiries = peers.flatMap((peer) => net.noticesOf(peer, "lockAdded").map(({ expiry }) => expiry));
    expect(new Set(expiries)).to.have.lengthOf(1);
    expect(net.noticesOf(wang, "paymentSucceeded")).to.have.lengthOf(1);
    expect(net.noticesOf(xiaohong, "invoicePaid")).to.deep.include({
      kind: "invoicePaid",
      hash: net.noticesOf(wang, "paymentSent")[0]?.hash,
      amount: ETH,
    });
    for (const { state } of peers) expect(state.locks.size, "no lock is left").to.equal(0);
  });

  it("[HOP-3] the expiry is three times the largest claimTime of the route", () => {
    const { net, bob, wang, xiaohong, hop } = story();
    net.setPolicy(bob, hop(2), { claimTime: 7 * CLAIM_TIME });
    net.settle();
    pay(net, wang, xiaohong);
    expect(net.noticesOf(wang, "lockAdded")[0]?.expiry).to.equal(net.chain.time + 21 * CLAIM_TIME);
  });

  it("[O7] a payment over a hop that is offline fails at once and frees every lock", () => {
    const { net, peers, wang, carol, bob, xiaohong } = story();
    net.disconnect(bob, carol);
    const gained = gains(net, peers, () => {
      pay(net, wang, xiaohong);
      net.settle();
    });
    expect(gained).to.deep.equal([0n, 0n, 0n, 0n, 0n]);
    expect(net.noticesOf(wang, "paymentFailed")[0]).to.deep.include({ code: "peer_offline" });
    for (const { state } of peers) expect(state.locks.size).to.equal(0);
  });

  it("[LANE-4] a payee that does not know the payment gives the lock back", () => {
    const { net, peers, wang, xiaohong } = story();
    const invoice = net.invoice(xiaohong, ETH);
    xiaohong.state = { ...xiaohong.state, invoices: peers[1]?.state.invoices ?? xiaohong.state.invoices };
    net.command(wang, { kind: "payInvoice", invoice, maxFee: ETH, seed: freshSeed() });
    net.settle();
    expect(net.noticesOf(wang, "paymentFailed")[0]).to.deep.include({ code: "unknown_payment" });
    for (const { state } of peers) expect(state.locks.size).to.equal(0);
  });

  it("[NODE-4] a hop fails upstream only when the payee's ack covers the removal", () => {
    const { net, wang, alice, bob, carol, xiaohong } = story();
    let isSilent = false;
    carol.mute = (message) => isSilent && message.kind === "update";
    net.disconnect(carol, xiaohong);
    pay(net, wang, xiaohong);
    for (let hop = 0; hop < 20; hop++) {
      isSilent = net.noticesOf(carol, "lockAdded").length > 0;
      if (!net.deliver(wang.id, alice.id)) net.deliver(alice.id, bob.id);
      net.deliver(bob.id, carol.id);
      net.deliver(carol.id, bob.id);
    }
    net.settle();
    const [out] = [...bob.state.channels.values()].flatMap(({ outgoing }) => outgoing);
    expect(out?.failed?.failure).to.have.lengthOf(FAILURE_BYTES);
    expect(net.noticesOf(wang, "paymentFailed")).to.deep.equal([]);
    carol.mute = () => false;
    net.disconnect(bob, carol);
    net.connect(bob, carol);
    net.settle();
    expect(net.noticesOf(wang, "paymentFailed")[0]).to.deep.include({ code: "peer_offline" });
  });

  it("[HOP-3] a hop gives back a lock that expires in less than two claimTimes", () => {
    const { net, wang, alice, xiaohong } = story();
    pay(net, wang, xiaohong);
    net.mine(CLAIM_TIME + BLOCK);
    net.read(alice);
    net.settle();
    expect(net.noticesOf(wang, "paymentFailed")[0]).to.deep.include({ code: "expiry_too_soon" });
  });

  it("[FEE-1] a hop never forwards for less than its policy", () => {
    const { net, wang, bob, xiaohong, hop } = story();
    bob.mute = (message) => message.kind === "policy";
    net.setPolicy(bob, hop(2), { feeBase: 2n * MILLI });
    pay(net, wang, xiaohong);
    net.settle();
    expect(net.noticesOf(wang, "paymentFailed")[0]).to.deep.include({ code: "fee_too_low" });
  });

  it("refuses what cannot be paid, and says why with values", () => {
    const { net, wang, alice, xiaohong } = story();
    const refusal = (invoice: string, maxFee = ETH): unknown => {
      net.command(wang, { kind: "payInvoice", invoice, maxFee, seed: freshSeed() });
      const last = wang.notices.at(-1);
      return last?.kind === "commandRefused" ? last.refusal : last;
    };
    expect(refusal(net.invoice(xiaohong, ETH), 2n * MILLI)).to.deep.equal({
      code: "fee_above_limit",
      message: `nothing was paid: the cheapest route for ${ETH} costs ${3n * MILLI}, the limit is ${2n * MILLI}; allow a higher fee`,
    });
    expect(refusal(net.invoice(xiaohong, 10n * ETH)))
      .to.have.property("message")
      .that.contains(`needs ${203n * MILLI} more in our own channels`);
    expect(refusal(net.invoice(wang, ETH))).to.have.property("code", "own_invoice");
    const late = net.invoice(xiaohong, ETH, 5);
    net.tick();
    expect(refusal(late)).to.have.property("code", "invoice_expired");
    const paid = net.invoice(alice, ETH);
    refusal(paid);
    expect(refusal(paid)).to.have.property("code", "payment_under_way");
    net.settle();
    expect(refusal(paid)).to.have.property("code", "already_paid");
    net.disconnect(wang, alice);
    expect(refusal(net.invoice(xiaohong, ETH))).to.have.property("code", "no_route");
  });

  it("finds no single route on which a lock would have to hold more than 2^96 - 1", () => {
    const { net, peers, hop } = row(["Wang", "Alice", "Xiaohong"], 1n << 100n);
    const [wang, alice, xiaohong] = peers;
    if (wang === undefined || alice === undefined || xiaohong === undefined) throw new Error("row");
    net.setPolicy(alice, hop(1), { feeBase: 1n, maxAmount: 1n << 100n });
    net.settle();
    const most = (1n << 96n) - 1n;
    const answer = (amount: bigint): unknown => {
      const invoice = net.invoice(xiaohong, amount);
      net.command(wang, { kind: "payInvoice", invoice, maxFee: 1n, seed: freshSeed() });
      net.settle();
      return wang.notices.findLast(({ kind }) => kind === "commandRefused" || kind === "paymentSucceeded");
    };
    expect(answer(most)).to.have.nested.property("refusal.code", "no_route");
    expect(answer(most - 1n)).to.include({ kind: "paymentSucceeded", amount: most - 1n, fee: 1n });
  });

  it("pays the neighbour directly, and tells when both have signed it", () => {
    const { net, peers, hop } = row(["Wang", "Alice"]);
    const [wang, alice] = peers;
    const channel = hop(0);
    if (wang === undefined || alice === undefined) throw new Error("row");
    const tag = tagOf(1);
    const gained = gains(net, peers, () => {
      net.command(wang, { kind: "payDirect", channel, amount: 5n, tag });
      expect(net.noticesOf(wang, "directAcknowledged")).to.deep.equal([]);
      net.settle();
    });
    expect(gained).to.deep.equal([-5n, 5n]);
    expect(net.noticesOf(alice, "directReceived")).to.have.lengthOf(1);
    expect(net.noticesOf(wang, "directAcknowledged")).to.have.lengthOf(1);
  });
});
