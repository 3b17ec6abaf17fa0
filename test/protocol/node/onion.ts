import { expect } from "chai";
import { emptyGraph } from "../../../src/protocol/graph.ts";
import type { Change, Message } from "../../../src/protocol/messages.ts";
import { encodeNode } from "../../../src/protocol/node/codec.ts";
import type { Quotas, SharedKeys } from "../../../src/protocol/node/state.ts";
import { FAILURE_BYTES } from "../../../src/protocol/onion/failure.ts";
import { MAX_HOPS, PACKET_BYTES } from "../../../src/protocol/onion/format.ts";
import { admit, nothingSeen } from "../../../src/protocol/onion/replays.ts";
import { KeyMemory } from "../../../src/protocol/onion/key-memory.ts";
import { toHex, writeUint } from "../../../src/protocol/bytes.ts";
import { Table } from "../../../src/protocol/table.ts";
import type { Hex } from "../../../src/protocol/types.ts";
import { fastCrypto, fastSigner } from "../fast-crypto.ts";
import { ETH, freshSeed, type Network, pay, type Peer, row, SLOW, story } from "./network.ts";

/** Like the graph, what is counted of gossip names channels that everybody knows. */
const NO_QUOTAS: Quotas = { news: Table.empty(), early: Table.empty(), told: Table.empty() };

type Add = Extract<Change, { kind: "add" }>;

/** Changes what is on its way between two neighbours. */
function tamper(net: Network, from: Peer, to: Peer, change: (message: Message) => Message): void {
  const { queues } = net.mustLink(from.id, to.id);
  queues.set(to.id, (queues.get(to.id) ?? []).map(change));
}

function withPackets(message: Message, change: (packet: Uint8Array) => Uint8Array): Message {
  if (message.kind !== "update") return message;
  const changes = message.changes.map((one) =>
    one.kind === "add" ? { ...one, packet: change(one.packet) } : one,
  );
  return { ...message, changes };
}

const flipped = (bytes: Uint8Array, at = 100): Uint8Array => bytes.with(at, (bytes[at] ?? 0) ^ 1);

/** All locks that a peer sends, as they leave. */
function watchAdds(peer: Peer): readonly Add[] {
  const adds: Add[] = [];
  const { mute } = peer;
  peer.mute = (message) => {
    if (message.kind === "update") adds.push(...message.changes.filter((change) => change.kind === "add"));
    return mute(message);
  };
  return adds;
}

function pointOf({ packet }: Pick<Add, "packet">): Hex {
  return toHex(packet.subarray(1, 34));
}

/** How often a peer agreed on keys since. */
function countAgreements(peer: Peer): () => number {
  let count = 0;
  const signer = fastSigner(peer.id);
  peer.keys = new KeyMemory(fastCrypto, {
    ...signer,
    agree: (point) => {
      count++;
      return signer.agree(point);
    },
  });
  return () => count;
}

function succeeded(net: Network, peer: Peer): number {
  return net.noticesOf(peer, "paymentSucceeded").length;
}

function payAgain(net: Network, payer: Peer, invoice: string): void {
  net.command(payer, { kind: "payInvoice", invoice, maxFee: ETH, seed: freshSeed() });
}

function setKeys(peer: Peer, change: (shared: SharedKeys) => SharedKeys): void {
  let { routeKeys } = peer.state;
  for (const [name, shared] of routeKeys.entries()) routeKeys = routeKeys.with(name, change(shared));
  peer.state = { ...peer.state, routeKeys };
}

