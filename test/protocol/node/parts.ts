import { expect } from "chai";
import fc from "fast-check";
import { decodeInvoice, type Invoice } from "../../../src/protocol/invoice.ts";
import { decodeNode, encodeNode } from "../../../src/protocol/node/codec.ts";
import { MAX_HELD_PARTS, PART_WAIT_SECONDS } from "../../../src/protocol/node/gather.ts";
import { MAX_PARTS } from "../../../src/protocol/split.ts";
import type { Amount, Secret } from "../../../src/protocol/types.ts";
import { fastCrypto } from "../fast-crypto.ts";
import { type Fan, fan, hopAt, sendBy } from "./fan.ts";
import { CLAIM_TIME, ETH, FEE, freshSeed, type Network, type Peer } from "./network.ts";

function payText({ net, wang }: Fan, invoice: string, maxFee = ETH): void {
  net.command(wang, { kind: "payInvoice", invoice, maxFee, seed: freshSeed() });
}

function failures(net: Network, peer: Peer): readonly string[] {
  return net.noticesOf(peer, "paymentFailed").map(({ code }) => code);
}

function outLocked(peer: Peer): Amount {
  return [...peer.state.channels.values()].reduce((sum, { own }) => sum + own.locked + own.queuedSpend, 0n);
}

function expectFree(peers: readonly Peer[]): void {
  for (const { state } of peers)
    expect([state.locks.size, state.attempts.size, state.gatherings.size]).to.deep.equal([0, 0, 0]);
}

/** What a payer of parts of its own choice needs of an invoice. */
function termsIn(text: string): Invoice {
  const decoded = decodeInvoice(fastCrypto, text);
  if (!decoded.ok) throw new Error(decoded.message);
  return decoded.invoice;
}

