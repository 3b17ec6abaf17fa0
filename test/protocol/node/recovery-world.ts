import { laneDigest } from "../../../src/protocol/eip712.ts";
import { stateBody } from "../../../src/protocol/locks.ts";
import type { Message, SignedState } from "../../../src/protocol/messages.ts";
import { backupOf, NO_BACKUP } from "../../../src/protocol/node/backup.ts";
import { initialState, type NodeBackup } from "../../../src/protocol/node/state.ts";
import type { Step } from "../../../src/protocol/node/step.ts";
import { KeyMemory } from "../../../src/protocol/onion/key-memory.ts";
import type { ChannelId, LaneState, PaymentTag } from "../../../src/protocol/types.ts";
import { fastCrypto, fastSigner } from "../fast-crypto.ts";
import { DOMAIN } from "../lane-pair.ts";
import { ETH, type Network, type Peer, row } from "./network.ts";

export type Recover = Extract<Message, { kind: "recover" }>;

export const WHY = "restored for a test";

export function direct(net: Network, from: Peer, channel: ChannelId, amount: bigint): void {
  const tag = `0x${amount.toString(16).padStart(64, "0")}` as PaymentTag;
  net.command(from, { kind: "payDirect", channel, amount, tag });
  net.settle();
}

/** Wang and Alice with 10 ETH each; Wang's backup is older than what both have signed since. */
export function pair(recoveryPeriod = 0) {
  const { net, peers, hop } = row(["Wang", "Alice"], 10n * ETH, recoveryPeriod);
  const [wang, alice] = peers;
  if (wang === undefined || alice === undefined) throw new Error("the row has two nodes");
  const id = hop(0);
  direct(net, wang, id, 5n);
  direct(net, alice, id, 2n);
  const backup = backUp(wang);
  direct(net, wang, id, 7n);
  direct(net, alice, id, 11n);
  return { net, wang, alice, id, backup };
}

export function backUp({ id, state }: Peer): NodeBackup {
  return backupOf(state, { crypto: fastCrypto, signer: fastSigner(id), domain: DOMAIN });
}

/** Everything that the node knew is gone but for the backup. */
export function loseData(net: Network, peer: Peer, backup: NodeBackup = NO_BACKUP): Step {
  for (const { ends } of net.links) {
    if (ends.includes(peer.id)) net.disconnect(net.peer(ends[0]), net.peer(ends[1]));
  }
  peer.state = initialState(peer.state.config);
  peer.keys = new KeyMemory(fastCrypto, fastSigner(peer.id));
  peer.pending.clear();
  peer.cursor = 0;
  const upTo = net.chain.blocks.length;
  return net.command(peer, { kind: "restore", why: WHY, upTo, backup });
}

/** Reads the chain from its beginning. */
export function catchUp(net: Network, peer: Peer): void {
  net.read(peer);
  net.settle();
}

/** What an honest owner of the key signs, or one who lies. */
export function signedBy(peer: Peer, channel: ChannelId, state: LaneState): SignedState {
  const digest = laneDigest(fastCrypto, DOMAIN, channel, state.seq, stateBody(fastCrypto, state));
  return { state, signature: fastSigner(peer.id).sign(digest) };
}

/** What the helper would hand over. */
export function handOver(net: Network, helper: Peer, lost: Peer, channel: ChannelId): Recover {
  const { own, held } = net.channelOf(helper, channel);
  return {
    kind: "recover",
    channel,
    lost: false,
    own: own.newest.seq === 0 ? null : signedBy(helper, channel, own.newest),
    held: held.newest.seq === 0 ? null : signedBy(lost, channel, held.newest),
  };
}

export function say(net: Network, to: Peer, from: Peer, message: Message): Step {
  return net.run(to, [{ kind: "message", from: from.id, message }]);
}

export function whyDropped(net: Network, peer: Peer): readonly string[] {
  return net.noticesOf(peer, "dropped").map(({ why }) => why);
}