describe("node: onions", () => {
  it("no hop sees the payment secret, or a channel beyond the next, and all packets have one size", () => {
    const { net, wang, alice, bob, carol, xiaohong, hop } = story();
    const adds = [wang, alice, bob, carol].map(watchAdds);
    xiaohong.mute = ({ kind }) => kind === "fulfil";
    pay(net, wang, xiaohong);
    net.settle();
    expect(adds.map((sent) => sent.map(({ packet }) => packet.length))).to.deep.equal(
      adds.map(() => [PACKET_BYTES]),
    );
    const [invoice] = [...xiaohong.state.invoices.values()];
    if (invoice === undefined) throw new Error("no invoice");
    const knows = (peer: Peer, hex: Hex): boolean =>
      encodeNode({ ...peer.state, graph: emptyGraph(), quotas: NO_QUOTAS }).includes(hex.slice(2));
    expect([alice, bob, carol].map((peer) => knows(peer, invoice.paymentSecret))).to.deep.equal([
      false,
      false,
      false,
    ]);
    expect(knows(xiaohong, invoice.paymentSecret)).to.equal(true);
    expect([hop(0), hop(1), hop(2), hop(3)].map((channel) => knows(bob, channel))).to.deep.equal([
      false,
      true,
      true,
      false,
    ]);
  });

  it("the first payment over a route agrees on keys, and later ones cost no public-key cryptography", () => {
    const { net, wang, alice, bob, carol, xiaohong } = story();
    const counts = [alice, bob, carol, xiaohong].map(countAgreements);
    const adds = watchAdds(wang);
    for (let payment = 1; payment <= 3; payment++) {
      pay(net, wang, xiaohong);
      net.settle();
      expect(counts.map((count) => count())).to.deep.equal([1, 1, 1, 1]);
    }
    expect(succeeded(net, wang)).to.equal(3);
    expect(new Set(adds.map(pointOf)).size).to.equal(1);
    pay(net, wang, carol);
    net.settle();
    expect(
      counts.map((count) => count()),
      "another route, other keys",
    ).to.deep.equal([2, 2, 2, 1]);
  });

  it("a hop that has forgotten the keys agrees on them again, and nothing else changes", () => {
    const { net, wang, bob, xiaohong } = story();
    pay(net, wang, xiaohong);
    net.settle();
    const count = countAgreements(bob);
    pay(net, wang, xiaohong);
    net.settle();
    expect(count()).to.equal(1);
    expect(succeeded(net, wang)).to.equal(2);
    expect(net.noticesOf(wang, "paymentRetried")).to.deep.equal([]);
  });

  it("route keys are used for less than an hour, and 4096 times", () => {
    const { net, wang, xiaohong } = story();
    const adds = watchAdds(wang);
    const payNext = (): Hex => {
      pay(net, wang, xiaohong, 1000n);
      net.settle();
      return pointOf(adds.at(-1) ?? { packet: new Uint8Array(34) });
    };
    const first = payNext();
    setKeys(wang, (shared) => ({ ...shared, used: 4095 }));
    expect(payNext()).to.equal(first);
    const second = payNext();
    expect(second).to.not.equal(first);
    net.tick(3599);
    expect(payNext()).to.equal(second);
    net.tick(1);
    expect(payNext()).to.not.equal(second);
    expect(succeeded(net, wang)).to.equal(5);
  });

  it("keeps the keys of 256 routes, and forgets the oldest", () => {
    const { net, wang, carol, xiaohong } = story();
    pay(net, wang, xiaohong);
    net.settle();
    const [own, shared] = [...wang.state.routeKeys.entries()][0] ?? [];
    if (own === undefined || shared === undefined) throw new Error("no keys");
    let { routeKeys } = wang.state;
    for (let other = 0; other < 255; other++) {
      const name = new Uint8Array(32);
      writeUint(name, 0, 2, other * 257);
      routeKeys = routeKeys.with(toHex(name), { ...shared, since: shared.since - (other === 7 ? 1 : 0) });
    }
    wang.state = { ...wang.state, routeKeys };
    pay(net, wang, xiaohong);
    net.settle();
    expect(wang.state.routeKeys.size).to.equal(256);
    const before = new Set(wang.state.routeKeys.keys());
    pay(net, wang, carol);
    net.settle();
    expect(wang.state.routeKeys.size).to.equal(256);
    const gone = [...before].filter((name) => !wang.state.routeKeys.has(name));
    expect(gone).to.deep.equal([`0x${(7 * 257).toString(16).padStart(4, "0")}${"00".repeat(30)}`]);
  });

  it("tells the payer, and it alone, which node gave the payment back", () => {
    for (const cut of [1, 2, 3]) {
      const { net, peers, wang, alice, xiaohong } = story();
      const [hop, next] = [peers[cut], peers[cut + 1]];
      if (hop === undefined || next === undefined) throw new Error("no hop");
      net.disconnect(hop, next);
      const seen: Message[] = [];
      alice.mute = (message) => {
        if (message.kind === "fail") seen.push(message);
        return false;
      };
      pay(net, wang, xiaohong);
      net.settle();
      const [failed] = net.noticesOf(wang, "paymentFailed");
      expect(failed).to.deep.include({ code: "peer_offline", at: [hop.id] });
      expect(failed?.message).to.equal(
        `the payment of ${ETH} failed (peer_offline) at ${hop.id}: the next node after one of the hops is not connected; pay again later`,
      );
      expect(seen).to.have.lengthOf(1);
      expect(seen[0]).to.have.property("failure").with.lengthOf(FAILURE_BYTES);
      expect(wang.state.attempts.size).to.equal(0);
    }
  });

  it("names both ends of the connection on which instructions were changed", () => {
    const { net, wang, alice, bob, xiaohong } = story();
    pay(net, wang, xiaohong);
    net.deliver(wang.id, alice.id);
    tamper(net, alice, bob, (message) => withPackets(message, (packet) => flipped(packet)));
    net.settle();
    expect(net.noticesOf(wang, "paymentFailed")[0]).to.deep.include({
      code: "next_unreadable",
      at: [alice.id, bob.id],
    });
    pay(net, wang, xiaohong);
    tamper(net, wang, alice, (message) => withPackets(message, (packet) => flipped(packet)));
    net.settle();
    expect(net.noticesOf(wang, "paymentFailed")[1]).to.deep.include({
      code: "next_unreadable",
      at: [alice.id],
    });
    pay(net, wang, xiaohong);
    net.settle();
    expect(succeeded(net, wang)).to.equal(1);
  });

  it("names both ends of the connection on which the reason was spoilt", () => {
    const { net, wang, alice, bob, carol, xiaohong } = story();
    net.disconnect(carol, xiaohong);
    pay(net, wang, xiaohong);
    for (const [from, to] of [
      [wang, alice],
      [alice, bob],
      [bob, carol],
    ] as const)
      net.deliver(from.id, to.id);
    let changes = 0;
    tamper(net, carol, bob, (message) => {
      if (message.kind !== "fail" || message.failure === null) return message;
      changes++;
      return { ...message, failure: flipped(message.failure, 20) };
    });
    net.settle();
    expect(changes).to.equal(1);
    expect(net.noticesOf(wang, "paymentFailed")[0]).to.deep.include({
      code: "garbled_failure",
      at: [bob.id, carol.id],
    });
  });

  it("refuses a packet that came before, even for the same payment, and names who brought it and who refused", () => {
    const { net, wang, alice, bob, carol, xiaohong } = story();
    const adds = watchAdds(alice);
    net.disconnect(bob, carol);
    const invoice = net.invoice(xiaohong, ETH);
    payAgain(net, wang, invoice);
    net.settle();
    const [old] = adds;
    net.connect(bob, carol);
    net.settle();
    payAgain(net, wang, invoice);
    net.deliver(wang.id, alice.id);
    let replays = 0;
    tamper(net, alice, bob, (message) =>
      withPackets(message, (packet) => {
        replays++;
        return old?.packet ?? packet;
      }),
    );
    net.settle();
    expect(replays).to.equal(1);
    // Bob answers under the key of the packet that he was given, which is not that of this payment.
    expect(net.noticesOf(wang, "paymentFailed")[1]).to.deep.include({
      code: "garbled_failure",
      at: [alice.id, bob.id],
    });
    expect(net.noticesOf(carol, "lockAdded"), "the copy did not come far").to.deep.equal([]);
    payAgain(net, wang, invoice);
    net.settle();
    expect(succeeded(net, wang)).to.equal(1);
  });

  it("a payer whose numbers are refused, as after a start from an old copy, pays at once with new keys", () => {
    const { net, wang, alice, xiaohong } = story();
    const adds = watchAdds(wang);
    pay(net, wang, xiaohong);
    net.settle();
    setKeys(wang, (shared) => ({ ...shared, used: 0 }));
    pay(net, wang, xiaohong);
    net.settle();
    expect(net.noticesOf(wang, "paymentRetried")).to.have.lengthOf(1);
    expect(net.noticesOf(wang, "paymentRetried")[0]?.locked).to.equal(
      net.noticesOf(wang, "paymentSent")[1]?.locked,
    );
    expect(succeeded(net, wang)).to.equal(2);
    expect(net.noticesOf(alice, "lockAdded")).to.have.lengthOf(2 + 1 + 2);
    expect(adds.map(pointOf).map((point, _, all) => all.indexOf(point))).to.deep.equal([0, 0, 2]);
    pay(net, wang, xiaohong);
    net.settle();
    expect(adds.map(pointOf).map((point, _, all) => all.indexOf(point))).to.deep.equal([0, 0, 2, 2]);
  });

  it("gives up when the second attempt is refused in the same way", () => {
    const { net, wang, alice, bob, xiaohong } = story();
    pay(net, wang, xiaohong);
    net.settle();
    setKeys(wang, (shared) => ({ ...shared, used: 0 }));
    const adds = watchAdds(wang);
    pay(net, wang, xiaohong);
    for (let step = 0; adds.length < 2; step++) {
      if (step > 10) throw new Error("not retried");
      net.deliver(wang.id, alice.id);
      net.deliver(alice.id, wang.id);
    }
    const second = adds[1]?.packet.slice(1, 34) ?? new Uint8Array();
    const tag = alice.keys.open(wang.id, second, net.chain.time)?.tag ?? "0x";
    const seen = admit(nothingSeen(), { tag, number: 0, expiry: 2 * net.chain.time });
    if (seen === null) throw new Error("nothing was seen before");
    alice.state = { ...alice.state, seen: alice.state.seen.with(wang.id, seen) };
    // Without the limit the two would go on for ever.
    for (let step = 0; step < 20; step++) {
      net.deliver(wang.id, alice.id);
      net.deliver(alice.id, wang.id);
    }
    expect(net.noticesOf(wang, "paymentFailed")[0]).to.deep.include({ code: "replayed", at: [alice.id] });
    expect(net.noticesOf(wang, "paymentRetried")).to.have.lengthOf(1);
    expect(adds).to.have.lengthOf(2);
    expect(net.noticesOf(bob, "lockAdded")).to.have.lengthOf(2);
    expect(wang.state.attempts.size).to.equal(0);
  });

  it("[O10] forgets which packets came when they have expired", () => {
    const { net, peers, wang, xiaohong } = story();
    pay(net, wang, xiaohong);
    net.settle();
    expect(peers.map(({ state }) => state.seen.size)).to.deep.equal([0, 1, 1, 1, 1]);
    const expiry = net.noticesOf(wang, "lockAdded")[0]?.expiry ?? 0;
    while (net.chain.time < expiry) net.tick(Math.min(SLOW, expiry - net.chain.time));
    expect(net.chain.time).to.equal(expiry);
    expect(peers.map(({ state }) => state.seen.size)).to.deep.equal([0, 1, 1, 1, 1]);
    net.tick(1);
    expect(peers.map(({ state }) => state.seen.size)).to.deep.equal([0, 0, 0, 0, 0]);
  });

  it("pays over 20 channels, and knows no route over 21", () => {
    const names = Array.from({ length: MAX_HOPS + 2 }, (_, at) => `node ${at}`);
    const { net, peers } = row(names);
    const [first, second, last] = [peers[0], peers[1], peers.at(-1)];
    if (first === undefined || second === undefined || last === undefined) throw new Error("row");
    pay(net, second, last, 1000n);
    net.settle();
    expect(succeeded(net, second)).to.equal(1);
    payAgain(net, first, net.invoice(last, 1000n));
    const refused = net.noticesOf(first, "commandRefused").at(-1);
    expect(refused?.refusal).to.have.property("code", "no_route");
  }).timeout(60_000);
});
