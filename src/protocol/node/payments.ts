import { decodeInvoice, encodeInvoice, type Invoice } from "../invoice.ts";
import { checkAmount } from "../checked.ts";
import type { Command } from "../inputs.ts";
import { enqueue } from "../lane-own.ts";
import type { Refusal } from "../outputs.ts";
import type { Route, RouteResult } from "../route.ts";
import type { Amount, ChannelId, PaymentHash } from "../types.ts";
import { NOTHING_AVOIDED, routeTo, sendAttempt } from "./attempts.ts";
import { hashOf } from "./records.ts";
import { freeIn, isUsable } from "./terms.ts";
import { notify, refuse, short, updateChannel, type Work } from "./work.ts";

type Named<K extends Command["kind"]> = Extract<Command, { kind: K }>;

export function createInvoice(work: Work, index: number, command: Named<"createInvoice">): void {
  const { crypto, signer, domain } = work.ctx;
  const { secret, paymentSecret, amount, token, description, validSeconds } = command;
  const hash = hashOf(crypto, secret);
  const refused = whyNotInvoice(work, hash, command);
  if (refused !== null) return refuse(work, index, refused);
  const created = work.state.head.time;
  const expiry = created + validSeconds;
  const { claimTime } = work.state.config;
  const fields = { ...domain, token, amount, hash, paymentSecret, created, expiry, claimTime, description };
  const encoded = encodeInvoice(crypto, signer, fields);
  if (!encoded.ok)
    return refuse(work, index, {
      code: "invoice_malformed",
      message: `no invoice was made: ${encoded.message}`,
    });
  const invoice = { secret, paymentSecret, amount, token, expiry, status: "open" as const };
  work.state = { ...work.state, invoices: work.state.invoices.with(hash, invoice) };
  notify(work, { kind: "invoiceCreated", index, hash, text: encoded.text });
}

function whyNotInvoice(work: Work, hash: PaymentHash, { amount }: Named<"createInvoice">): Refusal | null {
  const checked = checkAmount(amount);
  if (!checked.ok) return { code: "bad_amount", message: `no invoice was made: ${checked.problem}` };
  if (!work.state.invoices.has(hash) && !work.state.recorded.has(hash)) return null;
  const message = `no invoice was made: the secret of ${short(hash)} was used before; choose a new random one`;
  return { code: "invoice_duplicate", message };
}

/** Pays an invoice over the cheapest route that our own balances allow. */
export function payInvoice(work: Work, index: number, command: Named<"payInvoice">): void {
  const decoded = decodeInvoice(work.ctx.crypto, command.invoice);
  if (!decoded.ok)
    return refuse(work, index, {
      code: "invoice_malformed",
      message: `nothing was paid: ${decoded.message}`,
    });
  const { invoice } = decoded;
  const refused = whyNotPay(work, invoice);
  if (refused !== null) return refuse(work, index, refused);
  const found = routeTo(work, invoice, command.maxFee);
  if (found.kind !== "found") return refuse(work, index, noRoute(work, found, invoice, command.maxFee));
  startPayment(work, index, command, invoice, found.route);
}

function whyNotPay({ ctx, state }: Work, invoice: Invoice): Refusal | null {
  const { chainId, contract } = ctx.domain;
  const { hash, expiry, payee } = invoice;
  const not = (code: Refusal["code"], why: string): Refusal => ({
    code,
    message: `nothing was paid: ${why}`,
  });
  if (invoice.chainId !== chainId || invoice.contract !== contract) {
    const [theirs, ours] = [
      `${invoice.contract} on chain ${invoice.chainId}`,
      `${contract} on chain ${chainId}`,
    ];
    return not(
      "invoice_wrong_chain",
      `the invoice is for ${theirs}, this node uses ${ours}; pay it with another node`,
    );
  }
  if (state.isViewStale)
    return not("view_stale", "this node cannot see whether the chain goes on; pay when it can again");
  if (payee === state.config.self)
    return not("own_invoice", "this node is the payee; give the invoice to the payer");
  if (state.head.time >= expiry) {
    return not(
      "invoice_expired",
      `the invoice expired at ${expiry}, it is ${state.head.time} now; ask for a new one`,
    );
  }
  const status = state.payments.get(hash)?.status;
  if (status === "succeeded")
    return not("already_paid", `invoice ${short(hash)} is paid; ask for a new one to pay again`);
  if (status === "pending")
    return not("payment_under_way", `invoice ${short(hash)} is being paid; wait for the result`);
  if (!state.locks.has(hash) && !state.invoices.has(hash) && !state.recorded.has(hash)) return null;
  return not(
    "invoice_duplicate",
    `the hash ${short(hash)} is in use already; ask the payee for a new invoice`,
  );
}

