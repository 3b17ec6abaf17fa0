import { expect } from "chai";

import { fundingConsentDigest, laneDigest } from "../../../src/protocol/eip712.ts";
import { channelId, paramsId } from "../../../src/protocol/identity.ts";
import { bodyOf } from "../../../src/protocol/locks.ts";
import { LEAST_BOUGHT_SALT } from "../../../src/protocol/liquidity-terms.ts";
import type { Message } from "../../../src/protocol/messages.ts";
import { MAX_OPENING_SECONDS, MOST_AGREED } from "../../../src/protocol/node/openings.ts";
import type { ChannelId, Deposits, Params } from "../../../src/protocol/types.ts";
import { ZERO_ADDRESS, ZERO_WORD } from "../../../src/protocol/checked.ts";
import { fastCrypto, fastSigner } from "../fast-crypto.ts";
import { DOMAIN } from "../lane-pair.ts";
import { loseData } from "./recovery-world.ts";
import { CHALLENGE, CLAIM_TIME, ETH, Network, pay, type Peer, runUntilEnded } from "./network.ts";

type Ask = Extract<Message, { kind: "openAsk" }>;

const FEE = ETH / 100n;
/** Bob brings what pays the fee and the reserve of 1 %. */
const AMOUNTS: Deposits = { A: ETH / 4n, B: 10n * ETH };

function world() {
  const net = new Network();
  const [buyer, seller, other] = [net.add("Buyer"), net.add("Seller"), net.add("Other")];
  for (const peer of [seller, other])
    net.links.push({ ends: [buyer.id, peer.id], connected: false, queues: new Map() });
  net.connectAll();
  net.tick();
  const params = (salt = LEAST_BOUGHT_SALT): Params => ({
    ownerA: buyer.id,
    ownerB: seller.id,
    signerA: buyer.id,
    signerB: seller.id,
    token: ZERO_ADDRESS,
    challengePeriod: CHALLENGE,
    recoveryPeriod: 0,
    salt,
  });
  const validUntil = buyer.state.head.time + 600;
  const idOf = (of: Params): ChannelId => channelId(fastCrypto, paramsId(fastCrypto, DOMAIN, of), 1);
  const channel = idOf(params());
  const terms = { params: params(), life: 1, amounts: AMOUNTS, fee: FEE, validUntil };
  const propose = (values: Partial<typeof terms> = {}): void =>
    void net.command(buyer, { kind: "proposeOpening", ...terms, ...values });
  const answer = (id = channel): void =>
    void net.command(seller, { kind: "answerOpening", channel: id, refusal: null });
  const refusal = (peer: Peer) => net.noticesOf(peer, "commandRefused").at(-1)?.refusal;
  const why = (peer: Peer): string => net.noticesOf(peer, "dropped").at(-1)?.why ?? "nothing was dropped";
  return {
    net,
    buyer,
    seller,
    other,
    params,
    terms,
    channel,
    validUntil,
    idOf,
    propose,
    answer,
    refusal,
    why,
  };
}

/** As a buyer signs it, with values that an honest one would not. */
function asked({ terms, idOf }: ReturnType<typeof world>, by: Peer, values: Partial<Ask> = {}): Ask {
  const all = { ...terms, ...values };
  const body = bodyOf(fastCrypto, { sent: all.fee, ack: 0, locksRoot: ZERO_WORD as never });
  const digest = laneDigest(fastCrypto, DOMAIN, idOf(all.params), 1, body);
  return { kind: "openAsk", ...all, signature: fastSigner(by.id).sign(digest), ...values };
}

