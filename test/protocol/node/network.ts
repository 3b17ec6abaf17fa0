import type { ChainFact, Transaction } from "../../../src/protocol/chain-facts.ts";
import { sideOf } from "../../../src/protocol/identity.ts";
import type { Command, Input } from "../../../src/protocol/inputs.ts";
import type { Message } from "../../../src/protocol/messages.ts";
import { decodeNode, encodeNode } from "../../../src/protocol/node/codec.ts";
import { initialState, type NodeState } from "../../../src/protocol/node/state.ts";
import { runBatch, type Step } from "../../../src/protocol/node/step.ts";
import { KeyMemory } from "../../../src/protocol/onion/key-memory.ts";
import type { Notice } from "../../../src/protocol/outputs.ts";
import type {
  Amount,
  ChannelId,
  Deposits,
  NodeId,
  Params,
  PaymentHash,
  Policy,
  Secret,
  Seed,
} from "../../../src/protocol/types.ts";
import { fromHex, toHex, writeUint } from "../../../src/protocol/bytes.ts";
import { ZERO_ADDRESS } from "../../../src/protocol/checked.ts";
import { fastCrypto, fastSigner } from "../fast-crypto.ts";
import { addressOf, DOMAIN } from "../lane-pair.ts";
import { FakeChain } from "./fake-chain.ts";
import { checkStep } from "./invariants.ts";

export const START = 1_700_000_000;
export const CLAIM_TIME = 600;
export const BLOCK = 12;
/** Seconds between the blocks of a slow chain: a transaction is in the next but one. */
export const SLOW = CLAIM_TIME / 4;
export const CHALLENGE = 3600;
export const FEE: Pick<Policy, "feeBase" | "feePpm"> = { feeBase: 10n ** 15n, feePpm: 0 };

export interface Peer {
  readonly name: string;
  readonly id: NodeId;
  state: NodeState;
  readonly notices: Notice[];
  keys: KeyMemory;
  /** Transactions that wait for a block, by key: one that is under way is not sent twice. */
  readonly pending: Map<string, Transaction>;
  /** Number of the newest block whose facts it has. */
  cursor: number;
  /** Messages that it never sends, to play a peer that keeps silent. */
  mute: (message: Message) => boolean;
}

interface Link {
  readonly ends: readonly [NodeId, NodeId];
  connected: boolean;
  readonly queues: Map<NodeId, Message[]>;
}

let counter = 0;

export function freshSecret(): Secret {
  const bytes = new Uint8Array(32);
  writeUint(bytes, 24, 8, ++counter);
  bytes[0] = 0x5e;
  return toHex<Secret>(bytes, 32);
}

export function freshSeed(): Seed {
  return toHex<Seed>(fromHex(freshSecret()), 32);
}

/** Nodes, links in order, and a chain; nothing happens unless a test says so. Every step is checked. */
export class Network {
  readonly chain = new FakeChain(fastCrypto, DOMAIN, START);
  readonly peers = new Map<NodeId, Peer>();
  readonly links: Link[] = [];
  readonly channels: { readonly id: ChannelId; readonly params: Params; readonly deposits: Deposits }[] = [];
  readonly bodies = new Map<string, string>();
  private readonly isChecked: boolean;

  /** `unchecked`: for many locks at a time, where the checks of each step would take most of the time. */
  constructor(how: "checked" | "unchecked" = "checked") {
    this.isChecked = how === "checked";
  }

  add(name: string): Peer {
    const id = addressOf(0x10 + this.peers.size);
    const state = initialState({ self: id, claimTime: CLAIM_TIME });
    const keys = new KeyMemory(fastCrypto, fastSigner(id));
    const pending = new Map<string, Transaction>();
    const peer: Peer = { name, id, state, notices: [], keys, pending, cursor: 0, mute: () => false };
    this.peers.set(id, peer);
    return peer;
  }

  peer(id: NodeId): Peer {
    const peer = this.peers.get(id);
    if (peer === undefined) throw new Error(`no node ${id}`);
    return peer;
  }

  open(
    a: Peer,
    b: Peer,
    depositA: Amount,
    depositB: Amount,
    salt = 0n,
    { recoveryPeriod = 0, challengePeriod = CHALLENGE } = {},
  ): ChannelId {
    const owner = (id: NodeId): NodeId => `0xee${id.slice(4)}` as NodeId;
    const params: Params = {
      ownerA: owner(a.id),
      ownerB: owner(b.id),
      signerA: a.id,
      signerB: b.id,
      token: ZERO_ADDRESS,
      challengePeriod,
      recoveryPeriod,
      salt,
    };
    const deposits = { A: depositA, B: depositB };
    const id = this.chain.open(params, deposits);
    this.channels.push({ id, params, deposits });
    if (this.linkOf(a.id, b.id) === undefined) {
      this.links.push({ ends: [a.id, b.id], connected: false, queues: new Map() });
    }
    return id;
  }

