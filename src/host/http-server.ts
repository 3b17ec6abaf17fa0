import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { readFields } from "../api/fields.ts";
import { documentOf, problem, type ApiProblem } from "../api/problem.ts";
import { matchPath, queryFields, type Route } from "../api/route.ts";
import { HashlaneError } from "../protocol/error.ts";

/** A request whose path and method are known. */
export interface Call<N extends string> {
  readonly name: N;
  readonly route: Route;
  readonly path: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
}

/** PEM. */
interface TlsKey {
  readonly certificate: string;
  readonly privateKey: string;
}

export interface HttpOptions<N extends string, C> {
  readonly host: string;
  readonly port: number;
  /** Null: plain, for this machine or a proxy that speaks TLS. */
  readonly tls: TlsKey | null;
  readonly routes: Readonly<Record<N, Route>>;
  /** Bytes, of routes that say nothing else. */
  readonly mostBody: number;
  /** At a time; left out: as many as there are. */
  readonly mostConnections?: number;
  /** Whether it may ask at all, by its headers alone; throws what it is refused with. */
  admit(request: IncomingMessage): void;
  /** Answers what is for no route of the table; whether it did. */
  before?(request: IncomingMessage, response: ServerResponse): boolean;
  /** Who calls; throws what it is refused with. The body is not read yet. */
  authorize(call: Call<N>, request: IncomingMessage): C;
  /** `fields` were checked by the table of the call's route. */
  answer(
    call: Call<N> & { readonly caller: C },
    fields: unknown,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void>;
  toProblem(thrown: unknown): ApiProblem;
  /** A fault of our own, for the log. */
  onFault(thrown: unknown): void;
  /** Of the error when the port cannot be had. */
  readonly refusal: { readonly failed: string; readonly next: string };
}

/** Calls of a table of routes, answered over HTTP. */
export interface HttpServer {
  readonly url: string;
  /** Cuts connections. */
  stop(): Promise<void>;
}

/** A caller that is slower than this is cut off. */
const MOST_REQUEST_MS = 30_000;
const MOST_HEADERS_MS = 10_000;

export async function startHttp<N extends string, C>(options: HttpOptions<N, C>): Promise<HttpServer> {
  const { host, tls } = options;
  const listener = (request: IncomingMessage, response: ServerResponse): void =>
    void serve(options, request, response);
  const server =
    tls === null
      ? createServer(listener)
      : createTlsServer({ cert: tls.certificate, key: tls.privateKey, minVersion: "TLSv1.3" }, listener);
  server.requestTimeout = MOST_REQUEST_MS;
  server.headersTimeout = MOST_HEADERS_MS;
  if (options.mostConnections !== undefined) server.maxConnections = options.mostConnections;
  const { at, stop } = await listen(server, options);
  const shown = host.includes(":") ? `[${host}]` : host;
  return { url: `${tls === null ? "http" : "https"}://${shown}:${at.port}`, stop };
}

/** `refusal`: of the error when the port cannot be had. */
export async function listen(
  server: Server,
  { host, port, refusal }: Pick<HttpOptions<string, unknown>, "host" | "port" | "refusal">,
): Promise<{ readonly at: AddressInfo; readonly stop: HttpServer["stop"] }> {
  const bound = once(server, "listening");
  server.listen(port, host);
  try {
    await bound;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new HashlaneError("listen_failed", { ...refusal, given: { host, port, reason } }, { cause });
  }
  const stop = async (): Promise<void> => {
    const closed = once(server, "close");
    server.close();
    server.closeAllConnections();
    await closed;
  };
  return { at: server.address() as AddressInfo, stop };
}

async function serve<N extends string, C>(
  options: HttpOptions<N, C>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    options.admit(request);
    if (options.before?.(request, response) === true) return;
    const call = findRoute(options.routes, request);
    const caller = options.authorize(call, request);
    const most = call.route.mostBytes ?? options.mostBody;
    const fields = readFields(call.route.fields, await givenIn(call, request, most));
    await options.answer({ ...call, caller }, fields, request, response);
  } catch (thrown) {
    const failure = options.toProblem(thrown);
    if (failure.status >= 500) options.onFault(thrown);
    sendProblem(response, failure);
  }
}

/** With its place in the code, for the log. */
export function reasonOfFault(thrown: unknown): string {
  return thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
}

export function sendProblem(response: ServerResponse, failure: ApiProblem): void {
  sendJson(response, failure.status, documentOf(failure), "application/problem+json");
}

export function sendJson(
  response: ServerResponse,
  status: number,
  body: unknown,
  type = "application/json",
): void {
  if (response.headersSent) return void response.end();
  const headers = { "content-type": type, "cache-control": "no-store" };
  response.writeHead(status, headers).end(`${JSON.stringify(body)}\n`);
}

/** `ask`: what to do about a method that the path does not have. */
export function findRoute<N extends string>(
  routes: Readonly<Record<N, Route>>,
  request: IncomingMessage,
  ask = "See docs/api.md.",
): Call<N> {
  const url = new URL(request.url ?? "/", "http://here");
  let isKnown = false;
  for (const [name, route] of Object.entries<Route>(routes)) {
    const path = matchPath(route.path, url.pathname);
    if (path === null) continue;
    isKnown = true;
    if (route.method === request.method) return { name: name as N, route, path, query: url.searchParams };
  }
  const values = { method: request.method ?? "", path: url.pathname.slice(0, 200) };
  if (isKnown) throw problem(405, "wrong_method", "this path has no such method", ask, values);
  throw problem(404, "unknown_path", "there is no such path", "See docs/api.md.", values);
}

/** Fields of the body, or of the query, where numbers are texts. */
async function givenIn<N extends string>(
  { route, query }: Call<N>,
  request: IncomingMessage,
  mostBody: number,
): Promise<unknown> {
  if (route.method !== "GET") return readBody(request, mostBody);
  return queryFields(route, query);
}

async function readBody(request: IncomingMessage, mostBody: number): Promise<unknown> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > mostBody) {
      throw problem(413, "too_large", "the body is too large", `Send at most ${mostBody} bytes.`);
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
