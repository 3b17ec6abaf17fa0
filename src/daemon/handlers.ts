import { openApi } from "../api/openapi.ts";
import type { RouteName, ROUTES } from "../api/routes.ts";
import type { Read } from "../api/fields.ts";
import type { Answers } from "../api/views.ts";
import { backUp } from "./back-up.ts";
import { Buying } from "./buying.ts";
import type { Caller } from "./capabilities.ts";
import { Channels, howOf } from "./channels.ts";
import { diagnose } from "./doctor.ts";
import { decode, previewRoute } from "./explore.ts";
import { freeze, unfreeze } from "./freeze.ts";
import { Funding } from "./funding.ts";
import { infoOf } from "./info.ts";
import type { Invoices } from "./invoices.ts";
import { connect, listPeers, listPolicies, setPolicy } from "./network.ts";
import type { Parts } from "./parts.ts";
import { payMany } from "./payment-batch.ts";
import type { Payments } from "./payments.ts";
import type { Selling } from "./selling.ts";
import { VERSION } from "./version.ts";
import { Withdrawals } from "./withdrawals.ts";

/** Routes that do not answer with one JSON document. */
export type RawRoute = "stream" | "metrics";
type JsonRoute = Exclude<RouteName, RawRoute>;

export type Handlers = {
  readonly [N in JsonRoute]: (
    fields: Read<(typeof ROUTES)[N]["fields"]>,
    path: Readonly<Record<string, string>>,
    caller: Caller,
  ) => Answers[N] | Promise<Answers[N]>;
};

const EVENTS_OF_A_PAGE = 50;

export interface Services {
  readonly payments: Payments;
  readonly invoices: Invoices;
  readonly selling: Selling;
}

/** What each call does. */
export function createHandlers(parts: Parts, { payments, invoices, selling }: Services): Handlers {
  const channels = new Channels(parts);
  return {
    info: () => infoOf(parts),
    peers: () => listPeers(parts),
    connect: ({ address }) => connect(parts, address),
    channels: () => channels.list(),
    ...createChannelHandlers(parts, channels, selling),
    backup: () => backUp(parts),
    invoice: (fields) => invoices.create(fields),
    invoices: (page) => invoices.list(page),
    settleInvoice: ({ secret }, { hash = "" }) => invoices.settle(hash, secret),
    cancelInvoice: (_, { hash = "" }) => invoices.cancel(hash),
    invoiceOf: (_, { hash = "" }) => invoices.one(hash),
    pay: (fields, _, caller) => payments.pay(fields, caller),
    send: (fields, _, caller) => payments.send(fields, caller),
    payMany: (fields, _, caller) => payMany({ payments, events: parts.events }, fields, caller),
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
    ...createTokenHandlers(parts),
    towers: () => ({ entries: parts.towers.list(), next: null }),
    addTower: ({ url }) => parts.towers.add(url),
    removeTower: (_, { tower = "" }) => parts.towers.remove(tower),
    decode: ({ invoice }) => decode(parts, invoice),
    route: (fields) => previewRoute(parts, fields),
    openapi: () => openApi(VERSION),
    doctor: () => diagnose(parts),
    health: () => ({ status: "ok" }),
  };
}

type ChannelHandlers = Pick<
  Handlers,
  "open" | "deposit" | "withdraw" | "quoteLiquidity" | "buyLiquidity" | "close" | "exit"
>;

function createChannelHandlers(parts: Parts, channels: Channels, selling: Selling): ChannelHandlers {
  const funding = new Funding(parts, channels);
  const withdrawals = new Withdrawals(parts, channels);
  const buying = new Buying(parts);
  return {
    open: (fields) => funding.open(fields),
    deposit: (fields, { channel = "" }) => funding.deposit(channel, fields),
    withdraw: (fields, { channel = "" }) => withdrawals.withdraw(channel, fields),
    quoteLiquidity: (fields) => buying.quote(fields),
    buyLiquidity: (fields) => buying.buy(fields),
    close: ({ force = false, ...how }, { channel = "" }) => {
      if (!force) selling.requireFree(channels.mustFind(channel).channel);
      return channels.close(channel, howOf(how));
    },
    exit: (fields) => channels.exit(howOf(fields)),
  };
}

function createTokenHandlers({
  capabilities,
}: Parts): Pick<Handlers, "createToken" | "tokens" | "revokeToken"> {
  return {
    createToken: (fields) => capabilities.create(fields),
    tokens: () => capabilities.list(),
    revokeToken: (_, { id = "" }) => capabilities.revoke(id),
  };
}