  linkOf(a: NodeId, b: NodeId): Link | undefined {
    return this.links.find(({ ends }) => ends.includes(a) && ends.includes(b));
  }

  mustLink(a: NodeId, b: NodeId): Link {
    const link = this.linkOf(a, b);
    if (link === undefined) throw new Error(`no link ${a} ${b}`);
    return link;
  }

  /** One step of one node, with all the checks; the state goes on as it was decoded. */
  run(peer: Peer, batch: readonly Input[]): Step {
    const ctx = { crypto: fastCrypto, signer: fastSigner(peer.id), domain: DOMAIN, keys: peer.keys };
    const before = peer.state;
    const step = runBatch(before, batch, ctx);
    if (this.isChecked) checkStep(this.bodies, before, batch, step, ctx);
    peer.state = this.isChecked ? decodeNode(encodeNode(step.state)) : step.state;
    this.perform(peer, step);
    return step;
  }

  private perform(peer: Peer, step: Step): void {
    for (const output of step.outputs) {
      if (output.kind === "notice") peer.notices.push(output.notice);
      else if (output.kind === "submit") peer.pending.set(output.transaction.key, output.transaction);
      else if (!peer.mute(output.message)) this.post(peer.id, output.to, output.message);
    }
  }

  private post(from: NodeId, to: NodeId, message: Message): void {
    const link = this.mustLink(from, to);
    if (link.connected) link.queues.set(to, [...(link.queues.get(to) ?? []), message]);
  }

  command(peer: Peer, command: Command): Step {
    return this.run(peer, [{ kind: "command", command }]);
  }

  connect(a: Peer, b: Peer): void {
    const link = this.mustLink(a.id, b.id);
    if (link.connected) return;
    link.connected = true;
    link.queues.clear();
    this.run(a, [{ kind: "connected", peer: b.id }]);
    this.run(b, [{ kind: "connected", peer: a.id }]);
  }

  disconnect(a: Peer, b: Peer): void {
    const link = this.mustLink(a.id, b.id);
    if (!link.connected) return;
    link.connected = false;
    link.queues.clear();
    this.run(a, [{ kind: "disconnected", peer: b.id }]);
    this.run(b, [{ kind: "disconnected", peer: a.id }]);
  }

  connectAll(): void {
    for (const { ends } of this.links) this.connect(this.peer(ends[0]), this.peer(ends[1]));
  }

  /** Delivers the next messages of one direction of a link as one batch. */
  deliver(from: NodeId, to: NodeId, count = 1): boolean {
    const link = this.mustLink(from, to);
    const queue = link.queues.get(to) ?? [];
    if (!link.connected || queue.length === 0) return false;
    link.queues.set(to, queue.slice(count));
    this.run(
      this.peer(to),
      queue.slice(0, count).map((message) => ({ kind: "message", from, message }) as const),
    );
    return true;
  }

  /** Delivers everything until the links are empty. */
  settle(): void {
    for (let busy = true; busy;) {
      busy = false;
      for (const { ends } of this.links) {
        busy = this.deliver(ends[0], ends[1]) || busy;
        busy = this.deliver(ends[1], ends[0]) || busy;
      }
    }
  }

  /** Takes all pending transactions into a block; nodes see it when they read it. */
  mine(seconds = BLOCK): void {
    for (const peer of this.peers.values()) {
      for (const transaction of peer.pending.values()) this.chain.apply(peer.id, transaction, seconds);
      peer.pending.clear();
    }
    this.chain.mine(seconds);
  }

  read(peer: Peer, upTo = this.chain.blocks.length): void {
    const facts: ChainFact[] = this.chain.blocks
      .slice(peer.cursor, upTo)
      .flatMap((block) => [...block.facts]);
    if (facts.length === 0) return;
    peer.cursor = upTo;
    this.run(
      peer,
      facts.map((fact) => ({ kind: "chain", fact }) as const),
    );
  }

  /** A block that everybody sees at once, and all that follows from it. */
  tick(seconds = BLOCK): void {
    this.mine(seconds);
    for (const peer of this.peers.values()) this.read(peer);
    this.settle();
  }

