import { expect } from "chai";
import type { Input } from "../../../src/protocol/inputs.ts";
import { ETH, freshSeed, Network, pay, type Peer } from "./network.ts";

const view = (isStale: boolean): readonly Input[] => [{ kind: "view", isStale }];

/** Wang - Alice - Xiaohong. */
function row(): {
  readonly net: Network;
  readonly wang: Peer;
  readonly alice: Peer;
  readonly xiaohong: Peer;
} {
  const net = new Network();
  const [wang, alice, xiaohong] = [net.add("Wang"), net.add("Alice"), net.add("Xiaohong")];
  const channels = [
    net.open(wang, alice, 10n * ETH, 10n * ETH),
    net.open(alice, xiaohong, 10n * ETH, 10n * ETH),
  ];
  net.connectAll();
  net.tick();
  for (const channel of channels) net.setPolicy(alice, channel);
  net.settle();
  return { net, wang, alice, xiaohong };
}

describe("node: a stale view of the chain [NODE-8]", () => {
  it("makes no payment, and says why", () => {
    const { net, wang, xiaohong } = row();
    net.run(wang, view(true));
    const invoice = net.invoice(xiaohong, ETH);
    net.command(wang, { kind: "payInvoice", invoice, maxFee: ETH, seed: freshSeed() });
    expect(net.noticesOf(wang, "commandRefused").map(({ refusal }) => refusal.code)).to.deep.equal([
      "view_stale",
    ]);
    net.run(wang, view(false));
    pay(net, wang, xiaohong, ETH);
    net.settle();
    expect(net.noticesOf(wang, "paymentSucceeded")).to.have.length(1);
  });

  for (const blind of ["alice", "xiaohong"] as const) {
    it(`gives back what is new at ${blind}, and the payer learns where`, () => {
      const all = row();
      const { net, wang, xiaohong } = all;
      net.run(all[blind], view(true));
      pay(net, wang, xiaohong, ETH);
      net.settle();
      const failed = net.noticesOf(wang, "paymentFailed").map(({ code, at }) => [code, ...at]);
      expect(failed).to.deep.equal([["stale_view", all[blind].id]]);
      expect(all[blind].state.locks.size).to.equal(0);
    });
  }

  it("resolves what was locked before, whoever sees nothing", () => {
    const { net, wang, alice, xiaohong } = row();
    xiaohong.mute = ({ kind }) => kind === "fulfil";
    pay(net, wang, xiaohong, ETH);
    net.settle();
    expect(alice.state.locks.size).to.equal(1);
    for (const peer of [wang, alice, xiaohong]) net.run(peer, view(true));
    xiaohong.mute = () => false;
    net.disconnect(alice, xiaohong);
    net.connect(alice, xiaohong);
    net.settle();
    expect(net.noticesOf(wang, "paymentSucceeded")).to.have.length(1);
    expect([wang, alice, xiaohong].map(({ state }) => state.locks.size)).to.deep.equal([0, 0, 0]);
  });

  it("tries no other route", () => {
    const { net, wang, alice, xiaohong } = row();
    const other = net.add("Bob");
    const channels = [
      net.open(wang, other, 10n * ETH, 10n * ETH),
      net.open(other, xiaohong, 10n * ETH, 10n * ETH),
    ];
    net.connectAll();
    net.tick();
    for (const channel of channels) net.setPolicy(other, channel, { feeBase: 2n * 10n ** 15n });
    net.settle();
    net.disconnect(alice, xiaohong);
    alice.mute = ({ kind }) => kind === "fail";
    pay(net, wang, xiaohong, ETH);
    net.settle();
    net.run(wang, view(true));
    alice.mute = () => false;
    net.disconnect(wang, alice);
    net.connect(wang, alice);
    net.settle();
    expect(net.noticesOf(wang, "paymentRetried")).to.deep.equal([]);
    expect(net.noticesOf(wang, "paymentFailed").map(({ code }) => code)).to.deep.equal(["peer_offline"]);
  });
});
