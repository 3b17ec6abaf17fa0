import { expect } from "chai";
import { MAX_LOCK_WEIGHT } from "../../../src/protocol/lane.ts";
import { edgeKey } from "../../../src/protocol/liquidity.ts";
import { hashOf } from "../../../src/protocol/node/hash-of.ts";
import { HISTORY_AGE, HISTORY_LOCKS, HISTORY_PERIOD, hasHistory } from "../../../src/protocol/node/shares.ts";
import type { Amount, Secret } from "../../../src/protocol/types.ts";
import { fastCrypto } from "../fast-crypto.ts";
import { type Fan, fan, hopAt, sendBy } from "./fan.ts";
import { ETH, freshSecret, pay, type Peer } from "./network.ts";

/** What a hop's lane to Xiaohong can carry: its deposit less the reserve. */
const ROOM = 10n * ETH - ETH / 5n;

function keepShares(peer: Peer): void {
  peer.state = { ...peer.state, config: { ...peer.state.config, limitsShares: true } };
}

/** Locks that Xiaohong neither takes nor gives back stand in the lane of hop 0. */
function standing(count = 1): Fan {
  const made = fan(count);
  keepShares(hopAt(made, 0));
  made.xiaohong.mute = ({ kind }) => kind === "fail" || kind === "fulfil";
  return made;
}

function lock(made: Fan, amount: Amount): void {
  const deliver = { kind: "deliver", paymentSecret: `0x${"05".repeat(32)}` as Secret, total: ETH } as const;
  sendBy(made, 0, { hash: hashOf(fastCrypto, freshSecret()), deliver, amount });
  made.net.settle();
}

/** Locks of Wang in the lane of hop 0. */
function standingOf(made: Fan): number {
  return made.net.channelOf(hopAt(made, 0), made.last(0)).outgoing.length;
}

/** As if so many locks of Wang of one wei stood there already: each would take a while. */
function fill(made: Fan, count: number): void {
  const { net, first, last } = made;
  lock(made, 1n);
  const hop = hopAt(made, 0);
  const channel = net.channelOf(hop, last(0));
  const [one] = channel.outgoing;
  if (one === undefined) throw new Error("no lock stands");
  expect(one.origin).to.deep.include({ kind: "forward", channel: first(0) });
  const outgoing = Array.from({ length: count }, (_, at) => ({ ...one, id: at === 0 ? one.id : 1000 + at }));
  hop.state = { ...hop.state, channels: hop.state.channels.with(last(0), { ...channel, outgoing }) };
}

/** As if locks of Wang had been won; `ago`: seconds since the first. */
function remember(made: Fan, won: number, ago: number): void {
  const hop = hopAt(made, 0);
  const since = hop.state.head.time - ago;
  const history = { since, period: hop.state.head.time, won, wonBefore: 0 };
  hop.state = { ...hop.state, histories: hop.state.histories.with(made.wang.id, history) };
}

describe("node: shares of a lane [FEE-3]", () => {
  it("a neighbour without history fills a tenth of what the lane carries, and not a unit more", () => {
    const whole = standing();
    lock(whole, ROOM / 10n + 1n);
    expect(standingOf(whole), "at once").to.equal(0);
    lock(whole, ROOM / 10n);
    expect(standingOf(whole)).to.equal(1);
    lock(whole, 1n);
    expect(standingOf(whole), "on top").to.equal(1);
  });

  it("a neighbour with history fills half, and not a unit more", () => {
    const made = standing();
    remember(made, HISTORY_LOCKS, HISTORY_AGE);
    lock(made, ROOM / 2n + 1n);
    expect(standingOf(made)).to.equal(0);
    lock(made, ROOM / 2n);
    expect(standingOf(made)).to.equal(1);
    lock(made, 1n);
    expect(standingOf(made)).to.equal(1);
  });

  it("the same holds for slots: 51 of 512 without history, 256 with it", () => {
    for (const [won, slots] of [
      [0, 51],
      [HISTORY_LOCKS, 256],
    ] as const) {
      expect(slots).to.equal(Math.floor(MAX_LOCK_WEIGHT / (won === 0 ? 10 : 2)));
      const made = standing();
      if (won > 0) remember(made, won, HISTORY_AGE);
      fill(made, slots - 1);
      lock(made, 1n);
      expect(standingOf(made)).to.equal(slots);
      lock(made, 1n);
      expect(standingOf(made)).to.equal(slots);
    }
  });

  it("what is won or given back makes room again", () => {
    const made = standing();
    const { net, xiaohong } = made;
    lock(made, ROOM / 10n);
    xiaohong.mute = () => false;
    net.disconnect(hopAt(made, 0), xiaohong);
    net.connect(hopAt(made, 0), xiaohong);
    net.settle();
    expect(standingOf(made)).to.equal(0);
    pay(net, made.wang, xiaohong, ROOM / 10n);
    net.settle();
    expect(net.noticesOf(made.wang, "paymentSucceeded")).to.have.lengthOf(1);
    pay(net, made.wang, xiaohong, (ROOM - ROOM / 10n) / 10n);
    net.settle();
    expect(net.noticesOf(made.wang, "paymentSucceeded"), "a tenth of what is left").to.have.lengthOf(2);
  });

  it("each neighbour has its own, and payments of the hop itself none", () => {
    const made = fan(2);
    const { net, wang, xiaohong } = made;
    const hop = hopAt(made, 0);
    keepShares(hop);
    xiaohong.mute = ({ kind }) => kind === "fulfil";
    const other = net.add("Zhao");
    net.open(other, hop, 10n * ETH, 10n * ETH);
    net.connectAll();
    net.tick();
    net.settle();
    for (const payer of [wang, other]) {
      pay(net, payer, xiaohong, ROOM / 10n);
      net.settle();
    }
    expect(standingOf(made)).to.equal(2);
    pay(net, hop, xiaohong, ROOM / 2n);
    net.settle();
    expect(standingOf(made)).to.equal(3);
  });

  it("each channel with the next node has its own, and a lock goes where one is free [HOP-4]", () => {
    const made = standing();
    const { net, xiaohong } = made;
    const hop = hopAt(made, 0);
    const other = net.open(hop, xiaohong, 10n * ETH, 10n * ETH, 1n);
    net.tick();
    net.setPolicy(hop, other);
    net.settle();
    for (let at = 0; at < 3; at++) lock(made, ROOM / 10n);
    expect([standingOf(made), net.channelOf(hop, other).outgoing.length]).to.deep.equal([1, 1]);
  });

  it("are kept only by a node whose owner said so", () => {
    const made = standing();
    const hop = hopAt(made, 0);
    const { limitsShares, ...config } = hop.state.config;
    expect(limitsShares).to.equal(true);
    hop.state = { ...hop.state, config };
    lock(made, ROOM / 2n + 1n);
    expect(standingOf(made)).to.equal(1);
  });

  it("a payer goes another way, and does not think that the hop lacks balance", () => {
    const made = standing(2);
    const { net, wang, xiaohong, last } = made;
    lock(made, ROOM / 10n);
    xiaohong.mute = () => false;
    pay(net, wang, xiaohong);
    net.settle();
    expect(net.noticesOf(wang, "paymentRetried").map(({ route }) => route[1])).to.deep.equal([
      hopAt(made, 1).id,
    ]);
    expect(net.noticesOf(wang, "paymentSucceeded")).to.have.lengthOf(1);
    expect(wang.state.liquidity.has(edgeKey(last(0), hopAt(made, 0).id))).to.equal(false);
    net.disconnect(wang, hopAt(made, 1));
    pay(net, wang, xiaohong);
    net.settle();
    expect(net.noticesOf(wang, "paymentFailed").map(({ code, at }) => [code, ...at])).to.deep.equal([
      ["share_full", hopAt(made, 0).id],
    ]);
  });
});

