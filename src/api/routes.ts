import type { Fields } from "./fields.ts";

/** What a token can allow; `admin` allows everything. */
export type Need = "read" | "invoice" | "pay" | "admin";

/** One call of the API: what server, client and docs/api.md have in common. */
export interface Route {
  readonly method: "GET" | "POST" | "PUT";
  /** `{name}` stands for one part of the path. */
  readonly path: string;
  readonly about: string;
  /** In the body of POST and PUT, in the query of GET. */
  readonly fields: Fields;
  /** A token that allows one of these may make the call; none: no token is needed. */
  readonly needs: readonly Need[];
  /** Type of the answer, in src/api/views.ts. */
  readonly answer: string;
}

const KEY = {
  type: "text",
  required: true,
  least: 8,
  most: 128,
  about:
    "chosen by the caller: the same key is the same payment, however often and after whatever crash it is sent",
} as const;

const ASSET = {
  type: "text",
  required: false,
  most: 16,
  about: "symbol of an asset of the config, ETH if left out",
} as const;

const PAGE = {
  cursor: {
    type: "text",
    required: false,
    most: 32,
    about: "`next` of the page before; the first page if left out",
  },
  limit: {
    type: "number",
    required: false,
    least: 1,
    most: 500,
    about: "entries of a page, from 1 to 500; 50 if left out",
  },
} as const;

const LABEL = {
  type: "text",
  required: false,
  least: 1,
  most: 64,
  about: "for the owner of this node alone; lists can be cut down to one",
} as const;

const ONE_LABEL = {
  type: "text",
  required: false,
  most: 64,
  about: "only entries with this label",
} as const;

const AFTER = {
  type: "number",
  required: false,
  about: "only events with a higher `cursor`; all that are kept if left out",
} as const;

const ALONE = {
  type: "boolean",
  required: false,
  about: "without the peer: takes the challenge period; false if left out",
} as const;

const ADMIN = ["admin"] as const;
const READ = ["admin", "read"] as const;
const INVOICE = ["admin", "invoice"] as const;
const INVOICE_READ = ["admin", "read", "invoice"] as const;
const PAY = ["admin", "pay"] as const;
const PAY_READ = ["admin", "read", "pay"] as const;
/** Whoever pays or asks for payments follows what becomes of them. */
const ANY = ["admin", "read", "invoice", "pay"] as const;
const NONE = [] as const;
const HUMBLE = {
  type: "boolean",
  required: false,
  about: "after data loss, when the peer is gone for good: takes the recovery period; false if left out",
} as const;

