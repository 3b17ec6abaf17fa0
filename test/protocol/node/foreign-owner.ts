import { expect } from "chai";

import { addressOf } from "../lane-pair.ts";
import { BLOCK, Network } from "./network.ts";

const DEPOSIT = 10n ** 18n;
/** Network opens channels whose owners have these addresses. */
const ownerOf = (id: string) => `0xee${id.slice(4)}` as ReturnType<typeof addressOf>;

describe("a channel that pays our side to somebody else", () => {
  const setting = (owner: (id: string) => ReturnType<typeof addressOf>) => {
    const network = new Network();
    const [mallory, alice] = [network.add("Mallory"), network.add("Alice")];
    alice.state = { ...alice.state, config: { ...alice.state.config, owner: owner(alice.id) } };
    const channel = network.open(mallory, alice, DEPOSIT, 0n);
    network.chain.mine(BLOCK);
    for (const { facts } of network.chain.blocks)
      network.run(
        alice,
        facts.map((fact) => ({ kind: "chain", fact })),
      );
    return { alice, mallory, channel };
  };

  it("is none of ours, and the owner of the node is told", () => {
    const { alice, mallory, channel } = setting(() => addressOf(0x99));
    expect(alice.state.channels.has(channel)).to.equal(false);
    expect(alice.notices).to.deep.equal([
      {
        kind: "dropped",
        from: mallory.id,
        why: `channel ${channel}, which would pay our side to ${ownerOf(alice.id)}, not to our owner ${addressOf(0x99)}`,
      },
    ]);
  });

  it("is taken if it pays to our owner", () => {
    const { alice, mallory, channel } = setting(ownerOf);
    expect(alice.state.channels.get(channel)?.peer).to.equal(mallory.id);
    expect(alice.notices).to.deep.equal([{ kind: "channelOpen", channel, peer: mallory.id }]);
  });
});
