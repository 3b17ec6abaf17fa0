import { expect } from "chai";
import { ETH, row } from "./network.ts";

describe("node: payments over a route [HOP-1] [FEE-1]", () => {
  it("[FEE-1] Wang pays Xiaohong 1 ETH over Alice, Bob and Carol", () => {
    const { net, peers, channels } = row();
    const [wang, , , , xiaohong] = peers;
    if (wang === undefined || xiaohong === undefined) throw new Error("row");
    const invoice = net.invoice(xiaohong, ETH);
    const before = peers.map((peer) => net.wealth(peer));
    net.command(wang, { kind: "payInvoice", invoice, maxFee: ETH / 100n });
    net.settle();
    expect(wang.notices.map(({ kind }) => kind)).to.include("paymentSucceeded");
    const locked = peers
      .flatMap((peer) => net.noticesOf(peer, "lockAdded"))
      .filter(({ direction }) => direction === "out");
    expect(locked.map(({ amount }) => amount)).to.deep.equal(
      [1003n, 1002n, 1001n, 1000n].map((x) => x * 10n ** 15n),
    );
    const after = peers.map((peer, at) => net.wealth(peer) - (before[at] ?? 0n));
    const fee = 10n ** 15n;
    expect(after).to.deep.equal([-ETH - 3n * fee, fee, fee, fee, ETH]);
    expect(channels.length).to.equal(4);
  });
});
