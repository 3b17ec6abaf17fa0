import { expect } from "chai";

import { resizeDigest } from "../../../src/protocol/eip712.ts";
import type { Message } from "../../../src/protocol/messages.ts";
import { MAX_RESIZE_SECONDS } from "../../../src/protocol/node/resize.ts";
import { freeIn } from "../../../src/protocol/node/terms.ts";
import type { ChannelId, Deposits, PaymentTag } from "../../../src/protocol/types.ts";
import { fastCrypto, fastSigner } from "../fast-crypto.ts";
import { DOMAIN } from "../lane-pair.ts";
import { CLAIM_TIME, ETH, freshSecret, pay, type Peer, row, runUntilEnded } from "./network.ts";

type Ask = Extract<Message, { kind: "resize" }>;

const TAG = `0x${"07".repeat(32)}` as PaymentTag;
/** 1 % of 20 ETH. */
const RESERVE = ETH / 5n;

function world() {
  const { net, peers, hop } = row(["Alice", "Bob"]);
  const [alice, bob] = peers;
  if (alice === undefined || bob === undefined) throw new Error("there are two");
  const channel = hop(0);
  const sent: Message[] = [];
  /** Hears what Alice says of resizes, and passes it on only if `passes`. */
  const hear = (peer: Peer, passes: boolean): void => {
    peer.mute = (message) => {
      if (message.kind !== "resize" && message.kind !== "resizeAgreed") return false;
      sent.push(message);
      return !passes;
    };
  };
  const free = (peer: Peer): bigint => freeIn(DOMAIN, peer.state, net.channelOf(peer, channel)).free;
  const withdraw = (peer: Peer, amount: bigint): void =>
    void net.command(peer, { kind: "withdraw", channel, amount });
  const direct = (peer: Peer, amount: bigint): void =>
    void net.command(peer, { kind: "payDirect", channel, amount, tag: TAG });
  const say = (to: Peer, from: Peer, message: Message): void =>
    void net.run(to, [{ kind: "message", from: from.id, message }]);
  const why = (peer: Peer): string => {
    const last = net.noticesOf(peer, "dropped").at(-1);
    return last?.why ?? "nothing was dropped";
  };
  const refusal = (peer: Peer): string =>
    net.noticesOf(peer, "commandRefused").at(-1)?.refusal.code ?? "none";
  return { net, alice, bob, channel, sent, hear, free, withdraw, direct, say, why, refusal };
}

/** Signed by Alice, who is side A. */
function asked(
  channel: ChannelId,
  by: Peer,
  values: Partial<Omit<Ask, "kind" | "channel" | "signature">>,
): Ask {
  const { time } = by.state.head;
  const all = {
    count: 0,
    changes: { A: -ETH, B: 0n } as Deposits,
    validUntil: time + CLAIM_TIME,
    seq: 0,
    ...values,
  };
  const { A: changeA, B: changeB } = all.changes;
  const digest = resizeDigest(fastCrypto, DOMAIN, { channel, ...all, changeA, changeB });
  return { kind: "resize", channel, ...all, signature: fastSigner(by.id).sign(digest) };
}