describe("node: payments in parts", () => {
  it("[PART-1] [PART-2] 15 ETH pass over two ways of 10, all or nothing, for the fees of both", () => {
    const made = fan(2);
    const { net, wang, xiaohong, peers } = made;
    const before = peers.map((peer) => net.wealth(peer));
    const invoice = net.invoice(xiaohong, 15n * ETH);
    payText(made, invoice);
    expect(net.noticesOf(wang, "partSent").length).to.be.at.least(1);
    net.settle();
    expect(net.noticesOf(wang, "paymentSucceeded")).to.have.lengthOf(1);
    const parts = net.noticesOf(wang, "partSent").length + 1;
    const { fee } = net.noticesOf(wang, "paymentSucceeded")[0] ?? { fee: 0n };
    expect(fee >= BigInt(parts) * FEE.feeBase).to.equal(true);
    const gained = peers.map((peer, at) => net.wealth(peer) - (before[at] ?? 0n));
    expect(gained.slice(0, 2)).to.deep.equal([-15n * ETH - fee, 15n * ETH]);
    expect(net.noticesOf(xiaohong, "invoicePaid").map(({ amount }) => amount)).to.deep.equal([15n * ETH]);
    expectFree(peers);
  });

  it("[PART-2] nothing is released before the last part is there", () => {
    const made = fan(2);
    const { net, xiaohong } = made;
    const second = hopAt(made, 1);
    second.mute = ({ kind }) => kind === "update";
    payText(made, net.invoice(xiaohong, 15n * ETH));
    net.settle();
    const held = [...xiaohong.state.channels.values()].flatMap(({ incoming }) => incoming);
    expect(held.map(({ fate }) => fate.kind)).to.include("held");
    expect(xiaohong.state.secrets.size, "no witness is out").to.equal(0);
    expect([...xiaohong.state.invoices.values()].map(({ status }) => status)).to.deep.equal(["open"]);
  });

  it("[PART-3] a sum that stays short goes back after the wait, not before, and the payment fails once all is back", () => {
    const made = fan(2);
    const { net, wang, xiaohong, peers } = made;
    const before = peers.map((peer) => net.wealth(peer));
    const second = hopAt(made, 1);
    second.mute = ({ kind }) => kind === "update" || kind === "fail";
    payText(made, net.invoice(xiaohong, 15n * ETH));
    net.settle();
    const since = [...xiaohong.state.gatherings.values()][0]?.since ?? 0;
    net.tick(since + PART_WAIT_SECONDS - 1 - net.chain.time);
    expect(xiaohong.state.gatherings.size, "a second before the end").to.equal(1);
    net.tick(1);
    expect(xiaohong.state.gatherings.size).to.equal(0);
    const locked = outLocked(wang);
    expect(locked > 0n && locked < 15n * ETH, "what is with the silent hop").to.equal(true);
    expect(failures(net, wang), "a part is still out").to.deep.equal([]);
    second.mute = () => false;
    for (const peer of [wang, xiaohong]) {
      net.disconnect(peer, second);
      net.connect(peer, second);
    }
    net.settle();
    net.tick(PART_WAIT_SECONDS);
    expect(failures(net, wang)).to.deep.equal(["parts_missing"]);
    expect(peers.map((peer) => net.wealth(peer))).to.deep.equal(before);
    expectFree(peers);
  });

  it("[PART-1] a part that comes back goes over another way, and no more than the whole is ever locked", () => {
    const made = fan(4);
    const { net, wang, xiaohong, peers } = made;
    for (const dead of [0, 2]) net.disconnect(hopAt(made, dead), xiaohong);
    let most = 0n;
    const amount = 15n * ETH;
    payText(made, net.invoice(xiaohong, amount));
    for (let busy = true; busy;) {
      busy = false;
      for (const { ends } of net.links) {
        busy = net.deliver(ends[0], ends[1]) || busy;
        busy = net.deliver(ends[1], ends[0]) || busy;
        const parts = [...wang.state.attempts.values()].flatMap((one) => one.parts);
        const live = parts.reduce((sum, part) => sum + part.amount, 0n);
        most = live > most ? live : most;
        expect(live <= amount, `${live} of ${amount}`).to.equal(true);
      }
    }
    expect(most).to.equal(amount);
    expect(net.noticesOf(wang, "paymentRetried").length).to.be.at.least(1);
    expect(net.noticesOf(wang, "paymentSucceeded")).to.have.lengthOf(1);
    expectFree(peers);
  });

  it("[PART-1] the limit of fees holds for all parts together", () => {
    for (const [allowed, succeeded] of [
      [2n * FEE.feeBase, 0],
      [2n * FEE.feeBase + 1n, 1],
    ] as const) {
      const made = fan(2);
      const { net, wang, xiaohong } = made;
      payText(made, net.invoice(xiaohong, 12n * ETH), allowed);
      net.settle();
      expect(net.noticesOf(wang, "paymentSucceeded"), `${allowed}`).to.have.lengthOf(succeeded);
      const { fee } = net.noticesOf(wang, "paymentSucceeded")[0] ?? { fee: 0n };
      expect(fee <= allowed).to.equal(true);
    }
  });

  it("[PART-1] parts that replace others keep to what these have left of the fees", () => {
    for (const [more, succeeded] of [
      [2n, 0],
      [3n, 1],
    ] as const) {
      const made = fan(3);
      const { net, wang, xiaohong, peers } = made;
      net.disconnect(hopAt(made, 0), xiaohong);
      payText(made, net.invoice(xiaohong, 12n * ETH), 2n * FEE.feeBase + more);
      expect(net.noticesOf(wang, "partSent")).to.have.lengthOf(1);
      net.settle();
      net.tick(PART_WAIT_SECONDS);
      expect(net.noticesOf(wang, "paymentSucceeded"), `${more}`).to.have.lengthOf(succeeded);
      expectFree(peers);
    }
  });

  it("[PART-4] a payer that starts again from its log in the middle pays once", () => {
    const made = fan(2);
    const { net, wang, xiaohong, peers } = made;
    const before = peers.map((peer) => net.wealth(peer));
    payText(made, net.invoice(xiaohong, 15n * ETH));
    net.deliver(wang.id, hopAt(made, 0).id, 9);
    for (const hop of made.hops) net.disconnect(wang, hop);
    wang.state = decodeNode(encodeNode(wang.state));
    for (const hop of made.hops) net.connect(wang, hop);
    net.settle();
    const gained = (peer: Peer): Amount => net.wealth(peer) - (before[peers.indexOf(peer)] ?? 0n);
    expect([0n, 15n * ETH]).to.include(gained(xiaohong));
    net.tick(PART_WAIT_SECONDS);
    net.tick();
    const isPaid = net.noticesOf(wang, "paymentSucceeded").length === 1;
    expect(gained(xiaohong)).to.equal(isPaid ? 15n * ETH : 0n);
    expect(net.noticesOf(wang, "paymentSucceeded").length + failures(net, wang).length).to.equal(1);
    expectFree(peers);
  });

  it("[PART-2] takes more than the whole, but not a part after the witness is out", () => {
    const made = fan(1);
    const { net, wang, xiaohong } = made;
    const invoice = net.invoice(xiaohong, 3n * ETH);
    const { hash, paymentSecret, amount } = termsIn(invoice);
    const part = (share: Amount): void => {
      sendBy(made, 0, { hash, amount: share, deliver: { kind: "deliver", paymentSecret, total: amount } });
      net.settle();
    };
    part(2n * ETH);
    expect(net.noticesOf(xiaohong, "invoicePaid")).to.deep.equal([]);
    part(2n * ETH);
    expect(net.noticesOf(xiaohong, "invoicePaid")).to.deep.equal([
      { kind: "invoicePaid", hash, amount: 4n * ETH },
    ]);
    // Hops forget the witness with the next block, and would let a replay pass.
    net.tick();
    const wealth = net.wealth(xiaohong);
    part(3n * ETH);
    expect(net.wealth(xiaohong), "a replay after the end").to.equal(wealth);
    expect(xiaohong.state.gatherings.size).to.equal(0);
    expect(wang.state.locks.size).to.equal(0);
  });

  it("[PART-2] a part that names another total ends all that are held; without the secret of the invoice it ends none", () => {
    const made = fan(1);
    const { net, wang, xiaohong } = made;
    const { hash, paymentSecret, amount } = termsIn(net.invoice(xiaohong, 3n * ETH));
    const order = { hash, amount: ETH };
    const wrong = `0x${"99".repeat(32)}` as Secret;
    sendBy(made, 0, { ...order, deliver: { kind: "deliver", paymentSecret, total: amount } });
    net.settle();
    expect(xiaohong.state.gatherings.size).to.equal(1);
    sendBy(made, 0, { ...order, deliver: { kind: "deliver", paymentSecret: wrong, total: amount + 1n } });
    net.settle();
    expect(xiaohong.state.gatherings.size, "a hop that probes").to.equal(1);
    sendBy(made, 0, { ...order, deliver: { kind: "deliver", paymentSecret, total: amount + 1n } });
    net.settle();
    expect(xiaohong.state.gatherings.size).to.equal(0);
    expect([wang.state.locks.size, xiaohong.state.locks.size]).to.deep.equal([0, 0]);
    expect(xiaohong.state.secrets.size).to.equal(0);
  });

  it("[PART-3] parts leave the payee a claimTime when they are released, and what has less goes back", () => {
    const made = fan(1);
    const { net, xiaohong } = made;
    const { hash, paymentSecret, amount } = termsIn(net.invoice(xiaohong, 2n * ETH));
    const deliver = { kind: "deliver", paymentSecret, total: amount } as const;
    // The hop sends the part itself: it asks nobody for two claimTimes.
    const send = (life: number): void => {
      sendBy(made, 0, { hash, amount: ETH, deliver, life, from: hopAt(made, 0) });
      net.settle();
    };
    send(CLAIM_TIME - 1);
    expect(xiaohong.state.gatherings.size, "too little at once").to.equal(0);
    send(CLAIM_TIME + 5);
    expect(xiaohong.state.gatherings.size).to.equal(1);
    net.tick(5);
    expect(xiaohong.state.gatherings.size, "just enough").to.equal(1);
    net.tick(1);
    expect(xiaohong.state.gatherings.size).to.equal(0);
    send(3 * CLAIM_TIME);
    expect(net.noticesOf(xiaohong, "invoicePaid"), "the part that went back does not count").to.deep.equal(
      [],
    );
  });

  it("[PART-2] a part whose channel is being closed does not count", () => {
    const made = fan(2);
    const { net, xiaohong, last } = made;
    const { hash, paymentSecret, amount } = termsIn(net.invoice(xiaohong, 2n * ETH));
    const deliver = { kind: "deliver", paymentSecret, total: amount } as const;
    sendBy(made, 0, { hash, amount: ETH, deliver });
    net.settle();
    net.command(xiaohong, { kind: "closeAlone", channel: last(0) });
    sendBy(made, 1, { hash, amount: ETH, deliver });
    net.settle();
    expect(xiaohong.state.secrets.size).to.equal(0);
    sendBy(made, 1, { hash, amount: ETH, deliver });
    net.settle();
    expect(
      net.noticesOf(xiaohong, "invoicePaid").map((one) => one.amount),
      "enough without it",
    ).to.deep.equal([]);
    expect([...xiaohong.state.invoices.values()].map(({ status }) => status)).to.deep.equal(["claimed"]);
  });

  it("[PART-5] a payee holds so many parts of a payment and no more", () => {
    const made = fan(1);
    const { net, xiaohong } = made;
    const { hash, paymentSecret, amount } = termsIn(net.invoice(xiaohong, ETH));
    const deliver = { kind: "deliver", paymentSecret, total: amount } as const;
    const held = (): number =>
      [...xiaohong.state.channels.values()]
        .flatMap(({ incoming }) => incoming)
        .filter(({ fate }) => fate.kind === "held").length;
    for (let part = 0; part < MAX_HELD_PARTS; part++) sendBy(made, 0, { hash, amount: 1n, deliver });
    net.settle();
    expect(held()).to.equal(MAX_HELD_PARTS);
    sendBy(made, 0, { hash, amount: 1n, deliver });
    net.settle();
    expect(held()).to.equal(MAX_HELD_PARTS);
    expect(MAX_PARTS).to.be.at.most(MAX_HELD_PARTS);
  });

  it("all or nothing, whatever comes, in any order, whoever is silent", () => {
    let [paid, failed] = [0, 0];
    fc.assert(
      fc.property(
        fc.record({
          hops: fc.integer({ min: 2, max: 4 }),
          eth: fc.integer({ min: 8, max: 22 }),
          dead: fc.subarray([0, 1, 2, 3], { maxLength: 1 }),
          silent: fc.subarray([1, 2, 3], { maxLength: 1 }),
          order: fc.array(fc.nat(63), { maxLength: 40 }),
        }),
        ({ hops, eth, dead, silent, order }) => {
          const made = fan(hops);
          const { net, wang, xiaohong, peers } = made;
          for (const at of dead) if (at < hops) net.disconnect(hopAt(made, at), xiaohong);
          for (const at of silent) if (at < hops) hopAt(made, at).mute = ({ kind }) => kind === "update";
          const before = peers.map((peer) => net.wealth(peer));
          const amount = BigInt(eth) * ETH;
          payText(made, net.invoice(xiaohong, amount));
          for (const at of order) {
            const { ends } = net.links[at % net.links.length] ?? { ends: [wang.id, wang.id] };
            const [from, to] = at < 32 ? ends : [ends[1], ends[0]];
            if (from !== to) net.deliver(from, to);
          }
          net.settle();
          net.tick(PART_WAIT_SECONDS);
          for (const peer of peers) peer.mute = () => false;
          for (const hop of made.hops) {
            net.disconnect(wang, hop);
            net.connect(wang, hop);
            net.disconnect(hop, xiaohong);
            net.connect(hop, xiaohong);
          }
          net.settle();
          net.tick(PART_WAIT_SECONDS);
          net.tick(PART_WAIT_SECONDS);
          const gained = peers.map((peer, at) => net.wealth(peer) - (before[at] ?? 0n));
          const isPaid = net.noticesOf(wang, "paymentSucceeded").length === 1;
          if (isPaid) paid++;
          else failed++;
          expect(gained[1]).to.equal(isPaid ? amount : 0n);
          if (!isPaid) expect(gained).to.deep.equal(gained.map(() => 0n));
          expectFree(peers);
        },
      ),
      { numRuns: 20, seed: 20_261_124, verbose: true },
    );
    console.log(`      ${paid} paid, ${failed} failed, seed 20261124`);
    expect(paid).to.be.greaterThan(3);
    expect(failed).to.be.greaterThan(2);
  });
});
