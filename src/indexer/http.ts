import type { IncomingMessage, ServerResponse } from "node:http";
import { EXPLORER_ROUTES, type ExplorerRouteName } from "../api/explorer-routes.ts";
import { readFields } from "../api/fields.ts";
import { ApiProblem, documentOf, problem } from "../api/problem.ts";
import { matchPath, queryFields, type Route } from "../api/route.ts";
import type { ExplorerService } from "./answers.ts";
import { streamExplorerEvents } from "./explorer-stream.ts";

/** Answers a request if it is for the explorer; whether it was. */
export type Answerer = (request: IncomingMessage, response: ServerResponse) => boolean;

const PREFIX = "/v1/explorer/";

/** `onFailure`: hears of faults of our own. */
export function createExplorerApi(service: ExplorerService, onFailure: (reason: string) => void): Answerer {
  return (request, response) => {
    const url = new URL(request.url ?? "/", "http://localhost");
    if (!url.pathname.startsWith(PREFIX)) return false;
    try {
      answer(service, request, url, response);
    } catch (thrown) {
      if (!(thrown instanceof ApiProblem)) {
        onFailure(thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown));
      }
      sendProblem(response, thrown instanceof ApiProblem ? thrown : FAULT);
    }
    return true;
  };
}

const FAULT = problem(
  500,
  "internal",
  "the explorer met a fault of its own",
  "Report it with its log; the chain is not touched by it.",
);

function answer(
  service: ExplorerService,
  request: IncomingMessage,
  url: URL,
  response: ServerResponse,
): void {
  const [name, route, path] = findRoute(request, url.pathname);
  const fields = readFields(route.fields, queryFields(route, url.searchParams));
  if (name === "stream") {
    const last = request.headers["last-event-id"];
    streamExplorerEvents(service, Number(url.searchParams.get("after") ?? last ?? Number.NaN), response);
    return;
  }
  // Each handler takes the fields of its own route, which were checked by that route's table.
  const handle = service.handlers[name] as (
    fields: unknown,
    path: Readonly<Record<string, string>>,
  ) => unknown;
  sendJson(response, 200, handle(fields, path));
}

function findRoute(
  request: IncomingMessage,
  pathname: string,
): readonly [ExplorerRouteName, Route, Readonly<Record<string, string>>] {
  const values = { method: request.method ?? "", path: pathname.slice(0, 200) };
  for (const [name, route] of Object.entries(EXPLORER_ROUTES)) {
    const path = matchPath(route.path, pathname);
    if (path === null) continue;
    if (request.method === "GET") return [name as ExplorerRouteName, route, path];
    throw problem(405, "wrong_method", "this path has no such method", "Use GET.", values);
  }
  throw problem(404, "unknown_path", "there is no such path", "See docs/api.md.", values);
}

export function sendProblem(response: ServerResponse, failure: ApiProblem): void {
  sendJson(response, failure.status, documentOf(failure), "application/problem+json");
}

function sendJson(response: ServerResponse, status: number, body: unknown, type = "application/json"): void {
  if (response.headersSent) return void response.end();
  const headers = { "content-type": type, "cache-control": "no-store" };
  response.writeHead(status, headers).end(`${JSON.stringify(body)}\n`);
}
