import { createServer } from "node:http";
import { problem } from "../api/problem.ts";
import { listen, sendProblem, type HttpServer } from "../host/http-server.ts";
import type { Answerer } from "./http.ts";

/** An explorer by itself: public data, for everybody who reaches the address. */
export async function startSite(
  answerers: readonly Answerer[],
  { host, port }: { readonly host: string; readonly port: number },
): Promise<HttpServer> {
  const server = createServer((request, response) => {
    if (answerers.some((answer) => answer(request, response))) return;
    const values = { method: request.method ?? "", path: (request.url ?? "").slice(0, 200) };
    sendProblem(response, problem(404, "unknown_path", "there is no such path", "See docs/api.md.", values));
  });
  const { at, stop } = await listen(server, {
    ...{ host, port },
    refusal: {
      failed: "the explorer cannot be offered at this address",
      next: "Choose a free one with --listen, or stop the program that uses it.",
    },
  });
  return { url: `http://${at.family === "IPv6" ? `[${at.address}]` : at.address}:${at.port}`, stop };
}
