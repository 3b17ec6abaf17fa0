import type { ServerResponse } from "node:http";
import type { ExplorerService } from "./answers.ts";
import type { KeptEvent } from "./index-store.ts";

const PAGE = 500;
/** Of a reader that does not keep up: it comes back with its cursor. */
const MOST_WAITING_BYTES = 1 << 20;
const BEAT_MS = 15_000;

/** Server-sent events after the cursor, then whatever happens; NaN: only what happens from now on. */
export function streamExplorerEvents(
  service: ExplorerService,
  after: number,
  response: ServerResponse,
): void {
  const { explorer } = service;
  response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
  response.flushHeaders();
  let cursor = Number.isSafeInteger(after) ? after : explorer.store.cursor;
  let stop = (): void => undefined;
  const send = (event: KeptEvent): void => {
    cursor = event.cursor;
    response.write(`id: ${event.cursor}\ndata: ${JSON.stringify(service.show(event))}\n\n`);
  };
  const sendNew = (events: readonly KeptEvent[]): void => {
    if (response.writableEnded) return;
    for (const event of events) if (event.cursor > cursor) send(event);
    if (response.writableLength > MOST_WAITING_BYTES) response.end();
  };
  const sendOld = (): void => {
    while (!response.destroyed) {
      const page = explorer.store.eventsAfter(cursor, PAGE);
      if (page.length === 0) {
        stop = explorer.on(sendNew);
        return;
      }
      for (const event of page) send(event);
      if (response.writableNeedDrain) {
        response.once("drain", sendOld);
        return;
      }
    }
  };
  sendOld();
  const beat = setInterval(() => response.write(": beat\n\n"), BEAT_MS);
  response.on("close", () => {
    stop();
    clearInterval(beat);
  });
}
