import { createHash, timingSafeEqual } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { readFields } from "../api/fields.ts";
import { documentOf, problem } from "../api/problem.ts";
import { matchPath, queryFields, type Route } from "../api/route.ts";
import { ROUTES, type RouteName } from "../api/routes.ts";
import type { Answerer } from "../indexer/http.ts";
import { HashlaneError } from "../protocol/error.ts";
import type { EventLog } from "./events.ts";
import type { Caller, Capabilities } from "./capabilities.ts";
import { streamEvents } from "./event-stream.ts";
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
export interface Api {
  readonly url: string;
  /** Ends streams, lets other answers finish. */
  stop(): Promise<void>;
}

export async function startApi(parts: ApiParts): Promise<Api> {
  const server = createServer((request, response) => void serve(parts, request, response));
  const bound = once(server, "listening");
  server.listen(parts.port, HOST);
  try {
    await bound;
  } catch (cause) {
    throw new HashlaneError(
      "listen_failed",
      {
        failed: "the API cannot be offered at this port",
        given: {
          host: HOST,
          port: parts.port,
          reason: cause instanceof Error ? cause.message : String(cause),
        },
        next: "Choose a free one with --api-port, or stop the program that uses it.",
      },
      { cause },
    );
  }
  const { port } = server.address() as AddressInfo;
  return { url: `http://${HOST}:${port}`, stop: () => stop(server) };
}

async function stop(server: Server): Promise<void> {
  const closed = once(server, "close");
  server.close();
  server.closeAllConnections();
  await closed;
}

interface Call {
  readonly name: RouteName;
  readonly route: Route;
  readonly path: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
}

async function serve(parts: ApiParts, request: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    requireOwnHost(request);
    if (parts.site.some((answerer) => answerer(request, response))) return;
    const call = findRoute(request);
    const caller = authorize(parts, call, request);
    const fields = readFields(call.route.fields, await givenIn(call, request));
    await answer(parts, { ...call, caller }, fields, request, response);
  } catch (thrown) {
    const failure = toProblem(thrown);
    if (failure.status >= 500) parts.logger.error("a call of the API failed", { reason: describe(thrown) });
    sendJson(response, failure.status, documentOf(failure), "application/problem+json");
  }
}

function describe(thrown: unknown): string {
  return thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
}

async function answer(
  { handlers, events, metrics }: ApiParts,
  { name, path, query, caller }: Call & { readonly caller: Caller },
  fields: unknown,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (name === "stream") {
    const last = request.headers["last-event-id"];
    streamEvents(events, Number(query.get("after") ?? last ?? 0), response);
  } else if (name === "metrics") {
    response.writeHead(200, { "content-type": "text/plain; version=0.0.4; charset=utf-8" }).end(metrics());
  } else {
    // Each handler takes the fields of its own route, which were checked by that route's table.
    const handle = handlers[name] as (fields: unknown, path: Call["path"], caller: Caller) => unknown;
    sendJson(response, 200, await handle(fields, path, caller));
  }
}

function sendJson(response: ServerResponse, status: number, body: unknown, type = "application/json"): void {
  if (response.headersSent) return void response.end();
  const headers = { "content-type": type, "cache-control": "no-store" };
  response.writeHead(status, headers).end(`${JSON.stringify(body)}\n`);
}

function requireOwnHost(request: IncomingMessage): void {
  const host = (request.headers.host ?? "").replace(/:\d+$/, "");
  if (!OWN_HOSTS.has(host)) {
    throw problem(403, "wrong_host", "this API is for programs of this machine", `Ask for it at ${HOST}.`);
  }
}

function findRoute(request: IncomingMessage): Call {
  const url = new URL(request.url ?? "/", `http://${HOST}`);
  let isKnown = false;
  for (const [name, route] of Object.entries(ROUTES)) {
    const path = matchPath(route.path, url.pathname);
    if (path === null) continue;
    isKnown = true;
    if (route.method === request.method)
      return { name: name as RouteName, route, path, query: url.searchParams };
  }
  const values = { method: request.method ?? "", path: url.pathname.slice(0, 200) };
  if (isKnown) throw problem(405, "wrong_method", "this path has no such method", "See docs/api.md.", values);
  throw problem(404, "unknown_path", "there is no such path", "See docs/api.md.", values);
}

function authorize({ token, capabilities }: ApiParts, { route }: Call, { headers }: IncomingMessage): Caller {
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

/** Fields of the body, or of the query. */
function givenIn({ route, query }: Call, request: IncomingMessage): unknown {
  return route.method === "GET" ? queryFields(route, query) : readBody(request);
}

async function readBody(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > MOST_BODY_BYTES) {
      throw problem(413, "too_large", "the body is too large", `Send at most ${MOST_BODY_BYTES} bytes.`);
    }
    chunks.push(chunk);
  }
  const text = Buffer.concat(chunks).toString("utf8");
  if (text.trim() === "") return {};
  try {
    return JSON.parse(text);
  } catch {
    throw problem(400, "bad_request", "the body is no JSON", "Send a JSON object.");
  }
}
