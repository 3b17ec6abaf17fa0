import { expect } from "chai";
import type { ChannelId } from "../../../src/protocol/types.ts";
import { ETH, FEE, Network, pay, type Peer } from "./network.ts";

/** Wang - Alice = Bob: two channels between the last two, of which the first is the cheaper. */
interface Pair {
  readonly net: Network;
  readonly wang: Peer;
  readonly alice: Peer;
  readonly bob: Peer;
  readonly cheap: ChannelId;
  readonly dear: ChannelId;
}

const DEAR = FEE.feeBase + ETH / 10n;

function pair(): Pair {
  const net = new Network();
  const [wang, alice, bob] = [net.add("Wang"), net.add("Alice"), net.add("Bob")];
  const first = net.open(wang, alice, 100n * ETH, 100n * ETH);
  const cheap = net.open(alice, bob, 10n * ETH, 10n * ETH, 1n);
  const dear = net.open(alice, bob, 10n * ETH, 10n * ETH, 2n);
  net.connectAll();
  net.tick();
  net.setPolicy(wang, first);
  net.setPolicy(alice, first);
  net.setPolicy(alice, cheap);
  net.setPolicy(alice, dear, { feeBase: DEAR });
  net.settle();
  return { net, wang, alice, bob, cheap, dear };
}

/** What the payer cannot know: the cheap channel has too little for the second payment. */
function payTwice({ net, wang, bob }: Pair): void {
  for (let time = 0; time < 2; time++) {
    pay(net, wang, bob, 7n * ETH);
    net.settle();
  }
}

describe("several channels between two nodes", () => {
  it("[HOP-4] carry for each other what does not fit, on the terms of the one that was named", () => {
    const world = pair();
    const { net, wang, alice, cheap, dear } = world;
    payTwice(world);
    expect(net.noticesOf(wang, "paymentSucceeded").map(({ fee }) => fee)).to.deep.equal([
      FEE.feeBase,
      FEE.feeBase,
    ]);
    expect(net.noticesOf(wang, "paymentRetried")).to.deep.equal([]);
    expect([net.balance(alice, cheap), net.balance(alice, dear)]).to.deep.equal([3n * ETH, 3n * ETH]);
  });

  it("[HOP-4] do not where their owner offers none", () => {
    const world = pair();
    const { net, wang, alice, dear } = world;
    net.setPolicy(alice, dear, { enabled: false });
    net.settle();
    payTwice(world);
    expect(net.noticesOf(wang, "paymentSucceeded")).to.have.lengthOf(1);
    expect(net.noticesOf(wang, "paymentFailed").map(({ code }) => code)).to.deep.equal(["no_capacity"]);
    expect(net.balance(alice, dear)).to.equal(10n * ETH);
  });
});
