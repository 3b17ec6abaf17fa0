import { expect } from "chai";
import { ZERO_ADDRESS } from "../../../src/protocol/checked.ts";
import { MAX_TEXT_BYTES } from "../../../src/protocol/onion/format.ts";
import { MAX_UNASKED, PART_WAIT_SECONDS } from "../../../src/protocol/node/gather.ts";
import { xorOf } from "../../../src/protocol/node/goals.ts";
import { hashOf } from "../../../src/protocol/node/hash-of.ts";
import type { NodeId, Secret } from "../../../src/protocol/types.ts";
import { fastCrypto } from "../fast-crypto.ts";
import { type Fan, fan, hopAt, sendBy } from "./fan.ts";
import { ETH, freshSecret, freshSeed, type Peer, story } from "./network.ts";

function taking(peer: Peer): void {
  peer.state = { ...peer.state, config: { ...peer.state.config, takesSpontaneous: true } };
}

function order(payee: NodeId, amount: bigint, text = "") {
  const witness = freshSecret();
  const secrets = { witness, seed: freshSeed() };
  return {
    kind: "paySpontaneously",
    payee,
    token: ZERO_ADDRESS,
    amount,
    text,
    maxFee: ETH,
    ...secrets,
  } as const;
}

/** Xiaohong's key is known by a policy of hers. */
function known(count: number): Fan {
  const made = fan(count);
  made.net.setPolicy(made.xiaohong, made.last(0));
  made.net.settle();
  return made;
}

function willing(count: number): Fan {
  const made = known(count);
  taking(made.xiaohong);
  return made;
}

