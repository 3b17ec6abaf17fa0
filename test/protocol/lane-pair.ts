import { toHex, writeUint } from "../../src/protocol/bytes.ts";
import {
  describeRefusal,
  failLock,
  type HeldView,
  receiveUpdate,
  type Received,
} from "../../src/protocol/lane-held.ts";
import { acknowledged, enqueue, enqueueLock, makeUpdate, type Made } from "../../src/protocol/lane-own.ts";
import {
  type Effect,
  type HeldLane,
  type LaneTerms,
  type LockFate,
  newHeldLane,
  newOwnLane,
  type OwnLane,
} from "../../src/protocol/lane.ts";
import type { Update } from "../../src/protocol/messages.ts";
import type {
  Address,
  ChannelId,
  Domain,
  HashLock,
  Lock,
  LockId,
  PaymentHash,
  PaymentTag,
} from "../../src/protocol/types.ts";
import { fastCrypto, fastSigner } from "./fast-crypto.ts";

export const DOMAIN: Domain = {
  chainId: 31337n,
  contract: toHex<Address>(new Uint8Array(20).fill(0xcc), 20),
};
export const CHANNEL = toHex<ChannelId>(new Uint8Array(32).fill(0xc1), 32);
export const EXPIRY = 1_800_000_000;

export function addressOf(byte: number): Address {
  return toHex<Address>(new Uint8Array(20).fill(byte), 20);
}

function word(value: number): Uint8Array {
  const bytes = new Uint8Array(32);
  writeUint(bytes, 24, 8, value);
  return bytes;
}

export function tagOf(value: number): PaymentTag {
  return toHex<PaymentTag>(word(value), 32);
}

export function lockOf(amount: bigint, value = 1, expiry = EXPIRY): HashLock {
  return { kind: "hash", amount, expiry, hash: toHex<PaymentHash>(word(value), 32) };
}

/** One end of a channel: the lane that it signs and the one that it holds. */
export class Party {
  own: OwnLane;
  held: HeldLane;
  ownTerms: LaneTerms;
  heldTerms: LaneTerms;
  fateOf: (lock: Lock) => LockFate = () => "open";

  constructor(self: Address, peer: Address, deposits: readonly [own: bigint, peer: bigint], reserve: bigint) {
    const common = { channel: CHANNEL, domain: DOMAIN, reserve };
    this.ownTerms = { ...common, payer: self, deposit: deposits[0], reserveBasis: deposits[0] };
    this.heldTerms = { ...common, payer: peer, deposit: deposits[1], reserveBasis: deposits[1] };
    this.own = newOwnLane(this.ownTerms);
    this.held = newHeldLane(this.heldTerms);
  }

  get view(): HeldView {
    return { crypto: fastCrypto, terms: this.heldTerms, own: this.own, fateOf: (lock) => this.fateOf(lock) };
  }

  pay(amount: bigint, tag = 1): this {
    this.own = enqueue(this.own, { kind: "pay", amount, tag: tagOf(tag) });
    return this;
  }

  lock(amount: bigint, value = 1, expiry = EXPIRY, rent = 0n): LockId {
    const { own, id } = enqueueLock(this.own, lockOf(amount, value, expiry), new Uint8Array(3), rent);
    this.own = own;
    return id;
  }

  resolve(kind: "win" | "drop" | "expire", id: LockId): this {
    this.own = enqueue(this.own, { kind, id });
    return this;
  }

  giveBack(id: LockId): this {
    this.held = failLock(this.held, id);
    return this;
  }

  tryMake(): Made | null {
    const made = makeUpdate(this.own, this.held, this.ownTerms, {
      crypto: fastCrypto,
      signer: fastSigner(this.ownTerms.payer),
    });
    if (made !== null) this.own = made.own;
    return made;
  }

  make(): Update {
    const made = this.tryMake();
    if (made === null) throw new Error("there was nothing to sign");
    return made.update;
  }

  receive(update: Update): Received {
    const received = receiveUpdate(this.held, update, this.view);
    if (received.kind === "accepted" || received.kind === "early" || received.kind === "wait") {
      this.held = received.held;
    }
    return received;
  }

  /** Receives a state that must be acceptable and takes in its ack; what of our own lane became covered. */
  accept(update: Update): { readonly effects: readonly Effect[]; readonly covered: readonly Effect[] } {
    const received = this.receive(update);
    if (received.kind !== "accepted") {
      const why = "refusal" in received ? describeRefusal(received.refusal) : "";
      throw new Error(`expected to be accepted, but: ${received.kind} ${why}`);
    }
    const { own, covered } = acknowledged(this.own, this.held.newest.ack);
    this.own = own;
    return { effects: received.effects, covered };
  }
}

/** Two honest ends of one channel. */
export function pair(
  deposits: readonly [bigint, bigint] = [1000n, 1000n],
  reserve = 10n,
): { readonly ours: Party; readonly theirs: Party } {
  const [a, b] = [addressOf(0xaa), addressOf(0xbb)];
  const swapped = [deposits[1], deposits[0]] as const;
  return { ours: new Party(a, b, deposits, reserve), theirs: new Party(b, a, swapped, reserve) };
}

/** Exchanges states until nothing is queued or owed. */
export function settleDown(...parties: readonly [Party, Party]): void {
  const [ours, theirs] = parties;
  for (let round = 0; round < 100; round++) {
    const mine = ours.tryMake();
    if (mine !== null) theirs.accept(mine.update);
    const yours = theirs.tryMake();
    if (yours !== null) ours.accept(yours.update);
    if (mine === null && yours === null) return;
  }
  throw new Error("the two ends do not come to rest");
}
