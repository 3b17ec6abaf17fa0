import { expect } from "chai";

import { BLOCK, CLAIM_TIME, Network } from "./network.ts";

const DEPOSIT = 10n ** 18n;

describe("a channel whose challenge period is too short to answer in", () => {
  const setting = (challenge: number) => {
    const network = new Network();
    const [mallory, alice] = [network.add("Mallory"), network.add("Alice")];
    const channel = network.open(mallory, alice, DEPOSIT, 0n, 0n, { challengePeriod: challenge });
    network.chain.mine(BLOCK);
    for (const { facts } of network.chain.blocks)
      network.run(
        alice,
        facts.map((fact) => ({ kind: "chain", fact })),
      );
    return { network, alice, mallory, channel };
  };

  it("is none of ours, one second below two claim times, and the owner is told", () => {
    const { network, alice, mallory, channel } = setting(2 * CLAIM_TIME - 1);
    expect(alice.state.channels.has(channel)).to.equal(false);
    expect(alice.notices).to.deep.equal([
      {
        kind: "dropped",
        from: mallory.id,
        why:
          `channel ${channel}, whose challenge period of ${2 * CLAIM_TIME - 1} s is shorter than the ` +
          `${2 * CLAIM_TIME} s that this node needs to answer a close`,
      },
    ]);
    network.connect(mallory, alice);
    network.settle();
    expect(alice.state.channels.size).to.equal(0);
  });

  it("is taken with two claim times", () => {
    const { alice, mallory, channel } = setting(2 * CLAIM_TIME);
    expect(alice.state.channels.get(channel)?.peer).to.equal(mallory.id);
    expect(alice.notices).to.deep.equal([{ kind: "channelOpen", channel, peer: mallory.id }]);
  });
});