describe("node: payments without an invoice", () => {
  it("[PART-7] reach a node that takes them, over four hops, with a text that only it reads", () => {
    const { net, peers, wang, xiaohong } = story();
    taking(xiaohong);
    const before = net.wealth(xiaohong);
    const text = "é".repeat(MAX_TEXT_BYTES / 2);
    const command = order(xiaohong.id, ETH, text);
    net.command(wang, command);
    net.settle();
    const hash = hashOf(fastCrypto, command.witness);
    expect(net.noticesOf(xiaohong, "spontaneousReceived")).to.deep.equal([
      { kind: "spontaneousReceived", hash, token: ZERO_ADDRESS, amount: ETH, text },
    ]);
    expect(net.noticesOf(xiaohong, "invoicePaid")).to.deep.equal([
      { kind: "invoicePaid", hash, amount: ETH },
    ]);
    expect(net.noticesOf(wang, "paymentSucceeded")[0]).to.include({ hash, secret: command.witness });
    expect(net.wealth(xiaohong) - before).to.equal(ETH);
    for (const { state } of peers) expect(state.locks.size).to.equal(0);
  });

  it("[PART-7] are refused by a node that does not allow them", () => {
    const { net, wang, xiaohong } = known(1);
    net.command(wang, order(xiaohong.id, ETH));
    net.settle();
    expect(net.noticesOf(wang, "paymentFailed").map(({ code, at }) => [code, ...at])).to.deep.equal([
      ["no_spontaneous", xiaohong.id],
    ]);
    expect(net.noticesOf(xiaohong, "spontaneousReceived")).to.deep.equal([]);
  });

  it("[PART-7] in parts: none of them can be taken before all are there", () => {
    const made = willing(2);
    const { net, wang, xiaohong, peers } = made;
    const second = hopAt(made, 1);
    second.mute = ({ kind }) => kind === "update";
    const command = order(xiaohong.id, 15n * ETH);
    net.command(wang, command);
    net.settle();
    const shares = [...xiaohong.state.channels.values()]
      .flatMap(({ incoming }) => incoming)
      .flatMap(({ fate }) => (fate.kind === "held" && fate.share !== null ? [fate.share] : []));
    expect(shares.length).to.be.at.least(1);
    expect(shares, "no share is the witness").to.not.include(command.witness);
    expect(hashOf(fastCrypto, xorOf(shares))).to.not.equal(hashOf(fastCrypto, command.witness));
    second.mute = () => false;
    for (const peer of [wang, xiaohong]) {
      net.disconnect(peer, second);
      net.connect(peer, second);
    }
    net.settle();
    expect(net.noticesOf(wang, "paymentSucceeded")[0]).to.include({ secret: command.witness });
    expect(net.noticesOf(xiaohong, "invoicePaid").map(({ amount }) => amount)).to.deep.equal([15n * ETH]);
    for (const { state } of peers) expect(state.locks.size).to.equal(0);
  });

  it("[PART-7] in parts: shares of what came back are shared out anew", () => {
    const made = willing(4);
    const { net, wang, xiaohong } = made;
    for (const dead of [0, 2]) net.disconnect(hopAt(made, dead), xiaohong);
    const command = order(xiaohong.id, 15n * ETH);
    net.command(wang, command);
    net.settle();
    expect(net.noticesOf(wang, "paymentRetried").length).to.be.at.least(1);
    expect(net.noticesOf(wang, "paymentSucceeded")[0]).to.include({ secret: command.witness });
  });

  it("[PART-7] whoever saw the hash on the way can end nothing that is held, nor take part in it", () => {
    const made = willing(1);
    const { net, wang, xiaohong } = made;
    const { witness } = order(xiaohong.id, ETH);
    const hash = hashOf(fastCrypto, witness);
    const half = freshSecret();
    const part = (share: Secret, total: bigint): void => {
      const deliver = { kind: "spontaneous", share, total, text: "" } as const;
      sendBy(made, 0, { hash, amount: ETH / 2n, deliver });
      net.settle();
    };
    part(half, ETH);
    part(freshSecret(), ETH / 2n);
    expect(xiaohong.state.gatherings.get(hash)?.total).to.equal(ETH);
    expect(wang.state.locks.get(hash)).to.have.lengthOf(1);
    part(xorOf([witness, half]), ETH);
    expect(net.noticesOf(xiaohong, "invoicePaid").map(({ amount }) => amount)).to.deep.equal([ETH]);
    net.tick();
    part(witness, ETH / 2n);
    expect(net.noticesOf(xiaohong, "invoicePaid"), "a copy after the end").to.have.lengthOf(1);
    expect(wang.state.locks.size).to.equal(0);
  });

  it("[PART-7] shares that do not give the witness go back, whole as their sum may be", () => {
    const made = willing(1);
    const { net, wang, xiaohong } = made;
    const hash = hashOf(fastCrypto, freshSecret());
    for (const amount of [ETH / 2n, ETH / 2n]) {
      const deliver = { kind: "spontaneous", share: freshSecret(), total: ETH, text: "" } as const;
      sendBy(made, 0, { hash, amount, deliver });
    }
    net.settle();
    expect([xiaohong.state.gatherings.size, xiaohong.state.secrets.size]).to.deep.equal([1, 0]);
    net.tick(PART_WAIT_SECONDS);
    expect([xiaohong.state.gatherings.size, wang.state.locks.size]).to.deep.equal([0, 0]);
    expect(net.noticesOf(xiaohong, "spontaneousReceived")).to.deep.equal([]);
  });

  it("[PART-5] so many wait for parts and no more", () => {
    const made = willing(1);
    const { net, xiaohong } = made;
    const begin = (): void => {
      const witness = freshSecret();
      const deliver = { kind: "spontaneous", share: witness, total: ETH, text: "" } as const;
      sendBy(made, 0, { hash: hashOf(fastCrypto, witness), amount: 1n, deliver });
    };
    for (let count = 0; count < MAX_UNASKED; count++) begin();
    net.settle();
    expect(xiaohong.state.gatherings.size).to.equal(MAX_UNASKED);
    begin();
    net.settle();
    expect(xiaohong.state.gatherings.size).to.equal(MAX_UNASKED);
    net.tick(PART_WAIT_SECONDS);
    expect(xiaohong.state.gatherings.size).to.equal(0);
    begin();
    net.settle();
    expect(xiaohong.state.gatherings.size).to.equal(1);
  });

  it("are not made to oneself, to nodes without a policy, without an amount, or with a bad text", () => {
    const { net, wang, xiaohong } = known(1);
    const stranger = `0x${"ab".repeat(20)}` as NodeId;
    const refused = (command: ReturnType<typeof order>): string => {
      net.command(wang, command);
      const last = wang.notices.at(-1);
      return last?.kind === "commandRefused" ? `${last.refusal.code}: ${last.refusal.message}` : "";
    };
    expect(refused(order(wang.id, ETH))).to.equal(
      "own_payment: nothing was paid: this node is the payee itself; name another node",
    );
    expect(refused(order(stranger, ETH))).to.contain(
      "unknown_payee: nothing was paid: this node knows no policy",
    );
    expect(refused(order(xiaohong.id, 0n))).to.contain("bad_amount: ");
    expect(refused(order(xiaohong.id, ETH, "x".repeat(MAX_TEXT_BYTES + 1)))).to.equal(
      `bad_text: nothing was paid: the text has ${MAX_TEXT_BYTES + 1} bytes, more than ${MAX_TEXT_BYTES}; choose another`,
    );
    expect(refused(order(xiaohong.id, ETH, "a\nb"))).to.contain("bad_text: ");
    expect(refused(order(xiaohong.id, ETH, "\ud800"))).to.contain("half of a surrogate pair");
    const paid = order(xiaohong.id, ETH);
    net.command(wang, paid);
    expect(refused(paid)).to.contain("payment_under_way: ");
  });
});
