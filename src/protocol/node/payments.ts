import { checkAmount } from "../checked.ts";
import type { Command } from "../inputs.ts";
import { type Invoice, openInvoice } from "../invoice.ts";
import { MAX_TEXT_BYTES } from "../onion/format.ts";
import type { Refusal } from "../outputs.ts";
import { writeShownText } from "../shown-text.ts";
import type { Route } from "../route.ts";
import type { SplitResult } from "../split.ts";
import type { Amount, PaymentHash } from "../types.ts";
import { NOTHING_AVOIDED, nodesOf, planParts, sendParts } from "./attempts.ts";
import { type Terms, termsOf, termsOfInvoice } from "./goals.ts";
import type { Attempt, Goal, NodeState } from "./state.ts";
import { notify, refuse, short, type Work } from "./work.ts";

const UNKNOWN_PAYEE: Refusal = {
  code: "unknown_payee",
  message:
    "nothing was paid: this node knows no policy of the payee, from which its key follows; wait for its policies, " +
    "or ask it for an invoice",
};
const UNTRIED = { avoid: NOTHING_AVOIDED, parts: [], rent: 0n } as const;

type Named<K extends Command["kind"]> = Extract<Command, { kind: K }>;

/** Pays an invoice over the best route that our own balances allow, or over several together. */
export function payInvoice(work: Work, index: number, command: Named<"payInvoice">): void {
  const opened = openInvoice(work.ctx.crypto, command.invoice);
  if (!opened.ok)
    return refuse(work, index, {
      code: "invoice_malformed",
      message: `nothing was paid: ${opened.message}`,
    });
  const refused = whyNotPay(work, opened.invoice);
  if (refused !== null) return refuse(work, index, refused);
  startPayment(work, index, command, { kind: "invoice", text: command.invoice }, termsOfInvoice(opened));
}

/** Pays a node that did not ask for it. */
export function paySpontaneously(work: Work, index: number, command: Named<"paySpontaneously">): void {
  const refused = whyNotSpontaneous(work, command);
  if (refused !== null) return refuse(work, index, refused);
  const { payee, token, text, witness, amount } = command;
  const goal: Goal = { kind: "spontaneous", payee, token, text, witness };
  const terms = termsOf(work, goal, amount);
  if (terms === null) return refuse(work, index, UNKNOWN_PAYEE);
  const used = whyNotHash(work.state, terms.hash);
  if (used !== null) return refuse(work, index, used);
  startPayment(work, index, command, goal, terms);
}

function whyNotSpontaneous(work: Work, { payee, amount, text }: Named<"paySpontaneously">): Refusal | null {
  const not = (code: Refusal["code"], why: string): Refusal => ({
    code,
    message: `nothing was paid: ${why}`,
  });
  if (work.state.isViewStale)
    return not("view_stale", "this node cannot see whether the chain goes on; pay when it can again");
  if (payee === work.state.config.self)
    return not("own_payment", "this node is the payee itself; name another node");
  const checked = checkAmount(amount);
  if (!checked.ok) return not("bad_amount", checked.problem);
  const problem = textProblem(text);
  return problem === null ? null : not("bad_text", `the text ${problem}; choose another`);
}

function textProblem(text: string): string | null {
  const bytes = writeShownText(text);
  if (!bytes.ok) return bytes.problem;
  const { length } = bytes.value;
  return length > MAX_TEXT_BYTES ? `has ${length} bytes, more than ${MAX_TEXT_BYTES}` : null;
}

/** What `payInvoice` would do first, without doing it. */
export function previewPayment(
  work: Pick<Work, "ctx" | "state">,
  text: string,
  maxFee: Amount,
):
  | { readonly kind: "routes"; readonly routes: readonly Route[] }
  | { readonly kind: "refused"; readonly refusal: Refusal } {
  const opened = openInvoice(work.ctx.crypto, text);
  if (!opened.ok) {
    const message = `nothing would be paid: ${opened.message}`;
    return { kind: "refused", refusal: { code: "invoice_malformed", message } };
  }
  const refusal = whyNotPay(work, opened.invoice);
  if (refusal !== null) return { kind: "refused", refusal };
  const terms = termsOfInvoice(opened);
  const found = planParts(work, terms, { maxFee, ...UNTRIED });
  if (found.kind === "found") return { kind: "routes", routes: found.parts };
  return { kind: "refused", refusal: noRoute(work, found, terms, maxFee) };
}

function whyNotPay({ ctx, state }: Pick<Work, "ctx" | "state">, invoice: Invoice): Refusal | null {
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
  return whyNotHash(state, hash);
}

function whyNotHash(state: NodeState, hash: PaymentHash): Refusal | null {
  const not = (code: Refusal["code"], why: string): Refusal => ({
    code,
    message: `nothing was paid: ${why}`,
  });
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

function startPayment(
  work: Work,
  index: number,
  { maxFee, seed }: Pick<Named<"payInvoice">, "maxFee" | "seed">,
  goal: Goal,
  terms: Terms,
): void {
  const attempt: Attempt = {
    ...{ goal, maxFee, seed, made: 0, failures: 0, hasNewKeys: false },
    ...{ ...UNTRIED, givenUp: null },
  };
  const found = planParts(work, terms, attempt);
  if (found.kind !== "found") return refuse(work, index, noRoute(work, found, terms, maxFee));
  const { hash } = terms;
  for (const [at, part] of sendParts(work, terms, attempt, found.parts).entries()) {
    const told = { hash, route: nodesOf(work, part), locked: part.hops[0]?.amount ?? 0n };
    notify(work, at === 0 ? { kind: "paymentSent", index, ...told } : { kind: "partSent", ...told });
  }
}

function noRoute(
  { state }: Pick<Work, "state">,
  found: Exclude<SplitResult, { kind: "found" }>,
  { amount, payee }: Pick<Terms, "amount" | "payee">,
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
