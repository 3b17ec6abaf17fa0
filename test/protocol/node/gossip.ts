import { expect } from "chai";
import { emptyGraph, MAX_CHANNELS, withChannel } from "../../../src/protocol/graph.ts";
import { EARLY, NEWS_BESIDES, TOLD } from "../../../src/protocol/node/quotas.ts";
import { signPolicy } from "../../../src/protocol/policy.ts";
import { Table } from "../../../src/protocol/table.ts";
import type { ChannelId, Policy, SignedPolicy } from "../../../src/protocol/types.ts";
import { fastCrypto, fastSigner } from "../fast-crypto.ts";
import { DOMAIN } from "../lane-pair.ts";
import { FEE, type Network, type Peer, row, SLOW } from "./network.ts";

function policyBy(peer: Peer, channel: ChannelId, seq: number): SignedPolicy {
  const policy: Omit<Policy, "node"> = {
    ...FEE,
    channel,
    seq,
    claimTime: 600,
    minAmount: 1n,
    maxAmount: 1n,
    enabled: true,
  };
  return signPolicy(fastCrypto, fastSigner(peer.id), DOMAIN, policy);
}

const madeUp = (n: number): ChannelId => `0x${n.toString(16).padStart(64, "0")}` as ChannelId;

/** What a peer sends in one batch; how many policies were passed on, and how many refused for their number. */
function send(
  net: Network,
  from: Peer,
  to: Peer,
  policies: readonly SignedPolicy[],
): { told: number; over: number } {
  const before = net.noticesOf(to, "dropped").length;
  const step = net.run(
    to,
    policies.map(
      (signed) => ({ kind: "message", from: from.id, message: { kind: "policy", signed } }) as const,
    ),
  );
  const told = step.outputs.filter(
    (output) => output.kind === "send" && output.message.kind === "policy",
  ).length;
  const dropped = net.noticesOf(to, "dropped").slice(before);
  return { told, over: dropped.filter(({ why }) => why.includes("more new policies")).length };
}

const range = (count: number): readonly number[] => Array.from({ length: count }, (_, at) => at);

describe("node: gossip within limits", () => {
  it("[O10] keeps every newer policy, and passes on eight at once, later four an hour", () => {
    const { net, peers, hop } = row(["Wang", "Alice", "Bob"]);
    const [wang, alice] = peers;
    if (wang === undefined || alice === undefined) throw new Error("no row");
    net.tick(24 * 3600);
    const seqOf = (): number | undefined => alice.state.graph.edges.get(hop(0))?.policyA?.policy.seq;
    const sent = send(
      net,
      wang,
      alice,
      range(TOLD.most + 3).map((at) => policyBy(wang, hop(0), 10 + at)),
    );
    expect(sent).to.deep.equal({ told: TOLD.most, over: 0 });
    expect(seqOf()).to.equal(10 + TOLD.most + 2);
    net.tick(899);
    expect(send(net, wang, alice, [policyBy(wang, hop(0), 50)])).to.deep.equal({ told: 0, over: 0 });
    net.tick(901);
    expect(send(net, wang, alice, [policyBy(wang, hop(0), 51)])).to.deep.equal({ told: 1, over: 0 });
  });

  it("[O10] verifies so many policies of a peer, and as many again for each end of a channel", () => {
    const { net, peers, hop } = row(["Wang", "Alice", "Bob"]);
    const [wang, alice, bob] = peers;
    if (wang === undefined || alice === undefined || bob === undefined) throw new Error("no row");
    net.tick(24 * 3600);
    const most = NEWS_BESIDES + 2 * alice.state.graph.edges.size;
    const all = range(most + 2).map((at) => policyBy(wang, hop(0), 10 + at));
    expect(send(net, wang, alice, all).over).to.equal(2);
    expect(alice.state.graph.edges.get(hop(0))?.policyA?.policy.seq).to.equal(10 + most - 1);
    expect(send(net, wang, alice, all.slice(0, 20)).over, "what is old costs nothing").to.equal(0);
    expect(send(net, bob, alice, [policyBy(bob, hop(1), 10)]).over, "another peer has its own").to.equal(0);
    net.tick(SLOW);
    expect(send(net, wang, alice, all.slice(-1)).over).to.equal(0);
    net.tick(24 * 3600);
    expect(alice.state.quotas.news.size, "a full allowance is not kept").to.equal(0);
  });

  it("[O10] keeps 32 policies of one peer for channels that it does not see", () => {
    const { net, peers } = row(["Wang", "Alice", "Bob"]);
    const [wang, alice, bob] = peers;
    if (wang === undefined || alice === undefined || bob === undefined) throw new Error("no row");
    net.tick(24 * 3600);
    const policies = range(EARLY.most + 1).map((at) => policyBy(wang, madeUp(at), 1));
    expect(send(net, wang, alice, policies)).to.deep.equal({ told: 0, over: 1 });
    expect(alice.state.graph.early).to.have.lengthOf(EARLY.most);
    expect(send(net, bob, alice, [policyBy(bob, madeUp(1000), 1)]).over).to.equal(0);
    expect(alice.state.graph.early).to.have.lengthOf(EARLY.most + 1);
  });

  it("[O10] a peer that passes on a forged policy is not heard for a while", () => {
    const { net, peers, hop } = row(["Wang", "Alice", "Bob"]);
    const [wang, alice] = peers;
    if (wang === undefined || alice === undefined) throw new Error("no row");
    const good = policyBy(wang, hop(0), 10);
    const forged = { ...good, policy: { ...good.policy, feePpm: 1 } };
    expect(send(net, wang, alice, [forged, good]).over).to.equal(1);
    expect(alice.state.graph.edges.get(hop(0))?.policyA?.policy.seq).to.equal(1);
    net.tick();
    expect(send(net, wang, alice, [good]).over).to.equal(0);
    expect(alice.state.graph.edges.get(hop(0))?.policyA?.policy.seq).to.equal(10);
  });

  it("[O10] a full graph takes our own channels and no others", () => {
    const { net, peers, hop } = row(["Wang", "Alice"]);
    const edge = peers[0]?.state.graph.edges.get(hop(0));
    const channel = net.channels[0];
    if (edge === undefined || channel === undefined) throw new Error("no channel");
    const opened = { ...channel, channel: channel.id };
    const full = (count: number) => ({
      ...emptyGraph(),
      edges: Table.of(range(count).map((at) => [madeUp(at), edge] as const)),
    });
    const sizeWith = (count: number, whose: "ours" | "of others"): number =>
      withChannel(full(count), opened, whose).edges.size;
    expect(sizeWith(MAX_CHANNELS - 1, "of others")).to.equal(MAX_CHANNELS);
    expect(sizeWith(MAX_CHANNELS, "of others")).to.equal(MAX_CHANNELS);
    expect(sizeWith(MAX_CHANNELS, "ours")).to.equal(MAX_CHANNELS + 1);
  });
});
