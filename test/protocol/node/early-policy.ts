import { expect } from "chai";

import { BLOCK, Network } from "./network.ts";

const DEPOSIT = 10n ** 18n;

describe("a policy that comes before its channel was seen on chain", () => {
  it("is passed on as soon as the channel is seen, so that it reaches those behind", () => {
    const network = new Network();
    const [alice, bob, carol] = [network.add("Alice"), network.add("Bob"), network.add("Carol")];
    const channel = network.open(alice, bob, DEPOSIT, 0n);
    network.open(bob, carol, DEPOSIT, 0n);
    network.chain.mine(BLOCK);
    network.read(alice);
    network.read(carol);
    network.connect(alice, bob);
    network.connect(bob, carol);
    network.settle();
    network.setPolicy(alice, channel);
    network.settle();
    const known = () => carol.state.graph.edges.get(channel)?.policyA?.policy.node ?? null;
    expect(known(), "Bob does not know whose it is").to.equal(null);
    network.read(bob);
    network.settle();
    expect(known()).to.equal(alice.id);
  });
});
