import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { problem } from "../api/problem.ts";
import { ROUTES, type RouteName } from "../api/routes.ts";
import type { Event } from "../api/views.ts";
import { type EventSource, streamEvents } from "../host/event-stream.ts";
import { reasonOfFault, sendJson, startHttp, type Call, type HttpServer } from "../host/http-server.ts";
import type { Answerer } from "../indexer/http.ts";
import type { EventLog } from "./events.ts";
import type { Caller, Capabilities } from "./capabilities.ts";
import { toProblem } from "./failure.ts";
import type { Handlers } from "./handlers.ts";
import type { Logger } from "./log.ts";

export interface ApiParts {
  readonly port: number;
  /** The node's own: allows everything. */
  readonly token: string;
  readonly capabilities: Pick<Capabilities, "find">;
  readonly handlers: Handlers;
  readonly events: EventLog;
  readonly metrics: () => string;
  /** What is served without a token besides the routes. */
  readonly site: readonly Answerer[];
  readonly logger: Logger;
}

const HOST = "127.0.0.1";
const MOST_BODY_BYTES = 65_536;
/** Names of this machine alone: a page in a browser that a name elsewhere leads here is turned away. */
const OWN_HOSTS: ReadonlySet<string> = new Set(["127.0.0.1", "localhost", "[::1]"]);

/** The API, for programs of this machine that can read the token. */
export type Api = HttpServer;

export function startApi(parts: ApiParts): Promise<Api> {
  return startHttp<RouteName, Caller>({
    ...{ host: HOST, port: parts.port, tls: null, routes: ROUTES, mostBody: MOST_BODY_BYTES },
    admit: requireOwnHost,
    before: (request, response) => parts.site.some((answerer) => answerer(request, response)),
    authorize: (call, request) => authorize(parts, call, request),
    answer: (call, fields, request, response) => answer(parts, call, fields, request, response),
    toProblem,
    onFault: (thrown) => parts.logger.error("a call of the API failed", { reason: reasonOfFault(thrown) }),
    refusal: {
      failed: "the API cannot be offered at this port",
      next: "Choose a free one with --api-port, or stop the program that uses it.",
    },
  });
}

async function answer(
  { handlers, events, metrics }: ApiParts,
  { name, path, query, caller }: Call<RouteName> & { readonly caller: Caller },
  fields: unknown,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (name === "stream") {
    const last = request.headers["last-event-id"];
    streamEvents(sourceOf(events), Number(query.get("after") ?? last ?? 0), response);
  } else if (name === "metrics") {
    response.writeHead(200, { "content-type": "text/plain; version=0.0.4; charset=utf-8" }).end(metrics());
  } else {
    // Each handler takes the fields of its own route, which were checked by that route's table.
    const handle = handlers[name] as (
      fields: unknown,
      path: Call<RouteName>["path"],
      caller: Caller,
    ) => unknown;
    sendJson(response, 200, await handle(fields, path, caller));
  }
}

function sourceOf(events: EventLog): EventSource<Event> {
  return {
    after: (cursor, limit) => events.after(cursor, limit),
    on: (listener) => events.on((event) => listener([event])),
    show: (event) => `event: ${event.kind}\ndata: ${JSON.stringify(event)}`,
  };
}

function requireOwnHost(request: IncomingMessage): void {
  const host = (request.headers.host ?? "").replace(/:\d+$/, "");
  if (OWN_HOSTS.has(host)) return;
  throw problem(403, "wrong_host", "this API is for programs of this machine", `Ask for it at ${HOST}.`);
}

function authorize(
  { token, capabilities }: ApiParts,
  { route }: Call<RouteName>,
  { headers }: IncomingMessage,
): Caller {
  const { needs } = route;
  if (needs.length === 0) return null;
  const given = /^Bearer (.+)$/.exec(headers.authorization ?? "")?.[1] ?? "";
  const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
  if (timingSafeEqual(digest(given), digest(token))) return null;
  const capability = capabilities.find(given);
  if (capability !== null) {
    if (needs.some((need) => capability.allow.includes(need))) return capability;
    const values = { needs: needs.join(", "), allows: capability.allow.join(", ") };
    throw problem(403, "not_allowed", "the token does not allow this", "Use one that does.", values);
  }
  const next = "Send the header `Authorization: Bearer TOKEN` with what the token file holds.";
  throw problem(401, "unauthorized", "the token is missing or wrong", next);
}
