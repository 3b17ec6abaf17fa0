import { laneDigest } from "../eip712.ts";
import { stateBody } from "../locks.ts";
import type { SignedState } from "../messages.ts";
import type { ChannelId, LaneState, NodeId, Params, PaymentHash, Secret, Signature } from "../types.ts";
import type { Context } from "./work.ts";
import type { Channel, IncomingLock, NodeState, OutgoingLock, OwnInvoice, Payment } from "./state.ts";

/** What a backup holds of a channel: enough to find its peer, and to hold that to what it signed. */
export interface KeptChannel {
  readonly channel: ChannelId;
  readonly params: Params;
  readonly life: number;
  readonly peer: NodeId;
  /** Newest state of our lane. */
  readonly own: LaneState;
  /** Its signature; null if it has seq 0, or if it was lost. */
  readonly ownSignature: Signature | null;
  /** Newest state of the peer's lane; null if it has signed none. */
  readonly held: SignedState | null;
  readonly incoming: readonly IncomingLock[];
  readonly outgoing: readonly OutgoingLock[];
}

/** What a node needs to be restored from; no keys, and none of what peers or the chain tell anew. */
export interface NodeBackup {
  readonly channels: readonly KeptChannel[];
  /** That can still be paid, or are being paid. */
  readonly invoices: readonly (readonly [PaymentHash, OwnInvoice])[];
  /** Under way. */
  readonly payments: readonly (readonly [PaymentHash, Payment])[];
  readonly witnesses: readonly (readonly [PaymentHash, Secret])[];
}

export type SigningContext = Pick<Context, "crypto" | "signer" | "domain">;

export const NO_BACKUP: NodeBackup = { channels: [], invoices: [], payments: [], witnesses: [] };

/** Signs no new state: the newest own ones anew, which gives the same bytes. */
export function backupOf(state: NodeState, ctx: SigningContext): NodeBackup {
  const canBePaid = ({ status, expiry }: OwnInvoice): boolean =>
    status === "claimed" || (status === "open" && expiry > state.head.time);
  return {
    channels: [
      ...[...state.channels.values()].map((channel) => keep(channel, ctx)),
      ...(state.restored?.channels.values() ?? []),
    ],
    invoices: [...state.invoices.entries()].filter(([, invoice]) => canBePaid(invoice)),
    payments: [...state.payments.entries()].filter(([, { status }]) => status === "pending"),
    witnesses: [...state.secrets.entries()].map(([hash, { secret }]) => [hash, secret] as const),
  };
}

function keep(kept: Channel, ctx: SigningContext): KeptChannel {
  const { channel, params, life, peer, own, held, incoming, outgoing, lost } = kept;
  const { newest, signature } = held;
  return {
    channel,
    params,
    life,
    peer,
    own: own.newest,
    ownSignature: lost === null ? signNewest(kept, ctx) : lost.signature,
    held: signature === null ? null : { state: newest, signature },
    incoming,
    outgoing,
  };
}

/** Of who knows that it is its newest state: deterministic, so that it says nothing that was not said. */
export function signNewest({ channel, own }: Channel, ctx: SigningContext): Signature | null {
  const { newest } = own;
  if (newest.seq === 0) return null;
  const body = stateBody(ctx.crypto, newest);
  return ctx.signer.sign(laneDigest(ctx.crypto, ctx.domain, channel, newest.seq, body));
}