describe("a withdrawal from an open channel", () => {
  it("pays what both agreed to, and the channel goes on with what is left", () => {
    const { net, alice, bob, channel, withdraw, free, direct } = world();
    const before = net.wealth(alice);
    withdraw(alice, 4n * ETH);
    expect(free(alice)).to.equal(6n * ETH - RESERVE);
    net.settle();
    expect(net.channelOf(bob, channel).resize?.changes).to.deep.equal({ A: -4n * ETH, B: 0n });
    net.tick();
    net.tick();
    expect(net.chain.paid.get(alice.id)).to.equal(4n * ETH);
    expect(net.noticesOf(alice, "channelResized")).to.deep.equal([
      { kind: "channelResized", channel, ours: -4n * ETH, theirs: 0n },
    ]);
    for (const peer of [alice, bob]) {
      const { deposits, resizes, resize, peerSeen } = net.channelOf(peer, channel);
      expect({ deposits, resizes, resize, peerSeen }).to.deep.equal({
        deposits: { A: 6n * ETH, B: 10n * ETH },
        resizes: 1,
        resize: null,
        peerSeen: { A: 6n * ETH, B: 10n * ETH },
      });
    }
    expect(net.wealth(alice)).to.equal(before);
    direct(alice, free(alice));
    net.settle();
    expect(net.channelOf(bob, channel).held.newest.sent).to.equal(6n * ETH - RESERVE);
    withdraw(bob, free(bob));
    net.settle();
    net.tick();
    net.tick();
    expect(net.channelOf(alice, channel).deposits).to.deep.equal({
      A: 6n * ETH,
      B: 10n * ETH - (16n * ETH - 2n * RESERVE),
    });
    net.command(alice, { kind: "closeAlone", channel });
    runUntilEnded(net, channel);
    expect([net.chain.paid.get(alice.id), net.chain.paid.get(bob.id)]).to.deep.equal([
      4n * ETH + RESERVE,
      16n * ETH - RESERVE,
    ]);
  });

  it("takes all that is free and not a unit more, nor nothing", () => {
    const { net, alice, channel, withdraw, free, refusal } = world();
    withdraw(alice, free(alice) + 1n);
    expect(refusal(alice)).to.equal("not_enough_balance");
    withdraw(alice, 0n);
    expect(refusal(alice)).to.equal("bad_amount");
    expect(net.channelOf(alice, channel).resize).to.equal(null);
    withdraw(alice, free(alice));
    expect(free(alice)).to.equal(0n);
    withdraw(alice, 1n);
    expect(refusal(alice)).to.equal("withdrawal_under_way");
    net.settle();
    net.tick();
    net.tick();
    expect(net.chain.paid.get(alice.id)).to.equal(10n * ETH - RESERVE);
  });

  it("is refused without the peer, and once the channel closes", () => {
    const { net, alice, bob, channel, withdraw, refusal } = world();
    net.disconnect(alice, bob);
    withdraw(alice, 1n);
    expect(refusal(alice)).to.equal("peer_not_connected");
    net.connect(alice, bob);
    net.settle();
    net.command(alice, { kind: "closeCooperatively", channel });
    withdraw(alice, 1n);
    expect(refusal(alice)).to.equal("channel_not_open");
  });

  it("is forgotten when its time is over, and its money pays again", () => {
    const { net, alice, bob, channel, withdraw, free, hear, direct } = world();
    hear(alice, false);
    withdraw(alice, 4n * ETH);
    net.tick(2 * CLAIM_TIME);
    expect(free(alice)).to.equal(6n * ETH - RESERVE);
    expect(net.noticesOf(alice, "withdrawalExpired")).to.deep.equal([]);
    net.tick(1);
    expect(net.noticesOf(alice, "withdrawalExpired")).to.deep.equal([
      { kind: "withdrawalExpired", channel, amount: 4n * ETH },
    ]);
    net.disconnect(alice, bob);
    net.connect(alice, bob);
    net.settle();
    expect(free(alice)).to.equal(10n * ETH - RESERVE);
    direct(alice, free(alice));
    net.settle();
    expect(net.channelOf(bob, channel).held.newest.sent).to.equal(10n * ETH - RESERVE);
  });

  it("counts the smaller deposit until the peer has seen the end of it too", () => {
    const { net, alice, bob, channel, withdraw, free, direct } = world();
    bob.mute = ({ kind }) => kind === "resizeAgreed" || kind === "seen";
    withdraw(alice, 4n * ETH);
    net.settle();
    expect(net.channelOf(bob, channel).resize?.by).to.equal("peer");
    net.mine(2 * CLAIM_TIME + 1);
    net.read(alice);
    net.settle();
    expect(net.channelOf(alice, channel).resize).to.equal(null);
    expect(net.channelOf(bob, channel).resize?.by).to.equal("peer");
    expect(free(alice)).to.equal(6n * ETH - RESERVE);
    direct(alice, free(alice));
    net.settle();
    bob.mute = () => false;
    net.read(bob);
    net.settle();
    expect(free(alice)).to.equal(4n * ETH);
    direct(alice, 4n * ETH);
    net.settle();
    expect(net.channelOf(bob, channel).phase.kind).to.equal("open");
    expect(net.channelOf(bob, channel).held.newest.sent).to.equal(10n * ETH - RESERVE);
  });

  it("is asked for and agreed to again after lost messages, by the same signatures", () => {
    const { net, alice, bob, channel, withdraw, sent, hear } = world();
    hear(alice, false);
    withdraw(alice, ETH);
    net.settle();
    hear(alice, true);
    hear(bob, false);
    net.tick();
    expect(net.channelOf(bob, channel).resize?.agreed).not.to.equal(null);
    hear(bob, true);
    net.tick();
    net.tick();
    expect(net.chain.paid.get(alice.id)).to.equal(ETH);
    const [first, ...rest] = sent.filter(({ kind }) => kind === "resize");
    expect(rest).not.to.deep.equal([]);
    for (const again of rest) expect(again).to.deep.equal(first);
    expect(net.chain.mined.filter(({ kind }) => kind === "resize")).to.have.length(1);
  });

  it("waits for payments that the peer has not read yet", () => {
    const { net, alice, bob, channel, withdraw, direct } = world();
    // Signed on what Alice has at the moment; if Bob agreed before he reads it, it would look like too much.
    direct(bob, 5n * ETH);
    net.settle();
    direct(alice, 12n * ETH);
    const link = net.mustLink(alice.id, bob.id);
    link.queues.set(bob.id, []);
    withdraw(alice, 2n * ETH);
    net.settle();
    expect(net.channelOf(bob, channel).resize).to.equal(null);
    net.disconnect(alice, bob);
    net.connect(alice, bob);
    net.settle();
    net.tick();
    net.tick();
    net.tick();
    expect(net.chain.paid.get(alice.id)).to.equal(2n * ETH);
    expect(net.channelOf(bob, channel).phase.kind).to.equal("open");
  });
});

