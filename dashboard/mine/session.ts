import { createContext } from "preact";
import { useContext, useEffect, useState } from "preact/hooks";
import type { Event, Info } from "../../src/api/views.ts";
import { ApiClient } from "../../src/client/api-client.ts";

const KEY = "hashlane-token";
/** Newest events that are looked at for locks, forwards and decisions. */
export const LOOKED_AT = 2000;
const PAGE = 500;
const AGAIN_MS = 2000;

/** The token stays in this tab and is gone with it. */
export function keptToken(): string | null {
  try {
    return sessionStorage.getItem(KEY);
  } catch {
    return null;
  }
}

export function keepToken(token: string | null): void {
  try {
    if (token === null) sessionStorage.removeItem(KEY);
    else sessionStorage.setItem(KEY, token);
  } catch {
    // Then it holds until this page is left.
  }
}

export function clientWith(token: string): ApiClient {
  return new ApiClient({ url: "", token });
}

export interface Session {
  readonly client: ApiClient;
  readonly info: Info;
  /** Oldest first. */
  readonly events: readonly Event[];
}

const SessionContext = createContext<Session | null>(null);
export const SessionProvider = SessionContext.Provider;

export function useSession(): Session {
  const session = useContext(SessionContext);
  if (session === null) throw new Error("nobody has given a token");
  return session;
}

/** The newest events, then whatever happens. */
export function useEvents(client: ApiClient, { cursor }: Info): readonly Event[] {
  const [events, setEvents] = useState<readonly Event[]>([]);
  useEffect(() => {
    const end = new AbortController();
    const add = (some: readonly Event[]): void => {
      if (!end.signal.aborted) setEvents((known) => [...known, ...some].slice(-LOOKED_AT));
    };
    void follow(client, Math.max(0, cursor - LOOKED_AT), add, end.signal);
    return () => end.abort();
  }, [client]);
  return events;
}

async function follow(
  client: ApiClient,
  from: number,
  add: (events: readonly Event[]) => void,
  signal: AbortSignal,
): Promise<void> {
  let after = from;
  while (!signal.aborted) {
    try {
      const { entries, next } = await client.call("events", { after, limit: PAGE });
      after = entries.at(-1)?.cursor ?? after;
      add(entries);
      if (next !== null) continue;
      for await (const event of client.events(after, signal)) {
        after = event.cursor;
        add([event]);
      }
    } catch {
      // It is asked again; the page says that nothing answers where it loads something.
    }
    await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
  }
}

/** A key that makes one press of a button one act, whatever is repeated on the way. */
export function newKey(): string {
  return crypto.randomUUID();
}
