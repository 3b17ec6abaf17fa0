import type { ServerResponse } from "node:http";

interface WithCursor {
  readonly cursor: number;
}

/** Events that are kept, each with a cursor above all before it. */
export interface EventSource<E extends WithCursor> {
  /** Oldest first. */
  after(cursor: number, limit: number): readonly E[];
  /** Told of new events, oldest first; what it gives ends that. */
  on(listener: (events: readonly E[]) => void): () => void;
  /** Lines of a server-sent event, besides its id. */
  show(event: E): string;
}

const PAGE = 500;
/** Of a reader that does not keep up: it comes back with its cursor. */
const MOST_WAITING_BYTES = 1 << 20;
const BEAT_MS = 15_000;

/** Sends what happened after the cursor, as fast as it is read, then whatever happens, as server-sent events. */
export function streamEvents<E extends WithCursor>(
  source: EventSource<E>,
  after: number,
  response: ServerResponse,
): void {
  response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
  response.flushHeaders();
  let cursor = after;
  let stop = (): void => undefined;
  const send = (event: E): void => {
    cursor = event.cursor;
    response.write(`id: ${event.cursor}\n${source.show(event)}\n\n`);
  };
  const sendNew = (events: readonly E[]): void => {
    if (response.writableEnded) return;
    // Written so that of a cursor that is no number everything is new.
    for (const event of events) if (!(event.cursor <= cursor)) send(event);
    if (response.writableLength > MOST_WAITING_BYTES) response.end();
  };
  const sendOld = (): void => {
    while (!response.destroyed) {
      const page = source.after(cursor, PAGE);
      if (page.length === 0) {
        stop = source.on(sendNew);
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
