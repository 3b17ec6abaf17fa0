import { expect } from "chai";

import { LEAST_BOUGHT_SALT } from "../../../src/protocol/liquidity-terms.ts";
import { resizeDigest } from "../../../src/protocol/eip712.ts";
import type { Message } from "../../../src/protocol/messages.ts";
import { ZERO_ADDRESS } from "../../../src/protocol/checked.ts";
import type { Params } from "../../../src/protocol/types.ts";
import { fastCrypto, fastSigner } from "../fast-crypto.ts";
import { DOMAIN } from "../lane-pair.ts";
import { CHALLENGE, CLAIM_TIME, ETH, type Network, type Peer } from "./network.ts";
import { catchUp, loseData, pair, say } from "./recovery-world.ts";

function resizesIn(net: Network, peer: Peer, message: Message): number {
  const { outputs } = say(
    net,
    peer,
    net.peer(net.links[0]?.ends.find((id) => id !== peer.id) ?? peer.id),
    message,
  );
  return outputs.filter(
    (output) =>
      (output.kind === "send" && output.message.kind === "resizeAgreed") ||
      (output.kind === "submit" && output.transaction.kind === "resize"),
  ).length;
}

describe("deposits of a channel that lost data", () => {
  it("[REC-1] are neither withdrawn nor let go, on either side", () => {
    const { net, wang, alice, id, backup } = pair();
    loseData(net, wang, backup);
    catchUp(net, wang);
    net.connect(wang, alice);
    net.settle();
    for (const peer of [wang, alice]) {
      net.command(peer, { kind: "withdraw", channel: id, amount: ETH });
      expect(net.noticesOf(peer, "commandRefused").at(-1)?.refusal.code).to.equal("channel_not_open");
      const by = peer === wang ? alice : wang;
      const change = net.channelOf(by, id).side === "A" ? { A: -ETH, B: 0n } : { A: 0n, B: -ETH };
      const asked = {
        ...{ channel: id, count: 0, validUntil: peer.state.head.time + CLAIM_TIME },
        ...{ changeA: change.A, changeB: change.B },
      };
      const signature = fastSigner(by.id).sign(resizeDigest(fastCrypto, DOMAIN, asked));
      const { count, validUntil } = asked;
      const message = {
        kind: "resize",
        channel: id,
        count,
        validUntil,
        changes: change,
        seq: 0,
        signature,
      } as const;
      expect(resizesIn(net, peer, message)).to.equal(0);
      expect(net.channelOf(peer, id).resize).to.equal(null);
    }
  });

  it("[REC-3] a withdrawal that was asked for before is not sent after the loss", () => {
    const { net, wang, alice, id, backup } = pair();
    const agreements: Message[] = [];
    wang.mute = (message) => {
      if (message.kind !== "resizeAgreed") return false;
      agreements.push(message);
      return true;
    };
    net.command(alice, { kind: "withdraw", channel: id, amount: ETH });
    net.settle();
    wang.mute = () => false;
    const [agreement] = agreements;
    if (agreement === undefined) throw new Error("nothing was agreed on");
    loseData(net, wang, backup);
    catchUp(net, wang);
    net.connect(wang, alice);
    net.settle();
    expect(net.channelOf(alice, id).phase.kind).to.equal("frozen");
    expect(resizesIn(net, alice, agreement)).to.equal(0);
  });

  it("[REC-1] nothing is agreed on with a node that has not read the chain up to its mark", () => {
    const { net, wang, alice, backup } = pair();
    loseData(net, wang, backup);
    net.connect(wang, alice);
    const params: Params = {
      ...{ ownerA: wang.id, ownerB: alice.id, signerA: wang.id, signerB: alice.id },
      ...{ token: ZERO_ADDRESS, challengePeriod: CHALLENGE, recoveryPeriod: 0, salt: LEAST_BOUGHT_SALT },
    };
    const terms = { params, life: 1, amounts: { A: ETH, B: ETH }, fee: 0n };
    const propose = (): string => {
      const validUntil = alice.state.head.time + 600;
      net.command(wang, { kind: "proposeOpening", ...terms, validUntil });
      return net.noticesOf(wang, "commandRefused").at(-1)?.refusal.message ?? "not refused";
    };
    expect(propose()).to.equal(
      "nothing was proposed: this node was restored and has not read the chain up to then",
    );
    catchUp(net, wang);
    const before = net.noticesOf(wang, "commandRefused").length;
    propose();
    expect(net.noticesOf(wang, "commandRefused")).to.have.lengthOf(before);
  });
});