function noRoute(
  { state }: Work,
  found: Exclude<RouteResult, { kind: "found" }>,
  { amount, payee }: Invoice,
  maxFee: Amount,
): Refusal {
  switch (found.kind) {
    case "no_route": {
      const away = [...state.channels.values()].filter(({ peer }) => !state.connected.has(peer)).length;
      const note = away === 0 ? "" : ` (${away} of our channels have a peer that is not connected)`;
      const why = `nothing was paid: no route for ${amount} to ${payee} is known${note}`;
      return { code: "no_route", message: `${why}; open a channel, or wait for policies of other nodes` };
    }
    case "not_enough_balance": {
      const why = `nothing was paid: ${amount} to ${payee} needs ${found.missing} more in our own channels`;
      return { code: "not_enough_balance", message: `${why}; deposit into one, or receive a payment first` };
    }
    case "fee_above_limit": {
      const why = `nothing was paid: the cheapest route for ${amount} costs ${found.fee}, the limit is ${maxFee}`;
      return { code: "fee_above_limit", message: `${why}; allow a higher fee` };
    }
  }
}

function startPayment(
  work: Work,
  index: number,
  { invoice: text, maxFee, seed }: Named<"payInvoice">,
  invoice: Invoice,
  route: Route,
): void {
  const { hash, amount } = invoice;
  const { hops, fee } = route;
  const payment = { amount, fee, status: "pending" as const };
  work.state = { ...work.state, payments: work.state.payments.with(hash, payment) };
  sendAttempt(
    work,
    { text, maxFee, seed, number: 1, hasNewKeys: false, avoid: NOTHING_AVOIDED },
    invoice,
    route,
  );
  const nodes = [work.state.config.self, ...hops.map(({ to }) => to)];
  notify(work, { kind: "paymentSent", index, hash, route: nodes, locked: hops[0]?.amount ?? 0n });
}

/** Pays the neighbour without a lock; goes out when it is connected. */
export function payDirect(work: Work, index: number, { channel: id, amount, tag }: Named<"payDirect">): void {
  const refused = whyNotDirect(work, id, amount);
  if (refused !== null) return refuse(work, index, refused);
  updateChannel(work, id, (channel) => ({
    ...channel,
    own: enqueue(channel.own, { kind: "pay", amount, tag }),
  }));
}

function whyNotDirect({ ctx, state }: Work, id: ChannelId, amount: Amount): Refusal | null {
  const not = (code: Refusal["code"], why: string): Refusal => ({
    code,
    message: `nothing was paid: ${why}`,
  });
  const channel = state.channels.get(id);
  if (channel === undefined)
    return not("unknown_channel", `this node has no channel ${short(id)}; list the channels`);
  if (channel.phase.kind === "frozen")
    return not("channel_frozen", `channel ${short(id)} is frozen: ${channel.phase.why}`);
  if (!isUsable(channel)) {
    const why =
      channel.phase.kind === "open"
        ? "the peer has not confirmed the deposits yet; connect to it"
        : "it is being closed";
    return not("channel_not_open", `channel ${short(id)} cannot be used: ${why}`);
  }
  const checked = checkAmount(amount);
  if (!checked.ok) return not("bad_amount", checked.problem);
  const { free } = freeIn(ctx.domain, state, channel);
  if (amount <= free) return null;
  const why = `channel ${short(id)} has ${free} free, ${amount - free} less than ${amount}`;
  return not("not_enough_balance", `${why}; deposit more, or receive a payment first`);
}
