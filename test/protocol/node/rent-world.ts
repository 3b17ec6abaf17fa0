import { enqueue } from "../../../src/protocol/lane-own.ts";
import { hashOf } from "../../../src/protocol/node/hash-of.ts";
import { type FailureRead, readFailure } from "../../../src/protocol/onion/failure.ts";
import type { Amount, ChannelId, PaymentTag, RentTerms, Secret } from "../../../src/protocol/types.ts";
import { fastCrypto } from "../fast-crypto.ts";
import { type Fan, hopAt, sendBy } from "./fan.ts";
import { ETH, freshSecret, type Network, type Peer } from "./network.ts";

const DAY = 86_400n;

/** [FEE-2] as its text says it, without haste. */
export function rentAsked({ slotFee, rentPpm }: RentTerms, amount: Amount, seconds: number): Amount {
  const [product, unit] = [amount * BigInt(rentPpm) * BigInt(seconds), 1_000_000n * DAY];
  const whole = product / unit;
  return slotFee + (whole * unit === product ? whole : whole + 1n);
}

interface Lock {
  readonly rent: Amount;
  readonly passed?: Amount;
  readonly life?: number;
  readonly amount?: Amount;
}

/**
 * What becomes of a lock with such a rent over hop 0 to Xiaohong, who knows of no payment and gives it back: what its
 * failure says, and the rent that she got with it.
 */
export function failureOf(made: Fan, lock: Lock): { read: FailureRead; got: Amount | null } {
  const { net, xiaohong } = made;
  const hop = hopAt(made, 0);
  const failures: Uint8Array[] = [];
  const rents: Amount[] = [];
  hop.mute = (message) => {
    if (message.kind === "fail" && message.failure !== null) failures.push(message.failure);
    if (message.kind === "update" && message.channel === made.last(0))
      for (const one of message.changes) if (one.kind === "add") rents.push(one.rent ?? 0n);
    return false;
  };
  const deliver = { kind: "deliver", paymentSecret: `0x${"05".repeat(32)}` as Secret, total: ETH } as const;
  const hash = hashOf(fastCrypto, freshSecret());
  const keys = sendBy(made, 0, { hash, deliver, amount: ETH, ...lock });
  net.settle();
  const [failure, ...others] = failures;
  if (failure === undefined || others.length > 0) throw new Error(`${failures.length} failures came back`);
  const added = net.noticesOf(xiaohong, "lockAdded").some((one) => one.hash === hash);
  return { read: readFailure(fastCrypto, keys, failure), got: added ? (rents[0] ?? 0n) : null };
}

type Own = Network["channelOf"] extends (...given: never) => { own: infer T } ? T : never;

export function changeOwn(net: Network, peer: Peer, id: ChannelId, how: (own: Own) => Own): void {
  const channel = net.channelOf(peer, id);
  const channels = peer.state.channels.with(id, { ...channel, own: how(channel.own) });
  peer.state = { ...peer.state, channels };
}

/** A payment beyond its means stands before all else in the peer's lane: what follows waits to be signed. */
export function holdBack(net: Network, peer: Peer, id: ChannelId): void {
  const tag = `0x${"0f".repeat(32)}` as PaymentTag;
  changeOwn(net, peer, id, (own) => ({
    ...enqueue(own, { kind: "pay", amount: 1n << 90n, tag }),
    queuedSpend: own.queuedSpend,
  }));
}

/** Signs what waits, with another rent. */
export function signWithRent(net: Network, peer: Peer, id: ChannelId, rent: Amount): void {
  changeOwn(net, peer, id, (own) => {
    const queue = own.queue.flatMap((one) => (one.kind === "add" ? [{ ...one, rent }] : []));
    const queuedSpend = queue.reduce((sum, { lock }) => sum + lock.amount + rent, 0n);
    return { ...own, queue, queuedSpend };
  });
  const { deposits, peer: other } = net.channelOf(peer, id);
  net.run(peer, [{ kind: "message", from: other, message: { kind: "seen", channel: id, deposits } }]);
}
