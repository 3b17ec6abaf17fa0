import type { ServerResponse } from "node:http";
import type { Event } from "../api/views.ts";
import type { EventLog } from "./events.ts";

const PAGE = 500;
/** Of a reader that does not keep up: it comes back with its cursor. */
const MOST_WAITING_BYTES = 1 << 20;
const BEAT_MS = 15_000;

/** Sends what happened after the cursor, as fast as it is read, then whatever happens, as server-sent events. */
export function streamEvents(events: EventLog, after: number, response: ServerResponse): void {
  response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
  response.flushHeaders();
  let cursor = after;
  let stop = (): void => undefined;
  const send = (event: Event): void => {
    cursor = event.cursor;
    response.write(`id: ${event.cursor}\nevent: ${event.kind}\ndata: ${JSON.stringify(event)}\n\n`);
  };
  const sendNew = (event: Event): void => {
    if (response.writableEnded) return;
    send(event);
    if (response.writableLength > MOST_WAITING_BYTES) response.end();
  };
  const sendOld = (): void => {
    while (!response.destroyed) {
      const page = events.after(cursor, PAGE);
      if (page.length === 0) {
        stop = events.on(sendNew);
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
  // So that both ends notice a connection that is gone.
  const beat = setInterval(() => response.write(": beat\n\n"), BEAT_MS);
  response.on("close", () => {
    stop();
    clearInterval(beat);
  });
}