export const ROUTES = {
  info: {
    method: "GET",
    path: "/v1/info",
    about: "Who this node is, what it knows and what it holds.",
    fields: {},
    needs: ANY,
    answer: "Info",
  },
  peers: {
    method: "GET",
    path: "/v1/peers",
    about: "Nodes to keep a connection with, and those connected.",
    fields: {},
    needs: READ,
    answer: "PeerList",
  },
  connect: {
    method: "POST",
    path: "/v1/peers",
    about: "Keeps a connection with a node, over restarts too.",
    fields: {
      address: {
        type: "text",
        required: true,
        most: 300,
        about: "NODE@HOST:PORT, as the other node's info says it",
      },
    },
    needs: ADMIN,
    answer: "Peer",
  },
  channels: {
    method: "GET",
    path: "/v1/channels",
    about: "Channels that have not ended on chain.",
    fields: {},
    needs: READ,
    answer: "ChannelList",
  },
  open: {
    method: "POST",
    path: "/v1/channels",
    about:
      "Opens a channel with a connected node and brings our deposit: one transaction, whose block is waited for.",
    fields: {
      peer: { type: "text", required: true, most: 42, about: "id of the node" },
      peerOwner: {
        type: "text",
        required: false,
        most: 42,
        about:
          "account that the peer's side pays to; the peer's id if left out, which nodes of this program use",
      },
      amount: { type: "text", required: true, most: 64, about: "our deposit, a decimal number above 0" },
      asset: ASSET,
      challengeSeconds: {
        type: "number",
        required: false,
        least: 1,
        about: "in which a close can be answered; the config's if left out",
      },
      idempotencyKey: KEY,
    },
    needs: ADMIN,
    answer: "Operation",
  },
  deposit: {
    method: "POST",
    path: "/v1/channels/{channel}/deposits",
    about: "Adds to our side of a channel: one transaction, whose block is waited for.",
    fields: {
      amount: {
        type: "text",
        required: true,
        most: 64,
        about: "a decimal number above 0, in the channel's asset",
      },
      idempotencyKey: KEY,
    },
    needs: ADMIN,
    answer: "Operation",
  },
  withdraw: {
    method: "POST",
    path: "/v1/channels/{channel}/withdrawals",
    about:
      "Takes money out of our side of an open channel and pays it to our owner, if the peer agrees: answers when it was " +
      "asked; `channel_resized` or `withdrawal_expired` among the events says what came of it.",
    fields: {
      amount: {
        type: "text",
        required: true,
        most: 64,
        about: "a decimal number above 0, in the channel's asset; at most what is spendable",
      },
      idempotencyKey: KEY,
    },
    needs: ADMIN,
    answer: "Operation",
  },
  quoteLiquidity: {
    method: "POST",
    path: "/v1/liquidity/quotes",
    about: "Asks a connected node what its money in a channel with this one costs.",
    fields: {
      peer: { type: "text", required: true, most: 42, about: "id of the node" },
      amount: {
        type: "text",
        required: true,
        most: 64,
        about: "that it is to bring, a decimal number above 0",
      },
      asset: ASSET,
    },
    needs: READ,
    answer: "Quote",
  },
  buyLiquidity: {
    method: "POST",
    path: "/v1/liquidity",
    about:
      "Opens a channel into which a connected node brings its money, for its fee: one transaction, whose block is " +
      "waited for. This node can receive that much. The fee is paid by the opening itself, or not at all.",
    fields: {
      peer: { type: "text", required: true, most: 42, about: "id of the node" },
      amount: {
        type: "text",
        required: true,
        most: 64,
        about: "that it is to bring, a decimal number above 0",
      },
      asset: ASSET,
      maxFee: {
        type: "text",
        required: false,
        most: 64,
        about: "the asset's maxFee of the config if left out",
      },
      own: {
        type: "text",
        required: false,
        most: 64,
        about: "our deposit besides the fee; as little as does if left out",
      },
      idempotencyKey: KEY,
    },
    needs: ADMIN,
    answer: "Operation",
  },
  close: {
    method: "POST",
    path: "/v1/channels/{channel}/close",
    about: "Begins to close a channel; `channel_ended` among the events says when it is done.",
    fields: {
      alone: ALONE,
      humble: HUMBLE,
      force: {
        type: "boolean",
        required: false,
        about: "also if the channel was sold for a time that is not over; false if left out",
      },
    },
    needs: ADMIN,
    answer: "Closing",
  },
  exit: {
    method: "POST",
    path: "/v1/exit",
    about: "Begins to close every channel; those that are closing already go on.",
    fields: { alone: ALONE, humble: HUMBLE },
    needs: ADMIN,
    answer: "ClosingList",
  },
  invoice: {
    method: "POST",
    path: "/v1/invoices",
    about: "Asks for a payment: the text of the invoice is for the payer.",
    fields: {
      amount: { type: "text", required: true, most: 64, about: "a decimal number above 0" },
      asset: ASSET,
      description: { type: "text", required: false, most: 256, about: "what it is for; the payer reads it" },
      validSeconds: {
        type: "number",
        required: false,
        least: 1,
        most: 31_536_000,
        about: "an hour if left out",
      },
      label: LABEL,
      hold: {
        type: "boolean",
        required: false,
        about: "whether its payment is held until it is settled or cancelled; false if left out",
      },
      hash: {
        type: "text",
        required: false,
        most: 66,
        about: "sha256 of a secret that is known elsewhere; its payment is held in any case",
      },
      holdSeconds: {
        type: "number",
        required: false,
        least: 1,
        most: 2_592_000,
        about: "for which its payment can be held at least; an hour if left out",
      },
    },
    needs: INVOICE,
    answer: "Invoice",
  },
  invoices: {
    method: "GET",
    path: "/v1/invoices",
    about: "Invoices of this node, and what came without one, newest first.",
    fields: { ...PAGE, label: ONE_LABEL },
    needs: INVOICE_READ,
    answer: "InvoiceList",
  },
  invoiceOf: {
    method: "GET",
    path: "/v1/invoices/{hash}",
    about: "One invoice of this node.",
    fields: {},
    needs: INVOICE_READ,
    answer: "Invoice",
  },
  settleInvoice: {
    method: "POST",
    path: "/v1/invoices/{hash}/settle",
    about: "Takes the payment that is held for an invoice: its secret is shown to the payer.",
    fields: {
      secret: {
        type: "text",
        required: false,
        most: 66,
        about: "32 bytes as 0x and hex, if this node does not know it",
      },
    },
    needs: INVOICE,
    answer: "Invoice",
  },
  cancelInvoice: {
    method: "POST",
    path: "/v1/invoices/{hash}/cancel",
    about: "Gives back what is held for an invoice, and takes no payment for it any more.",
    fields: {},
    needs: INVOICE,
    answer: "Invoice",
  },
  pay: {
    method: "POST",
    path: "/v1/payments",
    about:
      "Pays an invoice over a route that the node finds, or in parts over several; answers as soon as the payment is " +
      "on its way.",
    fields: {
      invoice: { type: "text", required: true, most: 4096, about: "its text, beginning with hl1" },
      maxFee: {
        type: "text",
        required: false,
        most: 64,
        about: "for all hops and parts together; the config's if left out",
      },
      label: LABEL,
      idempotencyKey: KEY,
    },
    needs: PAY,
    answer: "Payment",
  },
  send: {
    method: "POST",
    path: "/v1/spontaneous-payments",
    about:
      "Pays a node that made no invoice, if it takes such payments; answers as soon as it is on its way.",
    fields: {
      node: { type: "text", required: true, most: 42, about: "id of the payee" },
      amount: { type: "text", required: true, most: 64, about: "a decimal number above 0" },
      asset: ASSET,
      text: { type: "text", required: false, most: 192, about: "for the payee; at most 192 bytes" },
      maxFee: {
        type: "text",
        required: false,
        most: 64,
        about: "for all hops and parts together; the config's if left out",
      },
      label: LABEL,
      idempotencyKey: KEY,
    },
    needs: PAY,
    answer: "Payment",
  },
  payments: {
    method: "GET",
    path: "/v1/payments",
    about: "Payments by this node, newest first.",
    fields: { ...PAGE, label: ONE_LABEL },
    needs: PAY_READ,
    answer: "PaymentList",
  },
  paymentOf: {
    method: "GET",
    path: "/v1/payments/{id}",
    about: "One payment by this node.",
    fields: {},
    needs: PAY_READ,
    answer: "Payment",
  },
  policies: {
    method: "GET",
    path: "/v1/policies",
    about: "What nodes ask for forwarding, as far as this one has heard.",
    fields: {},
    needs: READ,
    answer: "PolicyList",
  },
  setPolicy: {
    method: "PUT",
    path: "/v1/channels/{channel}/policy",
    about:
      "What this node asks for forwarding into a channel; what is left out stays as it is. Told to the network.",
    fields: {
      feeBase: { type: "text", required: false, most: 64, about: "for each payment, in the channel's asset" },
      feePpm: {
        type: "number",
        required: false,
        most: 1_000_000,
        about: "millionths of the forwarded amount",
      },
      minAmount: { type: "text", required: false, most: 64, about: "less is not forwarded" },
      maxAmount: { type: "text", required: false, most: 64, about: "more is not forwarded" },
      enabled: { type: "boolean", required: false, about: "whether anything is forwarded" },
    },
    needs: ADMIN,
    answer: "Policy",
  },
  freeze: {
    method: "POST",
    path: "/v1/freeze",
    about:
      "Pays and forwards nothing from now on, over restarts too; receives, and resolves what is under way.",
    fields: {},
    needs: ADMIN,
    answer: "Frozen",
  },
  unfreeze: {
    method: "POST",
    path: "/v1/unfreeze",
    about: "Ends the freeze.",
    fields: {},
    needs: ADMIN,
    answer: "Frozen",
  },
  backup: {
    method: "POST",
    path: "/v1/backup",
    about: "Writes the encrypted backup file now, and gives what it holds: only the words open it.",
    fields: {},
    needs: ADMIN,
    answer: "Backup",
  },
  events: {
    method: "GET",
    path: "/v1/events",
    about: "What happened, oldest first.",
    fields: { after: AFTER, limit: PAGE.limit },
    needs: ANY,
    answer: "EventList",
  },
  stream: {
    method: "GET",
    path: "/v1/events/stream",
    about:
      "The same as server-sent events, then whatever happens: `id` is the cursor, `event` the kind, `data` an Event. " +
      "The header Last-Event-ID stands for `after`. A reader that is too slow is cut off and goes on from its cursor.",
    fields: { after: AFTER },
    needs: ANY,
    answer: "Event",
  },
  doctor: {
    method: "GET",
    path: "/v1/doctor",
    about: "What is in order and what is not, each with what to do.",
    fields: {},
    needs: READ,
    answer: "Diagnosis",
  },
  decode: {
    method: "GET",
    path: "/v1/decode",
    about: "What an invoice says; nothing is paid.",
    fields: { invoice: { type: "text", required: true, most: 4096, about: "its text, beginning with hl1" } },
    needs: ANY,
    answer: "Decoded",
  },
  route: {
    method: "GET",
    path: "/v1/route",
    about: "How a payment of an invoice would go now, and its fee; nothing is paid.",
    fields: {
      invoice: { type: "text", required: true, most: 4096, about: "its text, beginning with hl1" },
      maxFee: {
        type: "text",
        required: false,
        most: 64,
        about: "for all hops together; the config's if left out",
      },
    },
    needs: PAY_READ,
    answer: "PaymentRoute",
  },
  createToken: {
    method: "POST",
    path: "/v1/tokens",
    about:
      "Makes a token that allows less than this node's own. It is shown once. What is paid with it counts against its " +
      "budget, fees included, from the moment that it is allowed.",
    fields: {
      allow: {
        type: "text",
        required: true,
        least: 1,
        most: 64,
        about: "of read, invoice, pay, admin; with commas between",
      },
      name: { type: "text", required: false, most: 64, about: "for people" },
      budget: { type: "text", required: false, most: 64, about: "the most that it may pay; needed for pay" },
      asset: ASSET,
      per: {
        type: "text",
        required: false,
        most: 8,
        about: "hour, day, week or ever: in any such time; day if left out",
      },
    },
    needs: ADMIN,
    answer: "NewToken",
  },
  tokens: {
    method: "GET",
    path: "/v1/tokens",
    about: "Tokens that were made, newest first, without what they are.",
    fields: {},
    needs: ADMIN,
    answer: "TokenList",
  },
  revokeToken: {
    method: "POST",
    path: "/v1/tokens/{id}/revoke",
    about: "Ends a token at once; what was paid with it goes on.",
    fields: {},
    needs: ADMIN,
    answer: "Token",
  },
  openapi: {
    method: "GET",
    path: "/v1/openapi.json",
    about: "This API as an OpenAPI 3.1 document.",
    fields: {},
    needs: ANY,
    answer: "OpenApi",
  },
  metrics: {
    method: "GET",
    path: "/metrics",
    about: "Figures in the text format of Prometheus.",
    fields: {},
    needs: READ,
    answer: "text",
  },
  health: {
    method: "GET",
    path: "/healthz",
    about: "200 while the node runs; the only call that needs no token.",
    fields: {},
    needs: NONE,
    answer: "Health",
  },
} as const satisfies Record<string, Route>;

export type RouteName = keyof typeof ROUTES;
