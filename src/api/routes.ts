import { PAYMENT_ROUTES } from "./payment-routes.ts";
import {
  ADMIN,
  AFTER,
  ALONE,
  ANY,
  ASSET,
  HUMBLE,
  INVOICE_TEXT,
  KEY,
  MAX_FEE,
  NONE,
  PAGE,
  PAY_READ,
  PEER,
  READ,
  type Route,
} from "./route.ts";

/** Of tokens. */
const FUNDING = {
  type: "text",
  required: false,
  most: 16,
  about:
    "how a token comes in: `approve`, `permit` (EIP-2612), `authorization` (EIP-3009) or `permit2`; what the token lets us if left out",
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
      peer: PEER,
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
      funding: FUNDING,
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
      funding: FUNDING,
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
      peer: PEER,
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
      peer: PEER,
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
  ...PAYMENT_ROUTES,
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
      slotFee: {
        type: "text",
        required: false,
        most: 64,
        about: "for the place of a lock, also if it comes back",
      },
      rentPpm: {
        type: "number",
        required: false,
        most: 1_000_000,
        about:
          "millionths of the forwarded amount for each day that the lock can stand, also if it comes back",
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
    fields: { invoice: INVOICE_TEXT },
    needs: ANY,
    answer: "Decoded",
  },
  route: {
    method: "GET",
    path: "/v1/route",
    about: "How a payment of an invoice would go now, and its fee; nothing is paid.",
    fields: {
      invoice: INVOICE_TEXT,
      maxFee: MAX_FEE,
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
  towers: {
    method: "GET",
    path: "/v1/towers",
    about: "Towers that guard this node, and how far each of them is.",
    fields: {},
    needs: READ,
    answer: "TowerList",
  },
  addTower: {
    method: "POST",
    path: "/v1/towers",
    about:
      "Lets a tower guard every channel: the newest state of each peer's lane is brought to it from now on. " +
      "Adding it again looks at its certificate anew.",
    fields: {
      url: { type: "text", required: true, most: 300, about: "such as https://tower.example:9740" },
    },
    needs: ADMIN,
    answer: "Tower",
  },
  removeTower: {
    method: "POST",
    path: "/v1/towers/{tower}/remove",
    about: "Brings nothing to a tower any more; what it holds it may still use.",
    fields: {},
    needs: ADMIN,
    answer: "Tower",
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
