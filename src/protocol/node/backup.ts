import { laneDigest } from "../eip712.ts";
import { stateBody } from "../locks.ts";
import type { Signature } from "../types.ts";
import type { Context } from "./work.ts";
import type { Channel, KeptChannel, NodeBackup, NodeState, OwnInvoice } from "./state.ts";

export type SigningContext = Pick<Context, "crypto" | "signer" | "domain">;

export const NO_BACKUP: NodeBackup = { channels: [], invoices: [], payments: [], witnesses: [] };

/** Signs no new state: the newest own ones anew, which gives the same bytes. */
export function backupOf(state: NodeState, ctx: SigningContext): NodeBackup {
  const canBePaid = ({ status, expiry }: OwnInvoice): boolean =>
    status === "claimed" || status === "held" || (status === "open" && expiry > state.head.time);
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
