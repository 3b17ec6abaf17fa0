import { AFTER, NONE, PAGE, type Route } from "./route.ts";

/** Public data of the chain, and of gossip where a node serves it: no call needs a token. */
export const EXPLORER_ROUTES = {
  status: {
    method: "GET",
    path: "/v1/explorer/status",
    about: "How far the chain has been read.",
    fields: {},
    needs: NONE,
    answer: "ExplorerStatus",
  },
  overview: {
    method: "GET",
    path: "/v1/explorer/overview",
    about: "The figures of the network, top lists, and what happened last.",
    fields: {},
    needs: NONE,
    answer: "Overview",
  },
  growth: {
    method: "GET",
    path: "/v1/explorer/growth",
    about: "The figures at the end of each UTC day, oldest first.",
    fields: {},
    needs: NONE,
    answer: "GrowthList",
  },
  graph: {
    method: "GET",
    path: "/v1/explorer/graph",
    about: "All open channels between their nodes, for drawing.",
    fields: {},
    needs: NONE,
    answer: "GraphView",
  },
  node: {
    method: "GET",
    path: "/v1/explorer/nodes/{node}",
    about: "A node by its id; also one without open channels.",
    fields: {},
    needs: NONE,
    answer: "NodeDetail",
  },
  channelsOf: {
    method: "GET",
    path: "/v1/explorer/nodes/{node}/channels",
    about: "Channels of a node, newest first, also ended ones.",
    fields: PAGE,
    needs: NONE,
    answer: "ChannelLineList",
  },
  channel: {
    method: "GET",
    path: "/v1/explorer/channels/{channel}",
    about: "A channel with all that the chain tells of it.",
    fields: {},
    needs: NONE,
    answer: "ChannelDetail",
  },
  search: {
    method: "GET",
    path: "/v1/explorer/search",
    about: "Nodes, owners, channels and transactions by id or its beginning, nodes by name too.",
    fields: {
      q: { type: "text", required: true, least: 1, most: 100, about: "0x and hex, or part of a name" },
    },
    needs: NONE,
    answer: "FoundList",
  },
  events: {
    method: "GET",
    path: "/v1/explorer/events",
    about: "What happened on chain, newest first. `undone`: the blocks above its block left the chain.",
    fields: PAGE,
    needs: NONE,
    answer: "ExplorerEventList",
  },
  stream: {
    method: "GET",
    path: "/v1/explorer/stream",
    about:
      "What happened after a cursor, then whatever happens, as server-sent events: `id` is the cursor, `data` an " +
      "ExplorerEvent. The header Last-Event-ID stands for `after`.",
    fields: { after: AFTER },
    needs: NONE,
    answer: "ExplorerEvent",
  },
} as const satisfies Record<string, Route>;

export type ExplorerRouteName = keyof typeof EXPLORER_ROUTES;
