import { ApiProblem, problem } from "../api/problem.ts";
import { HashlaneError, type ErrorCode } from "../protocol/error.ts";

/** What to do about what the core refuses or a hop gives back. */
export const NEXT: Partial<Record<ErrorCode, string>> = {
  unknown_channel: "List the channels and name one of them.",
  channel_not_open: "Wait for its end among the events; other channels go on.",
  channel_frozen:
    "Keep the node connected with the peer: the channel closes by agreement. If the peer is gone for good, close with --humble.",
  not_lost: "Close it with the peer, or with --alone.",
  no_recovery_period: "Only the peer can close this channel: ask its owner to.",
  not_empty: "Name a directory that does not exist.",
  not_enough_balance: "Deposit into a channel, open another, or pay less.",
  no_route:
    "Connect with a node of the network and open a channel with it, or wait until fees of other nodes are known.",
  fee_above_limit: "Allow a higher fee, or wait for a cheaper route.",
  invoice_malformed: "Ask the payee for the whole text; it begins with hl1.",
  invoice_expired: "Ask the payee for a new invoice.",
  invoice_wrong_chain: "Pay it with a node that uses the chain and contract that it names.",
  invoice_duplicate: "Ask the payee for a new invoice.",
  already_paid: "Ask the payee for a new invoice to pay again.",
  payment_under_way: "Wait for the result of the payment that is under way.",
  view_stale: "Run hashlane doctor: it says what is wrong with the chain's node.",
  own_invoice: "Give it to the payer.",
  withdrawal_under_way: "Wait for its end among the events, then ask again.",
  peer_not_connected: "Wait until it is connected: hashlane peers shows it.",
  bad_amount: "Choose another amount.",
  unknown_invoice: "List the invoices and name the hash of one.",
  invoice_not_held: "Wait for the event invoice_held.",
  invoice_ended: "Make a new invoice.",
  wrong_secret: "Give the 32 bytes whose sha256 is the hash of the invoice.",
  unknown_payee: "Wait until a policy of that node is known, or ask it for an invoice.",
  own_payment: "Name another node.",
  bad_text: "Choose another text.",
};
const LOOK = "Look at hashlane info and hashlane doctor, and try again.";

const STATUS: Partial<Record<ErrorCode, number>> = {
  bad_address: 400,
  invoice_malformed: 400,
  bad_amount: 400,
  unknown_channel: 404,
  unknown_invoice: 404,
  wrong_secret: 400,
  bad_text: 400,
  chain_unreachable: 503,
  view_stale: 503,
  chain_failed: 503,
  node_stopped: 503,
  node_failed: 500,
  store_failed: 500,
};
/** Of what was understood and cannot be done now. */
const CONFLICT = 409;

export function statusOf(code: ErrorCode): number {
  return STATUS[code] ?? CONFLICT;
}

/** Whatever was thrown, as callers are told. */
export function toProblem(thrown: unknown, values: Readonly<Record<string, string>> = {}): ApiProblem {
  if (thrown instanceof ApiProblem) return thrown;
  if (!(thrown instanceof HashlaneError)) {
    const next = "Report it with the daemon's log; nothing is known to be lost.";
    return problem(500, "internal", "the daemon met a fault of its own", next);
  }
  const { code, message, parts } = thrown;
  const status = statusOf(code);
  if (parts === null) return problem(status, code, message, NEXT[code] ?? LOOK, values);
  const given = Object.entries(parts.given ?? {}).map(([name, value]) => [name, String(value)] as const);
  return problem(status, code, parts.failed, parts.next, { ...values, ...Object.fromEntries(given) });
}
