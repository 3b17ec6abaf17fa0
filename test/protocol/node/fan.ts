import { ZERO_ADDRESS } from "../../../src/protocol/checked.ts";
import { fromHex } from "../../../src/protocol/bytes.ts";
import { enqueueLock } from "../../../src/protocol/lane-own.ts";
import type { Message } from "../../../src/protocol/messages.ts";
import type { Instruction } from "../../../src/protocol/onion/format.ts";
import { makePacket } from "../../../src/protocol/onion/packet.ts";
import { agreeOnRoute } from "../../../src/protocol/onion/route-keys.ts";
import type { Amount, ChannelId, Digest, Hex, NodeId, PaymentHash } from "../../../src/protocol/types.ts";
import { fastCrypto, fastSigner } from "../fast-crypto.ts";
import { DOMAIN } from "../lane-pair.ts";
import { CLAIM_TIME, ETH, FEE, freshSeed, Network, type Peer } from "./network.ts";

export interface Fan {
  readonly net: Network;
  readonly wang: Peer;
  readonly xiaohong: Peer;
  readonly hops: readonly Peer[];
  /** To the hop of this index from Wang. */
  readonly first: (index: number) => ChannelId;
  /** From the hop of this index to Xiaohong. */
  readonly last: (index: number) => ChannelId;
  readonly peers: readonly Peer[];
}

/** Wang - hop 0, 1, ... - Xiaohong: every hop asks for a little more than the one before. */
export function fan(count: number): Fan {
  const net = new Network();
  const [wang, xiaohong] = [net.add("Wang"), net.add("Xiaohong")];
  const hops = Array.from({ length: count }, (_, at) => net.add(`hop ${at}`));
  const rows = hops.map((hop) => ({
    first: net.open(wang, hop, 10n * ETH, 10n * ETH),
    last: net.open(hop, xiaohong, 10n * ETH, 10n * ETH),
  }));
  net.connectAll();
  net.tick();
  hops.forEach((hop, at) => {
    const row = rows[at];
    if (row === undefined) return;
    net.setPolicy(hop, row.first);
    net.setPolicy(hop, row.last, { feeBase: FEE.feeBase + BigInt(at) });
  });
  net.settle();
  const rowAt = (index: number): { readonly first: ChannelId; readonly last: ChannelId } => {
    const row = rows[index];
    if (row === undefined) throw new Error(`no hop ${index}`);
    return row;
  };
  const first = (index: number): ChannelId => rowAt(index).first;
  const last = (index: number): ChannelId => rowAt(index).last;
  return { net, wang, xiaohong, hops, first, last, peers: [wang, xiaohong, ...hops] };
}

export function hopAt({ hops }: Fan, index: number): Peer {
  const hop = hops[index];
  if (hop === undefined) throw new Error(`no hop ${index}`);
  return hop;
}

interface Order {
  readonly hash: Hex;
  readonly amount: Amount;
  readonly deliver: Instruction;
  /** Of the lock, in seconds; as payers choose it if left out. */
  readonly life?: number;
  /** Wang if left out, else the hop itself. */
  readonly from?: Peer;
  /** That comes with the lock. */
  readonly rent?: Amount;
  /** That the hop is told to pass on. */
  readonly passed?: Amount;
}

/** A lock that no honest payer makes, with any instruction for Xiaohong; gives the keys of its packet. */
export function sendBy(
  { net, wang, xiaohong, hops, first, last }: Fan,
  index: number,
  order: Order,
): readonly Uint8Array[] {
  const { amount, deliver, life = 3 * CLAIM_TIME, from = wang, rent = 0n, passed = 0n } = order;
  const hop = hops[index];
  if (hop === undefined) throw new Error(`no hop ${index}`);
  const hash = order.hash as PaymentHash;
  const expiry = net.chain.time + life;
  const isHop = from === hop;
  const nodes = isHop ? [xiaohong] : [hop, xiaohong];
  const keys = agreeOnRoute(
    fastCrypto,
    fromHex(freshSeed()),
    nodes.map(({ id }) => keyOf(id)),
  );
  const told = passed > 0n ? { rent: passed } : {};
  const forward = { kind: "forward", channel: last(index), amount, ...told } as const;
  const made = makePacket(fastCrypto, keys, {
    context: { domain: DOMAIN, token: ZERO_ADDRESS, hash, expiry },
    instructions: isHop ? [deliver] : [forward, deliver],
    number: 0,
    seed: fromHex(freshSeed()),
  });
  const id = isHop ? last(index) : first(index);
  const channel = net.channelOf(from, id);
  const locked = isHop ? amount : amount + FEE.feeBase + BigInt(index);
  const lock = { kind: "hash", amount: locked, expiry, hash } as const;
  const { own, id: lockId } = enqueueLock(channel.own, lock, made.packet, rent);
  const origin = { kind: "payment", part: 0 } as const;
  const out = { id: lockId, lock, origin, asked: false, failed: null, won: false };
  const ref = { channel: id, direction: "out", id: lockId } as const;
  from.state = {
    ...from.state,
    channels: from.state.channels.with(id, { ...channel, own, outgoing: [...channel.outgoing, out] }),
    locks: from.state.locks.with(hash, [...(from.state.locks.get(hash) ?? []), ref]),
  };
  // Anything that touches the channel lets it sign.
  net.run(from, [{ kind: "message", from: (isHop ? xiaohong : hop).id, message: seen(net, from, id) }]);
  return made.keys;
}

function seen(net: Network, peer: Peer, channel: ChannelId): Message {
  return { kind: "seen", channel, deposits: net.channelOf(peer, channel).deposits };
}

/** As its signatures show it. */
function keyOf(node: NodeId): Uint8Array {
  const digest = `0x${"11".repeat(32)}` as Digest;
  const key = fastCrypto.recoverKey(digest, fastSigner(node).sign(digest));
  if (key === null) throw new Error(`no key of ${node}`);
  return key;
}
