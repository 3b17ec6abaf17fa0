import { expect } from "chai";
import type { Transaction } from "../../../src/protocol/chain-facts.ts";
import { headOf } from "../../../src/protocol/locks.ts";
import type { ChannelId, LaneLock, PaymentHash } from "../../../src/protocol/types.ts";
import { fastCrypto } from "../fast-crypto.ts";
import {
  BLOCK,
  CHALLENGE,
  CLAIM_TIME,
  ETH,
  type Network,
  pay,
  type Peer,
  row,
  runUntilEnded,
} from "./network.ts";

/** A commitment whose witness nobody has. */
const NOBODYS = `0x${"77".repeat(32)}` as PaymentHash;

/** The close that this node's state asks for, with more locks than it ever gave. */
function closeWith(
  net: Network,
  peer: Peer,
  channel: ChannelId,
  more: readonly LaneLock[],
): Extract<Transaction, { kind: "close" }> {
  const { own, held, params, life } = net.channelOf(peer, channel);
  const { newest } = own;
  return {
    kind: "close",
    key: "test",
    params,
    life,
    own: { ...newest, seq: newest.seq + 1, locks: [...newest.locks, ...more] },
    theirs: headOf(fastCrypto, held.newest),
    theirSignature: held.signature,
  };
}

describe("node: the wait of [LOCK-1]", () => {
  it("[NODE-9] locks that a closer invents, one of them always near its expiry, keep no witness from being shown", () => {
    const { net, peers, hop } = row(["Alice", "Bob"]);
    const [alice, bob] = peers;
    if (alice === undefined || bob === undefined) throw new Error("row");
    const channel = hop(0);
    alice.mute = ({ kind }) => kind === "fulfil";
    pay(net, bob, alice);
    net.settle();
    const [given] = net.channelOf(bob, channel).own.newest.locks;
    if (given === undefined) throw new Error("no lock");
    const until = given.lock.expiry + 3 * CHALLENGE;
    const invented: LaneLock[] = [];
    for (let expiry = net.chain.time; expiry < until; expiry += CLAIM_TIME) {
      invented.push({
        id: -100 - invented.length,
        lock: { kind: "hash", amount: 1n, expiry, hash: NOBODYS },
      });
    }
    net.chain.apply(bob.id, closeWith(net, bob, channel, invented), BLOCK);
    runUntilEnded(net, channel);
    expect(net.noticesOf(alice, "channelEnded")[0]).to.deep.include({ received: 11n * ETH });
  });
});