describe("a channel that both sides fund", () => {
  it("pays the fee by its opening, and not a unit before", () => {
    const { net, buyer, seller, channel, terms, propose, answer, validUntil } = world();
    propose();
    net.settle();
    const [told] = net.noticesOf(seller, "openingAsked");
    expect(told).to.deep.equal({ kind: "openingAsked", channel, from: buyer.id, side: "B", ...terms });
    answer();
    net.settle();
    const [agreed] = net.noticesOf(buyer, "openingAgreed");
    const consent = {
      paramsId: paramsId(fastCrypto, DOMAIN, terms.params),
      life: 1,
      amount: AMOUNTS.B,
      otherAmount: AMOUNTS.A,
      validUntil,
    };
    const digest = fundingConsentDigest(fastCrypto, DOMAIN, consent);
    expect(fastCrypto.recover(digest, agreed?.signature as never)).to.equal(seller.id);
    expect([buyer.state.channels.size, seller.state.channels.size]).to.deep.equal([0, 0]);
    net.chain.open(terms.params, AMOUNTS);
    net.tick();
    net.tick();
    expect([net.balance(buyer, channel), net.balance(seller, channel)]).to.deep.equal([
      AMOUNTS.A - FEE,
      AMOUNTS.B + FEE,
    ]);
    expect(net.noticesOf(seller, "directReceived").map(({ amount }) => amount)).to.deep.equal([FEE]);
    expect(net.noticesOf(buyer, "directAcknowledged").map(({ amount }) => amount)).to.deep.equal([FEE]);
    for (const peer of [buyer, seller]) expect(net.noticesOf(peer, "channelUsable")).to.have.length(1);
    net.setPolicy(seller, channel);
    net.setPolicy(buyer, channel);
    net.settle();
    pay(net, seller, buyer, 9n * ETH);
    net.settle();
    expect(net.balance(buyer, channel)).to.equal(AMOUNTS.A - FEE + 9n * ETH);
  });

  it("pays it whoever of them leaves at once, and convicts a buyer that says nothing was signed", () => {
    const { net, buyer, seller, channel, terms, propose, answer } = world();
    propose();
    net.settle();
    answer();
    net.settle();
    net.chain.open(terms.params, AMOUNTS);
    net.mine();
    net.read(buyer);
    // As if it had signed nothing.
    const begun = net.channelOf(buyer, channel);
    const own = { ...begun.own, newest: { seq: 0, sent: 0n, ack: 0, locks: [] } };
    const theirs = { seq: 0, sent: 0n, ack: 0, locksRoot: ZERO_WORD as never };
    buyer.pending.set("close", {
      ...{ kind: "close", key: "close", params: terms.params, life: 1 },
      ...{ own: own.newest, theirs, theirSignature: null },
    });
    runUntilEnded(net, channel);
    expect(net.chain.paid.get(buyer.id) ?? 0n).to.equal(0n);
    expect(net.chain.paid.get(seller.id)).to.equal(AMOUNTS.A + AMOUNTS.B);
  });

  it("is none before both have brought what was agreed, whoever opens it with less", () => {
    const { net, buyer, seller, channel, terms, propose, answer } = world();
    propose();
    net.settle();
    answer();
    net.settle();
    net.chain.open(terms.params, { A: 0n, B: 1n });
    net.tick();
    expect([buyer.state.channels.size, seller.state.channels.size]).to.deep.equal([0, 0]);
    net.chain.deposit(channel, "B", AMOUNTS.B);
    net.tick();
    expect([buyer.state.channels.size, seller.state.channels.size]).to.deep.equal([0, 0]);
    net.chain.deposit(channel, "A", AMOUNTS.A);
    net.tick();
    net.tick();
    expect(net.balance(buyer, channel)).to.equal(AMOUNTS.A - FEE);
    expect(net.balance(seller, channel)).to.equal(AMOUNTS.B + FEE + 1n);
  });

  it("is remembered by the buyer after its time, so that nothing else is signed under its number", () => {
    const { net, buyer, seller, channel, terms, propose, answer } = world();
    propose();
    net.settle();
    answer();
    net.settle();
    net.tick(600);
    expect([buyer.state.openings.has(channel), seller.state.openings.has(channel)]).to.deep.equal([
      true,
      true,
    ]);
    net.tick(1);
    expect([buyer.state.openings.has(channel), seller.state.openings.has(channel)]).to.deep.equal([
      true,
      false,
    ]);
    net.chain.open(terms.params, { A: 0n, B: ETH });
    net.tick();
    expect(buyer.state.channels.has(channel)).to.equal(false);
  });

  for (const amounts of [AMOUNTS, { A: 0n, B: AMOUNTS.B }])
    it(`[REC-1] is lost for a buyer that lost data after it signed the fee, opened with ${amounts.A} of its own`, () => {
      const { net, buyer, seller, channel, terms, propose, answer } = world();
      propose();
      net.settle();
      answer();
      net.settle();
      loseData(net, buyer);
      net.tick();
      net.connect(buyer, seller);
      net.chain.open(terms.params, amounts);
      net.tick();
      expect(net.channelOf(buyer, channel).phase.kind).to.equal("frozen");
      const tag = `0x${"44".repeat(32)}` as never;
      net.command(buyer, { kind: "payDirect", channel, amount: 1n, tag });
      expect(net.noticesOf(buyer, "commandRefused").at(-1)?.refusal.code).to.equal("channel_frozen");
      if (amounts.A === 0n) return;
      runUntilEnded(net, channel);
      expect(net.noticesOf(buyer, "channelEnded")[0]).to.deep.include({ received: AMOUNTS.A - FEE });
    });

  it("[REC-1] is whole if it was bought after data was lost, and so is one that nobody bought", () => {
    const { net, buyer, seller, channel, terms, params, idOf, propose, answer } = world();
    loseData(net, buyer);
    net.tick();
    net.connect(buyer, seller);
    net.settle();
    propose({ validUntil: buyer.state.head.time + 600 });
    net.settle();
    answer();
    net.settle();
    const ordinary = params(LEAST_BOUGHT_SALT - 1n);
    net.chain.open(terms.params, AMOUNTS);
    net.chain.open(ordinary, AMOUNTS);
    net.tick();
    for (const id of [channel, idOf(ordinary)])
      expect(net.channelOf(buyer, id)).to.deep.include({ lost: null });
  });

  it("needs no fee, and then nothing is signed before it is open", () => {
    const { net, seller, buyer, terms, channel, propose, answer } = world();
    propose({ fee: 0n });
    net.settle();
    answer();
    net.settle();
    net.chain.open(terms.params, AMOUNTS);
    net.tick();
    net.tick();
    expect([net.balance(buyer, channel), net.balance(seller, channel)]).to.deep.equal([AMOUNTS.A, AMOUNTS.B]);
    expect(net.noticesOf(seller, "directReceived")).to.deep.equal([]);
  });

  it("is not proposed without the peer, the money for the fee, time, or our own place in it", () => {
    const made = world();
    const { net, buyer, seller, other, propose, params, refusal, terms } = made;
    const codes = (values: Parameters<typeof propose>[0]): string | undefined => {
      propose(values);
      return refusal(buyer)?.code;
    };
    const reserve = (AMOUNTS.B + FEE + ETH / 10n + 99n) / 100n;
    expect(codes({ amounts: { A: reserve + FEE - 1n, B: AMOUNTS.B } })).to.equal("not_enough_balance");
    expect(codes({ amounts: { A: FEE - 1n, B: AMOUNTS.B } })).to.equal("not_enough_balance");
    expect(codes({ validUntil: buyer.state.head.time })).to.equal("opening_impossible");
    expect(codes({ params: { ...params(), challengePeriod: 2 * CLAIM_TIME - 1 } })).to.equal(
      "opening_impossible",
    );
    expect(codes({ params: { ...params(), ownerA: other.id } })).to.equal("opening_impossible");
    expect(codes({ params: params(LEAST_BOUGHT_SALT - 1n) })).to.equal("opening_impossible");
    expect(refusal(buyer)?.message).to.match(
      /: its salt 18446744073709551615 is below 18446744073709551616$/,
    );
    expect(codes({ params: { ...params(), signerA: other.id } })).to.equal("unknown_channel");
    net.disconnect(buyer, seller);
    expect(codes({})).to.equal("peer_not_connected");
    expect(buyer.state.openings.size).to.equal(0);
    net.connect(buyer, seller);
    propose({ amounts: { A: FEE, B: AMOUNTS.B } });
    expect(buyer.state.openings.size, "below the reserve nothing binds yet").to.equal(1);
    expect(terms.fee).to.equal(FEE);
  });

  it("is not for the owner to decide if it is forged, late, too long, free of our money, or not ours", () => {
    const made = world();
    const { net, buyer, seller, other, params, why } = made;
    const { time } = seller.state.head;
    const bad: readonly (readonly [Ask, RegExp])[] = [
      [asked(made, other), /its fee is not paid by what it signed: forged$/],
      [asked(made, buyer, { signature: null }), /its fee and its signature do not belong together$/],
      [asked(made, buyer, { fee: 0n }), /its fee and its signature do not belong together$/],
      [asked(made, buyer, { fee: FEE + 1n, signature: asked(made, buyer).signature }), /signed: forged$/],
      [asked(made, buyer, { amounts: { A: FEE - 1n, B: 10n * ETH } }), /signed: wait$/],
      [asked(made, buyer, { validUntil: time }), /it is valid until \d+, and it is \d+$/],
      [asked(made, buyer, { validUntil: time + MAX_OPENING_SECONDS + 1 }), /it is valid until/],
      [asked(made, buyer, { amounts: { A: ETH, B: 0n } }), /it asks for none of our money$/],
      [
        asked(made, buyer, { params: { ...params(), challengePeriod: 2 * CLAIM_TIME - 1 } }),
        /challenge period/,
      ],
      [asked(made, buyer, { params: { ...params(), recoveryPeriod: 60 } }), /it could be closed humbly$/],
      [asked(made, buyer, { params: { ...params(), ownerB: other.id } }), /our side would pay 0x/],
      [asked(made, buyer, { params: { ...params(), signerA: other.id } }), /not one of the sender and us$/],
      [asked(made, buyer, { params: { ...params(), signerB: other.id } }), /not one of the sender and us$/],
    ];
    for (const [message, says] of bad) {
      net.run(seller, [{ kind: "message", from: buyer.id, message }]);
      expect(why(seller)).to.match(says);
    }
    expect(net.noticesOf(seller, "openingAsked")).to.deep.equal([]);
    expect(seller.state.openings.size).to.equal(0);
    net.run(seller, [{ kind: "message", from: buyer.id, message: asked(made, buyer) }]);
    const more = asked(made, buyer, { amounts: { A: ETH, B: 100n * ETH } });
    net.run(seller, [{ kind: "message", from: buyer.id, message: more }]);
    expect(why(seller)).to.match(/: it is under way$/);
    expect(seller.state.openings.get(made.channel)?.amounts).to.deep.equal(AMOUNTS);
    expect(net.noticesOf(seller, "openingAsked")).to.have.length(1);
  });

  it("gives way, undecided, to what the buyer wants now, and one that it cannot open holds up no other", () => {
    const made = world();
    const { net, buyer, seller, params, idOf, answer, refusal } = made;
    const ids = [0n, 1n, 2n, 3n, 4n, 5n].map((more) => idOf(params(LEAST_BOUGHT_SALT + more)));
    const ask = (more: bigint) => {
      const message = asked(made, buyer, { params: params(LEAST_BOUGHT_SALT + more) });
      return net.run(seller, [{ kind: "message", from: buyer.id, message }]).outputs;
    };
    const declined = (at: number) => {
      const message = { kind: "openDecline", channel: ids[at], refusal: "busy" };
      return { kind: "send", to: buyer.id, message };
    };
    ask(0n);
    const [decline, told] = ask(1n);
    expect(decline).to.deep.equal(declined(0));
    expect(told).to.have.nested.property("notice.channel", ids[1]);
    answer(ids[0]);
    expect(refusal(seller)?.code).to.equal("unknown_channel");
    answer(ids[1]);
    for (const more of [2n, 3n, 4n]) {
      expect(ask(more)).to.have.lengthOf(1);
      answer(ids[Number(more)]);
    }
    expect(seller.state.openings.size).to.equal(MOST_AGREED);
    expect(ask(5n)).to.deep.equal([declined(5)]);
    expect(seller.state.openings.size, "no consent is forgotten").to.equal(MOST_AGREED);
    // Their time over, they make room.
    net.tick(601);
    const late = { params: params(LEAST_BOUGHT_SALT + 5n), validUntil: seller.state.head.time + 600 };
    const { outputs } = net.run(seller, [
      { kind: "message", from: buyer.id, message: asked(made, buyer, late) },
    ]);
    expect(outputs.map(({ kind }) => kind)).to.deep.equal(["notice"]);
  });

  it("is not taken for agreed by a consent of somebody else, nor answered for nobody", () => {
    const { net, buyer, seller, other, channel, propose, why, answer, refusal } = world();
    propose();
    const signature = fastSigner(other.id).sign(`0x${"11".repeat(32)}` as never);
    net.run(buyer, [
      { kind: "message", from: seller.id, message: { kind: "openConsent", channel, signature } },
    ]);
    expect(why(buyer)).to.match(/that the peer's owner did not sign$/);
    net.run(buyer, [
      { kind: "message", from: other.id, message: { kind: "openConsent", channel, signature } },
    ]);
    expect(net.noticesOf(buyer, "openingAgreed")).to.deep.equal([]);
    answer(`0x${"22".repeat(32)}` as ChannelId);
    expect(refusal(seller)?.code).to.equal("unknown_channel");
    net.settle();
    net.command(seller, { kind: "answerOpening", channel, refusal: "fee_too_low" });
    net.settle();
    expect(net.noticesOf(buyer, "openingDeclined").map(({ refusal: code }) => code)).to.deep.equal([
      "fee_too_low",
    ]);
    expect(seller.state.openings.size).to.equal(0);
  });
});