describe("a hostile peer's resize", () => {
  it("is not agreed to if it takes a unit of what its lane owes, reserve and locks included", () => {
    const { net, alice, bob, channel, direct, say } = world();
    direct(alice, 3n * ETH);
    net.settle();
    // Bob keeps the lock: Alice owes it until it is won or given back.
    const claim = bob.mute;
    bob.mute = ({ kind }) => kind === "fulfil" || kind === "fail";
    pay(net, alice, bob, 2n * ETH);
    net.settle();
    const { seq } = net.channelOf(alice, channel).own.newest;
    const most = 10n * ETH - 3n * ETH - 2n * ETH - RESERVE;
    say(bob, alice, asked(channel, alice, { changes: { A: -most - 1n, B: 0n }, seq }));
    expect(net.channelOf(bob, channel).resize).to.equal(null);
    say(bob, alice, asked(channel, alice, { changes: { A: -most, B: 0n }, seq }));
    expect(net.channelOf(bob, channel).resize?.agreed).not.to.equal(null);
    bob.mute = claim;
  });

  it("is not agreed to if it names another count, our side, a rise, another time or another signer", () => {
    const { net, alice, bob, channel, say, why } = world();
    const { time } = bob.state.head;
    const bad: readonly (readonly [Partial<Ask>, RegExp])[] = [
      [{ count: 1 }, /its count is 1, and the chain's 0/],
      [{ changes: { A: -ETH, B: -1n } }, /it changes our side by -1$/],
      [{ changes: { A: -ETH, B: 1n } }, /it changes our side by 1$/],
      [{ changes: { A: 0n, B: 0n } }, /it changes the peer's side by 0$/],
      [{ changes: { A: 1n, B: 0n } }, /it changes the peer's side by 1$/],
      [{ validUntil: time }, /it is valid until \d+, and it is \d+$/],
      [{ validUntil: time + MAX_RESIZE_SECONDS + 1 }, /it is valid until \d+, and it is \d+$/],
    ];
    for (const [values, says] of bad) {
      say(bob, alice, asked(channel, alice, values));
      expect(why(bob)).to.match(says);
    }
    say(bob, alice, { ...asked(channel, alice, {}), signature: asked(channel, bob, {}).signature });
    expect(why(bob)).to.match(/the peer did not sign it$/);
    say(bob, alice, { ...asked(channel, alice, {}), changes: { A: -2n * ETH, B: 0n } });
    expect(why(bob)).to.match(/the peer did not sign it$/);
    expect(net.channelOf(bob, channel).resize).to.equal(null);
    say(bob, alice, asked(channel, alice, { validUntil: time + MAX_RESIZE_SECONDS }));
    expect(net.channelOf(bob, channel).resize?.by).to.equal("peer");
    say(bob, alice, asked(channel, alice, {}));
    expect(why(bob)).to.match(/another one, of count 0, is under way until \d+$/);
  });

  it("is kept to: a state that spends what was to be taken out closes the channel", () => {
    const { net, alice, bob, channel, withdraw, direct } = world();
    withdraw(alice, 4n * ETH);
    bob.mute = ({ kind }) => kind === "resizeAgreed";
    net.settle();
    // As if she had never signed it.
    const rest = { ...net.channelOf(alice, channel), peerSeen: { A: 10n * ETH, B: 10n * ETH } };
    alice.state = { ...alice.state, channels: alice.state.channels.with(channel, { ...rest, resize: null }) };
    direct(alice, 9n * ETH);
    net.settle();
    expect(net.channelOf(bob, channel).held.newest.sent).to.equal(0n);
    expect(net.channelOf(bob, channel).held.waiting?.seq).to.be.greaterThan(0);
    net.tick();
    for (let block = 0; block < 6; block++) net.tick();
    const closed = net.noticesOf(bob, "decision").at(-1);
    expect(closed?.what).to.equal("close");
    expect(closed?.why).to.match(
      /^\[LANE-2\] the payer needs 9200000000000000000 and has 6000000000000000000, for 60 s$/,
    );
  });

  it("is not submitted by an agreement that the peer did not sign, or that is for another count", () => {
    const { net, alice, bob, channel, withdraw, say, why, hear } = world();
    hear(alice, false);
    withdraw(alice, ETH);
    const { signature } = asked(channel, bob, {});
    say(alice, bob, { kind: "resizeAgreed", channel, count: 1, signature });
    expect(net.channelOf(alice, channel).resize?.agreed).to.equal(null);
    say(alice, bob, { kind: "resizeAgreed", channel, count: 0, signature });
    expect(why(alice)).to.match(
      /^agreement to a resize of channel 0x[0-9a-f]{64} that the peer did not sign$/,
    );
    expect([...alice.pending.keys()]).to.deep.equal([]);
    say(alice, bob, { kind: "resizeAgreed", channel, count: 0, signature: freshSecret() as never });
    expect([...alice.pending.keys()]).to.deep.equal([]);
  });
});
