import { expect } from "chai";
import { fromHex, toHex } from "../../../src/protocol/bytes.ts";
import { enqueueLock } from "../../../src/protocol/lane-own.ts";
import { locksRoot } from "../../../src/protocol/locks.ts";
import type { ChainCommitment, ChainLock, Hex } from "../../../src/protocol/types.ts";
import { fastCrypto } from "../fast-crypto.ts";
import { type Network, type Peer, row, runUntilEnded, SLOW, START } from "./network.ts";

const LINKS: readonly Hex[] = ((): readonly Hex[] => {
  const links: Hex[] = [`0x${"c4".repeat(32)}`];
  while (links.length < 6) links.unshift(toHex(fastCrypto.keccak256(fromHex(links[0] ?? "0x")), 32));
  return links;
})();
const COMMITMENT = LINKS[0] as ChainCommitment;

const LOCK: ChainLock = {
  kind: "chain",
  amount: 1000n,
  expiry: START + 40 * SLOW,
  commitment: COMMITMENT,
  unit: 100n,
  start: 1,
};

/** Two neighbours; the first has a chain lock to sign, as a node with streams would. */
function withLock() {
  const { net, peers, hop } = row(["Wang", "Alice"]);
  const [wang, alice] = peers;
  if (wang === undefined || alice === undefined) throw new Error("the row has two nodes");
  const id = hop(0);
  const channel = net.channelOf(wang, id);
  const { own } = enqueueLock(channel.own, LOCK, new Uint8Array(9));
  wang.state = { ...wang.state, channels: wang.state.channels.with(id, { ...channel, own }) };
  // Any change makes the next state.
  net.command(wang, { kind: "payDirect", channel: id, amount: 5n, tag: `0x${"71".repeat(32)}` as never });
  return { net, wang, alice, id };
}

function locksOf(net: Network, peer: Peer, id: ReturnType<typeof withLock>["id"]) {
  return net.channelOf(peer, id).held.newest.locks.map(({ lock }) => lock);
}

describe("node: locks of a kind that it does nothing with", () => {
  it("[LANE-4] a chain lock is accepted, then given back, and the channel stays open", () => {
    const { net, wang, alice, id } = withLock();
    net.deliver(wang.id, alice.id, 9);
    expect(locksOf(net, alice, id)).to.deep.equal([LOCK]);
    expect(net.channelOf(alice, id).held.weight).to.equal(4);
    const [fail] =
      net
        .mustLink(wang.id, alice.id)
        .queues.get(wang.id)
        ?.filter(({ kind }) => kind === "fail") ?? [];
    expect(fail).to.deep.equal({ kind: "fail", channel: id, id: 1, failure: null });
    const { amount, expiry } = LOCK;
    expect(net.noticesOf(alice, "lockAdded")).to.deep.equal([
      { kind: "lockAdded", channel: id, direction: "in", hash: COMMITMENT, amount, expiry },
    ]);
    expect(net.channelOf(alice, id).phase.kind).to.equal("open");
    expect(net.noticesOf(alice, "decision")).to.deep.equal([]);
  });

  it("[LANE-4] is given back again after a reconnection", () => {
    const { net, wang, alice, id } = withLock();
    net.deliver(wang.id, alice.id, 9);
    net.disconnect(wang, alice);
    net.connect(wang, alice);
    net.deliver(wang.id, alice.id, 9);
    const queue = net.mustLink(wang.id, alice.id).queues.get(wang.id) ?? [];
    expect(queue).to.deep.include({ kind: "fail", channel: id, id: 1, failure: null });
  });

  it("[LOCK-1] is decided by its checkpoint when its channel closes, and pays what was recorded in time", () => {
    const { net, wang, alice, id } = withLock();
    net.deliver(wang.id, alice.id, 9);
    net.deliver(alice.id, wang.id, 1);
    net.chain.recordChain(COMMITMENT, 4);
    net.command(alice, { kind: "closeAlone", channel: id });
    net.disconnect(wang, alice);
    const before = net.wealth(alice);
    runUntilEnded(net, id);
    expect(net.wealth(alice) - before).to.equal(300n);
    const lost = net.noticesOf(alice, "lockWon");
    expect(lost.map(({ hash }) => hash)).to.deep.equal([COMMITMENT]);
  });

  it("[LOCK-1] is lost at its expiry when its channel closes and nothing was recorded", () => {
    const { net, wang, alice, id } = withLock();
    net.deliver(wang.id, alice.id, 9);
    net.command(alice, { kind: "closeAlone", channel: id });
    net.disconnect(wang, alice);
    const before = net.wealth(alice);
    runUntilEnded(net, id);
    expect(net.wealth(alice) - before).to.equal(0n);
    expect(net.noticesOf(alice, "lockLost").map(({ hash }) => hash)).to.deep.equal([COMMITMENT]);
  });

  it("[CL-5] [LOCK-1] shows the payer's list with its chain lock if the payer closes", () => {
    const { net, wang, alice, id } = withLock();
    net.deliver(wang.id, alice.id, 9);
    net.chain.recordChain(COMMITMENT, 3);
    net.command(wang, { kind: "closeAlone", channel: id });
    net.disconnect(wang, alice);
    expect(locksRoot(fastCrypto, net.channelOf(alice, id).held.newest.locks)).to.not.equal(
      `0x${"00".repeat(32)}`,
    );
    const before = net.wealth(alice);
    const closing = () => {
      const { phase } = net.channelOf(alice, id);
      return phase.kind === "closing" ? phase : null;
    };
    for (let block = 0; (closing()?.record.own.sent ?? 0n) < 205n && block < 100; block++) net.tick(SLOW);
    const rest = { ...LOCK, amount: 800n, start: 3 };
    expect(closing()?.lists.own, "the lock keeps its id").to.deep.equal([{ id: 1, lock: rest }]);
    runUntilEnded(net, id);
    expect(net.wealth(alice) - before).to.equal(200n);
  });
});
