import type { IncomingMessage, ServerResponse } from "node:http";
import { EXPLORER_ROUTES, type ExplorerRouteName } from "../api/explorer-routes.ts";
import { readFields } from "../api/fields.ts";
import { ApiProblem, problem } from "../api/problem.ts";
import { queryFields } from "../api/route.ts";
import { type EventSource, streamEvents } from "../host/event-stream.ts";
import { findRoute, reasonOfFault, sendJson, sendProblem } from "../host/http-server.ts";
import type { ExplorerService } from "./answers.ts";
import type { KeptEvent } from "./index-store.ts";

/** Answers a request if it is for the explorer; whether it was. */
export type Answerer = (request: IncomingMessage, response: ServerResponse) => boolean;

const PREFIX = "/v1/explorer/";

/** `onFailure`: hears of faults of our own. */
export function createExplorerApi(service: ExplorerService, onFailure: (reason: string) => void): Answerer {
  return (request, response) => {
    const url = new URL(request.url ?? "/", "http://localhost");
    if (!url.pathname.startsWith(PREFIX)) return false;
    try {
      answer(service, request, response);
    } catch (thrown) {
      if (!(thrown instanceof ApiProblem)) onFailure(reasonOfFault(thrown));
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

function answer(service: ExplorerService, request: IncomingMessage, response: ServerResponse): void {
  const { name, route, path, query } = findRoute<ExplorerRouteName>(EXPLORER_ROUTES, request, "Use GET.");
  const fields = readFields(route.fields, queryFields(route, query));
  if (name === "stream") {
    const last = request.headers["last-event-id"];
    stream(service, Number(query.get("after") ?? last ?? Number.NaN), response);
    return;
  }
  // Each handler takes the fields of its own route, which were checked by that route's table.
  const handle = service.handlers[name] as (
    fields: unknown,
    path: Readonly<Record<string, string>>,
  ) => unknown;
  sendJson(response, 200, handle(fields, path));
}

/** Events after the cursor, then whatever happens; NaN: only what happens from now on. */
function stream(service: ExplorerService, after: number, response: ServerResponse): void {
  const { explorer } = service;
  const source: EventSource<KeptEvent> = {
    after: (cursor, limit) => explorer.store.eventsAfter(cursor, limit),
    on: (listener) => explorer.on(listener),
    show: (event) => `data: ${JSON.stringify(service.show(event))}`,
  };
  streamEvents(source, Number.isSafeInteger(after) ? after : explorer.store.cursor, response);
}
