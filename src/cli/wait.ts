import type { Event } from "../api/views.ts";
import { problem } from "../api/problem.ts";
import type { ApiClient } from "../client/api-client.ts";

/**
 * Follows events after the cursor until `isEnd` is true of one. Rejects with `under_way` after the time, with what is
 * to be said then.
 */
export async function followUntil(
  client: ApiClient,
  after: number,
  seconds: number,
  late: { readonly what: string; readonly next: string },
  isEnd: (event: Event) => boolean,
): Promise<void> {
  const signal = AbortSignal.timeout(seconds * 1000);
  try {
    for await (const event of client.events(after, signal)) if (isEnd(event)) return;
  } catch (thrown) {
    if (!signal.aborted) throw thrown;
    throw problem(0, "under_way", `${late.what} after ${seconds} s`, late.next);
  }
  throw problem(0, "daemon_unreachable", "the node went down meanwhile", `Start it again. ${late.next}`);
}
