import type { RouteName, ROUTES } from "../api/routes.ts";
import type { Read } from "../api/fields.ts";
import type { Answers } from "../api/views.ts";
import { backUp } from "./back-up.ts";
import { Channels, howOf } from "./channels.ts";
import { diagnose } from "./doctor.ts";
import { freeze, unfreeze } from "./freeze.ts";
import { Funding } from "./funding.ts";
import { infoOf } from "./info.ts";
import type { Invoices } from "./invoices.ts";
import { connect, listPeers, listPolicies, setPolicy } from "./network.ts";
import type { Parts } from "./parts.ts";
import type { Payments } from "./payments.ts";

/** Routes that do not answer with one JSON document. */
export type RawRoute = "stream" | "metrics";
type JsonRoute = Exclude<RouteName, RawRoute>;

export type Handlers = {
  readonly [N in JsonRoute]: (
    fields: Read<(typeof ROUTES)[N]["fields"]>,
    path: Readonly<Record<string, string>>,
  ) => Answers[N] | Promise<Answers[N]>;
};

const EVENTS_OF_A_PAGE = 50;

/** What each call does. */
export function createHandlers(parts: Parts, payments: Payments, invoices: Invoices): Handlers {
  const channels = new Channels(parts);
  const funding = new Funding(parts, channels);
  return {
    info: () => infoOf(parts),
    peers: () => listPeers(parts),
    connect: ({ address }) => connect(parts, address),
    channels: () => channels.list(),
    open: (fields) => funding.open(fields),
    deposit: (fields, { channel = "" }) => funding.deposit(channel, fields),
    close: (fields, { channel = "" }) => channels.close(channel, howOf(fields)),
    exit: (fields) => channels.exit(howOf(fields)),
    backup: () => backUp(parts),
    invoice: (fields) => invoices.create(fields),
    invoices: (page) => invoices.list(page),
    settleInvoice: ({ secret }, { hash = "" }) => invoices.settle(hash, secret),
    cancelInvoice: (_, { hash = "" }) => invoices.cancel(hash),
    invoiceOf: (_, { hash = "" }) => invoices.one(hash),
    pay: (fields) => payments.pay(fields),
    send: (fields) => payments.send(fields),
    payments: (page) => payments.list(page),
    paymentOf: (_, { id = "" }) => payments.one(id),
    policies: () => listPolicies(parts),
    setPolicy: (fields, { channel = "" }) => setPolicy(parts, channels.mustFind(channel), fields),
    freeze: () => freeze(parts),
    unfreeze: () => unfreeze(parts),
    events: ({ after = 0, limit = EVENTS_OF_A_PAGE }) => {
      const entries = parts.events.after(after, limit);
      const last = entries.at(-1);
      return { entries, next: entries.length < limit || last === undefined ? null : String(last.cursor) };
    },
    doctor: () => diagnose(parts),
    health: () => ({ status: "ok" }),
  };
}
