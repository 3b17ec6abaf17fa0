import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { problem } from "../api/problem.ts";
import { HashlaneError } from "../protocol/error.ts";
import { type Answerer, sendProblem } from "./http.ts";

export interface Site {
  readonly url: string;
  stop(): Promise<void>;
}

/** An explorer by itself: public data, for everybody who reaches the address. */
export async function startSite(
  answerers: readonly Answerer[],
  { host, port }: { readonly host: string; readonly port: number },
): Promise<Site> {
  const server = createServer((request, response) => {
    if (answerers.some((answer) => answer(request, response))) return;
    const values = { method: request.method ?? "", path: (request.url ?? "").slice(0, 200) };
    sendProblem(response, problem(404, "unknown_path", "there is no such path", "See docs/api.md.", values));
  });
  const bound = once(server, "listening");
  server.listen(port, host);
  try {
    await bound;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const next = "Choose a free one with --listen, or stop the program that uses it.";
    const failed = "the explorer cannot be offered at this address";
    throw new HashlaneError("listen_failed", { failed, given: { host, port, reason }, next }, { cause });
  }
  const at = server.address() as AddressInfo;
  return {
    url: `http://${at.family === "IPv6" ? `[${at.address}]` : at.address}:${at.port}`,
    stop: async () => {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