describe("node: history of a neighbour [FEE-3]", () => {
  const knows = (made: Fan): boolean => hasHistory(hopAt(made, 0).state, made.wang.id);
  const pays = (made: Fan, count: number): void => {
    for (let at = 0; at < count; at++) {
      pay(made.net, made.wang, made.xiaohong, 1n);
      made.net.settle();
    }
  };

  it("begins with the first lock that was won; it takes ten, and three days", () => {
    const made = fan(1);
    pays(made, HISTORY_LOCKS - 1);
    made.net.tick(HISTORY_AGE);
    expect(knows(made), "nine").to.equal(false);
    pays(made, 1);
    expect(knows(made), "ten, and the first is old enough").to.equal(true);
    const young = fan(1);
    pays(young, HISTORY_LOCKS);
    young.net.tick(HISTORY_AGE - 1);
    expect(knows(young), "a second too young").to.equal(false);
    young.net.tick(1);
    expect(knows(young)).to.equal(true);
  });

  it("counts neither locks that came back nor payments to the hop", () => {
    const made = fan(1);
    pays(made, HISTORY_LOCKS - 1);
    made.net.tick(HISTORY_AGE);
    pay(made.net, made.wang, hopAt(made, 0), 1n);
    made.net.settle();
    lock(made, 1n);
    expect(knows(made)).to.equal(false);
    expect(made.net.channelOf(hopAt(made, 0), made.first(0)).incoming).to.deep.equal([]);
  });

  it("counts a period and the one before, and is forgotten after two without any", () => {
    const made = fan(1);
    pays(made, HISTORY_LOCKS);
    made.net.tick(HISTORY_PERIOD - 1);
    expect(knows(made)).to.equal(true);
    made.net.tick(1);
    expect(knows(made), "the period before counts").to.equal(true);
    made.net.tick(HISTORY_PERIOD - 1);
    expect(knows(made)).to.equal(true);
    expect(hopAt(made, 0).state.histories.size).to.equal(1);
    made.net.tick(1);
    expect(knows(made)).to.equal(false);
    expect(hopAt(made, 0).state.histories.size).to.equal(0);
    pays(made, HISTORY_LOCKS);
    expect(knows(made), "it begins anew").to.equal(false);
  });

  it("counts on where one period follows another", () => {
    const made = fan(1);
    pays(made, HISTORY_LOCKS / 2);
    made.net.tick(HISTORY_PERIOD);
    pays(made, HISTORY_LOCKS / 2);
    expect(knows(made), "five and five").to.equal(true);
    made.net.tick(HISTORY_PERIOD);
    expect(knows(made), "five are too old").to.equal(false);
  });

  it("is kept of neighbours with a channel alone", () => {
    const made = fan(1);
    const { net, wang, first } = made;
    pays(made, HISTORY_LOCKS);
    net.command(wang, { kind: "closeCooperatively", channel: first(0) });
    net.settle();
    for (let block = 0; block < 5; block++) net.tick();
    expect(net.chain.isOpen(first(0))).to.equal(false);
    expect(hopAt(made, 0).state.histories.size).to.equal(0);
  });
});
