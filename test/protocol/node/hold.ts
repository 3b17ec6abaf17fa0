import { expect } from "chai";
import { ZERO_ADDRESS } from "../../../src/protocol/checked.ts";
import type { Command } from "../../../src/protocol/inputs.ts";
import { hashOf } from "../../../src/protocol/node/hash-of.ts";
import type { PaymentHash, Secret } from "../../../src/protocol/types.ts";
import { fastCrypto } from "../fast-crypto.ts";
import { type Fan, fan, hopAt } from "./fan.ts";
import { CLAIM_TIME, ETH, freshSecret, freshSeed, type Network, type Peer, SLOW } from "./network.ts";

const HOLD = 3600;

interface Held {
  readonly hash: PaymentHash;
  readonly secret: Secret;
  readonly text: string;
}

function holdInvoice(
  net: Network,
  payee: Peer,
  more: { readonly isOurs?: boolean; amount?: bigint } = {},
): Held {
  const secret = freshSecret();
  const hash = hashOf(fastCrypto, secret);
  net.command(payee, {
    kind: "createHoldInvoice",
    hash,
    secret: more.isOurs === true ? secret : null,
    paymentSecret: freshSecret(),
    amount: more.amount ?? ETH,
    token: ZERO_ADDRESS,
    description: "",
    validSeconds: 7200,
    holdSeconds: HOLD,
  });
  const created = net.noticesOf(payee, "invoiceCreated").at(-1);
  if (created === undefined) throw new Error("no invoice was created");
  return { hash, secret, text: created.text };
}

function payHold({ net, wang }: Fan, { text }: Held): void {
  net.command(wang, { kind: "payInvoice", invoice: text, maxFee: ETH, seed: freshSeed() });
  net.settle();
}

function refusal(net: Network, peer: Peer, command: Command): unknown {
  const before = peer.notices.length;
  net.command(peer, command);
  const refused = peer.notices.slice(before).find(({ kind }) => kind === "commandRefused");
  return refused?.kind === "commandRefused" ? refused.refusal : null;
}

function statusOf(peer: Peer, { hash }: Held): string | undefined {
  return peer.state.invoices.get(hash)?.status;
}

