import type { IncomingMessage, ServerResponse } from "node:http";
import { ApiProblem, problem } from "../api/problem.ts";
import { TOWER_ROUTES, type TowerAnswers, type TowerInfo, type TowerRoute } from "../api/tower-routes.ts";
import { reasonOfFault, sendJson, startHttp, type Call, type HttpServer } from "../host/http-server.ts";
import { HashlaneError } from "../protocol/error.ts";
import { Buckets, householdOf } from "./buckets.ts";
import type { TowerConfig } from "./config.ts";
import type { Desk } from "./desk.ts";

/** PEM. */
interface TlsKey {
  readonly certificate: string;
  readonly privateKey: string;
}

export interface ServerParts {
  readonly config: TowerConfig;
  readonly tls: TlsKey | null;
  readonly desk: Desk;
  readonly info: () => TowerInfo;
  readonly metrics: () => string;
  /** Milliseconds that never go back. */
  readonly now: () => number;
  readonly onFault: (reason: string) => void;
  /** Of each call, its status. */
  readonly onAnswered: (route: TowerRoute | null, status: number) => void;
}

const MOST_BODY_BYTES = 16_384;
const MOST_CONNECTIONS = 1000;
/** What a call without a body costs its caller's allowance. */
const LEAST_BYTES = 200;
const BURST_SECONDS = 5;

/** The caller is whoever signed; here it is only where the call comes from. */
export function startTowerServer(parts: ServerParts): Promise<HttpServer> {
  const { config, tls, now } = parts;
  const { addressBytesPerSecond: bytes, addressCallsPerSecond: calls } = config.limits;
  const byBytes = new Buckets({ most: BURST_SECONDS * bytes, perSecond: bytes }, now);
  const byCalls = new Buckets({ most: BURST_SECONDS * calls, perSecond: calls }, now);
  return startHttp<TowerRoute, number>({
    ...{ host: config.listen.host, port: config.listen.port, tls },
    ...{ routes: TOWER_ROUTES, mostBody: MOST_BODY_BYTES, mostConnections: MOST_CONNECTIONS },
    admit: (request) => {
      const from = householdOf(addressOf(config, request));
      requireSlow(byCalls.take(from, 1));
      requireSlow(byBytes.take(from, Math.max(LEAST_BYTES, bytesOf(request))));
    },
    authorize: (_, request) => bytesOf(request),
    answer: async (call, fields, _, response) => {
      await answer(parts, call, fields, response);
      parts.onAnswered(call.name, 200);
    },
    toProblem: (thrown) => {
      const failure = toProblem(thrown);
      parts.onAnswered(null, failure.status);
      return failure;
    },
    onFault: (thrown) => parts.onFault(reasonOfFault(thrown)),
    refusal: {
      failed: "the tower cannot be offered at this address",
      next: "Choose another with --listen, or stop the program that uses it.",
    },
  });
}

/** The last one was written by our own proxy; those before it by whoever likes. */
function addressOf({ behindProxy }: TowerConfig, { headers, socket }: IncomingMessage): string {
  const own = socket.remoteAddress ?? "";
  if (!behindProxy) return own;
  const list = [headers["x-forwarded-for"] ?? []].flat().join(",").split(",");
  return list.at(-1)?.trim() ?? own;
}

/** A body without a length is paid for as the longest. */
function bytesOf({ headers }: IncomingMessage): number {
  const { "content-length": length, "transfer-encoding": encoding } = headers;
  if (length === undefined) return encoding === undefined ? 0 : MOST_BODY_BYTES;
  const bytes = Number(length);
  if (bytes <= MOST_BODY_BYTES) return bytes;
  throw problem(413, "too_large", "the body is too large", `Send at most ${MOST_BODY_BYTES} bytes.`);
}

function requireSlow(seconds: number): void {
  if (seconds === 0) return;
  const next = `Go on in ${seconds} s.`;
  throw problem(429, "too_fast", "this address asks for too much", next, { seconds: String(seconds) });
}

async function answer(
  { desk, info, metrics }: ServerParts,
  { name, path, caller: bytes }: Call<TowerRoute> & { readonly caller: number },
  fields: unknown,
  response: ServerResponse,
): Promise<void> {
  if (name === "metrics") {
    response.writeHead(200, { "content-type": "text/plain; version=0.0.4; charset=utf-8" }).end(metrics());
    return;
  }
  // Fields were checked by the table of their own route.
  const given = fields as never;
  const handlers: {
    readonly [N in keyof TowerAnswers]: () => TowerAnswers[N] | Promise<TowerAnswers[N]>;
  } = {
    info,
    challenge: () => desk.challenge(),
    appoint: () => desk.appoint(given, bytes),
    record: () => desk.record(given, path),
    witnesses: () => desk.witnesses(given, bytes),
    health: () => ({ status: "ok" }),
  };
  sendJson(response, 200, await handlers[name]());
}

function toProblem(thrown: unknown): ApiProblem {
  if (thrown instanceof ApiProblem) return thrown;
  if (thrown instanceof HashlaneError && thrown.parts !== null)
    return problem(503, thrown.code, thrown.parts.failed, thrown.parts.next);
  const next = "Report it with the tower's log; nothing is known to be lost.";
  return problem(500, "internal", "the tower met a fault of its own", next);
}