  channelOf(peer: Peer, id: ChannelId): NonNullable<ReturnType<NodeState["channels"]["get"]>> {
    const channel = peer.state.channels.get(id);
    if (channel === undefined) throw new Error(`${peer.name} has no channel ${id}`);
    return channel;
  }

  /** Deposit, plus received, less sent and locked, of a channel in its own node's view. */
  balance(peer: Peer, id: ChannelId): Amount {
    const { own, held, deposits, params } = this.channelOf(peer, id);
    const side = sideOf(params, peer.id) ?? "A";
    return deposits[side] + held.newest.sent - own.newest.sent - own.locked;
  }

  /** All that a node has: in its channels and paid out. */
  wealth(peer: Peer): Amount {
    let sum = this.chain.paid.get(peer.id) ?? 0n;
    for (const id of peer.state.channels.keys()) sum += this.balance(peer, id);
    return sum;
  }

  setPolicy(
    peer: Peer,
    channel: ChannelId,
    policy: Partial<Omit<Policy, "node" | "seq" | "channel">> = {},
  ): void {
    const usual = { ...FEE, claimTime: CLAIM_TIME, minAmount: 1n, maxAmount: 1n << 90n, enabled: true };
    this.command(peer, { kind: "setPolicy", policy: { channel, ...usual, ...policy } });
  }

  invoice(payee: Peer, amount: Amount, validSeconds = 3600): string {
    const command = {
      kind: "createInvoice" as const,
      amount,
      token: ZERO_ADDRESS,
      description: "",
      validSeconds,
    };
    this.command(payee, { ...command, secret: freshSecret(), paymentSecret: freshSecret() });
    const created = payee.notices.findLast((notice) => notice.kind === "invoiceCreated");
    if (created?.kind !== "invoiceCreated") throw new Error("no invoice was created");
    return created.text;
  }

  noticesOf<K extends Notice["kind"]>(peer: Peer, kind: K): readonly Extract<Notice, { kind: K }>[] {
    return peer.notices.filter((notice): notice is Extract<Notice, { kind: K }> => notice.kind === kind);
  }
}

export const ETH = 10n ** 18n;

interface Row {
  readonly net: Network;
  readonly peers: readonly Peer[];
  readonly channels: readonly ChannelId[];
  /** The channel after the node of this index. */
  readonly hop: (index: number) => ChannelId;
}

/** Nodes in a row, connected, with policies known to all. */
export function row(names: readonly string[], each = 10n * ETH, recoveryPeriod = 0): Row {
  const net = new Network();
  const peers = names.map((name) => net.add(name));
  const channels = peers
    .slice(1)
    .map((peer, at) => net.open(peers[at] ?? peer, peer, each, each, 0n, { recoveryPeriod }));
  net.connectAll();
  net.tick();
  channels.forEach((channel, at) => {
    for (const peer of peers.slice(at, at + 2)) net.setPolicy(peer, channel);
  });
  net.settle();
  const hop = (index: number): ChannelId => {
    const channel = channels[index];
    if (channel === undefined) throw new Error(`the row has no channel ${index}`);
    return channel;
  };
  return { net, peers, channels, hop };
}

interface Story extends Row {
  readonly wang: Peer;
  readonly alice: Peer;
  readonly bob: Peer;
  readonly carol: Peer;
  readonly xiaohong: Peer;
}

/** Wang - Alice - Bob - Carol - Xiaohong. */
export function story(): Story {
  const made = row(["Wang", "Alice", "Bob", "Carol", "Xiaohong"]);
  const at = (index: number): Peer => made.peers[index] ?? made.net.add("nobody");
  return { ...made, wang: at(0), alice: at(1), bob: at(2), carol: at(3), xiaohong: at(4) };
}

export function pay(net: Network, payer: Peer, payee: Peer, amount = ETH): PaymentHash {
  const invoice = net.invoice(payee, amount);
  net.command(payer, { kind: "payInvoice", invoice, maxFee: ETH, seed: freshSeed() });
  const sent = payer.notices.findLast((notice) => notice.kind === "paymentSent");
  if (sent?.kind !== "paymentSent") throw new Error("nothing was sent");
  return sent.hash;
}

/** Slow blocks until the channel is gone and everybody knows. */
export function runUntilEnded(net: Network, channel: ChannelId, most = 1000): void {
  for (let block = 0; net.chain.isOpen(channel); block++) {
    if (block === most) throw new Error(`channel ${channel} does not end: ${net.chain.refused.join("; ")}`);
    net.tick(SLOW);
  }
  net.tick();
}