describe("node: invoices that are held", () => {
  it("[PART-6] nothing is released before the owner says so, and then everything, in parts too", () => {
    for (const amount of [ETH, 15n * ETH]) {
      const made = fan(2);
      const { net, wang, xiaohong } = made;
      const before = net.wealth(xiaohong);
      const held = holdInvoice(net, xiaohong, { amount });
      payHold(made, held);
      expect(statusOf(xiaohong, held)).to.equal("held");
      expect(net.noticesOf(xiaohong, "invoiceHeld").map((one) => one.amount)).to.deep.equal([amount]);
      net.tick(HOLD / 2);
      expect([net.noticesOf(wang, "paymentSucceeded").length, xiaohong.state.secrets.size]).to.deep.equal([
        0, 0,
      ]);
      expect(
        refusal(net, xiaohong, { kind: "settleInvoice", hash: held.hash, secret: held.secret }),
      ).to.equal(null);
      net.settle();
      expect(net.noticesOf(wang, "paymentSucceeded")[0]).to.include({ secret: held.secret, amount });
      expect(net.wealth(xiaohong) - before).to.equal(amount);
      expect(statusOf(xiaohong, held)).to.equal("paid");
    }
  });

  it("[PART-6] is held for the time that it was made for, then goes back without the chain", () => {
    const made = fan(1);
    const { net, wang, xiaohong, peers } = made;
    const before = peers.map((peer) => net.wealth(peer));
    const held = holdInvoice(net, xiaohong);
    payHold(made, held);
    const { until } = net.noticesOf(xiaohong, "invoiceHeld")[0] ?? { until: 0 };
    expect(until - net.chain.time >= HOLD, "as long as asked for").to.equal(true);
    net.tick(until - 1 - net.chain.time);
    expect(statusOf(xiaohong, held), "a second before").to.equal("held");
    net.tick(1);
    expect(statusOf(xiaohong, held)).to.equal("cancelled");
    expect(net.noticesOf(xiaohong, "invoiceCancelled")).to.deep.equal([
      { kind: "invoiceCancelled", hash: held.hash, by: "time" },
    ]);
    expect(net.noticesOf(wang, "paymentFailed").map(({ code }) => code)).to.deep.equal(["cancelled"]);
    for (let late = 0; late < 3 * CLAIM_TIME; late += SLOW) net.tick(SLOW);
    expect(peers.map((peer) => net.wealth(peer))).to.deep.equal(before);
    expect(net.chain.mined, "nobody needed the chain").to.deep.equal([]);
    const late = refusal(net, xiaohong, { kind: "settleInvoice", hash: held.hash, secret: held.secret });
    expect(late).to.deep.equal({
      code: "invoice_not_held",
      message: `nothing was settled: invoice ${held.hash.slice(0, 10)} is cancelled; wait for invoice_held`,
    });
  });

  it("[PART-6] goes back when the owner cancels, once, and is never paid after that", () => {
    const made = fan(1);
    const { net, wang, xiaohong, peers } = made;
    const before = peers.map((peer) => net.wealth(peer));
    const held = holdInvoice(net, xiaohong, { isOurs: true });
    payHold(made, held);
    expect(refusal(net, xiaohong, { kind: "cancelInvoice", hash: held.hash })).to.equal(null);
    net.settle();
    expect(net.noticesOf(wang, "paymentFailed").map(({ code }) => code)).to.deep.equal(["cancelled"]);
    expect(refusal(net, xiaohong, { kind: "cancelInvoice", hash: held.hash })).to.deep.equal({
      code: "invoice_ended",
      message: `nothing was cancelled: invoice ${held.hash.slice(0, 10)} is cancelled already`,
    });
    payHold(made, held);
    expect(net.noticesOf(wang, "paymentFailed").at(-1)?.code).to.equal("unknown_payment");
    expect(peers.map((peer) => net.wealth(peer))).to.deep.equal(before);
  });

  it("refuses to settle what is not held, with another secret, or without one", () => {
    const made = fan(1);
    const { net, xiaohong } = made;
    const held = holdInvoice(net, xiaohong);
    const { hash, secret } = held;
    const codeOf = (command: Command): unknown =>
      (refusal(net, xiaohong, command) as { readonly code: string } | null)?.code;
    expect(codeOf({ kind: "settleInvoice", hash: secret as never, secret })).to.equal("unknown_invoice");
    expect(codeOf({ kind: "cancelInvoice", hash: secret as never })).to.equal("unknown_invoice");
    expect(codeOf({ kind: "settleInvoice", hash, secret })).to.equal("invoice_not_held");
    payHold(made, held);
    expect(codeOf({ kind: "settleInvoice", hash, secret: freshSecret() })).to.equal("wrong_secret");
    expect(codeOf({ kind: "settleInvoice", hash, secret: null })).to.equal("wrong_secret");
    expect(statusOf(xiaohong, held)).to.equal("held");
    expect(codeOf({ kind: "settleInvoice", hash, secret })).to.equal(undefined);
    expect(codeOf({ kind: "cancelInvoice", hash })).to.equal("invoice_ended");
    const ours = holdInvoice(net, xiaohong, { isOurs: true });
    payHold(made, ours);
    expect(codeOf({ kind: "settleInvoice", hash: ours.hash, secret: null })).to.equal(undefined);
  });

  it("is not made for a hash that is in use, as that of a payment which is forwarded", () => {
    const made = fan(1);
    const { net, xiaohong } = made;
    xiaohong.mute = ({ kind }) => kind === "fulfil";
    const { hash, text } = holdInvoice(net, xiaohong);
    payHold(made, { hash, text, secret: freshSecret() });
    const hop = hopAt(made, 0);
    const terms = { paymentSecret: freshSecret(), amount: 1n, token: ZERO_ADDRESS, description: "" };
    const times = { validSeconds: 60, holdSeconds: 60 };
    const refused = refusal(net, hop, { kind: "createHoldInvoice", hash, secret: null, ...terms, ...times });
    expect(refused).to.have.property("code", "invoice_duplicate");
    const wrong = refusal(net, hop, {
      kind: "createHoldInvoice",
      hash,
      secret: freshSecret(),
      ...terms,
      ...times,
    });
    expect(wrong).to.have.property("code", "wrong_secret");
  });

  it("[PART-6] is not settled for less than the whole", () => {
    const made = fan(2);
    const { net, xiaohong, last } = made;
    const held = holdInvoice(net, xiaohong, { amount: 15n * ETH });
    payHold(made, held);
    expect(statusOf(xiaohong, held)).to.equal("held");
    const ended = { kind: "ended", channel: last(0), paid: { A: 0n, B: 0n }, how: "settled" } as const;
    const settle = { kind: "settleInvoice", hash: held.hash, secret: held.secret } as const;
    net.run(xiaohong, [
      { kind: "chain", fact: ended },
      { kind: "command", command: settle },
    ]);
    expect(xiaohong.state.secrets.size).to.equal(0);
    expect(net.noticesOf(xiaohong, "commandRefused").at(-1)?.refusal.code).to.equal("invoice_ended");
  });

  it("[PART-6] can be settled over the chain when the peer closed its channel meanwhile", () => {
    const made = fan(1);
    const { net, wang, xiaohong, last } = made;
    const before = net.wealth(xiaohong);
    const held = holdInvoice(net, xiaohong);
    payHold(made, held);
    net.command(hopAt(made, 0), { kind: "closeAlone", channel: last(0) });
    net.settle();
    net.tick(SLOW);
    net.tick(SLOW);
    expect(statusOf(xiaohong, held)).to.equal("held");
    net.command(xiaohong, { kind: "settleInvoice", hash: held.hash, secret: held.secret });
    net.settle();
    for (let block = 0; net.chain.isOpen(last(0)) && block < 200; block++) net.tick(SLOW);
    net.tick();
    expect(net.wealth(xiaohong) - before).to.equal(ETH);
    expect(net.noticesOf(wang, "paymentSucceeded")).to.have.lengthOf(1);
  });
});
