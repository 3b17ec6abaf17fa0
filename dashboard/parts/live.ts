import { createContext } from "preact";
import { useContext, useEffect, useRef, useState } from "preact/hooks";
import type { ExplorerEvent, ExplorerStatus } from "../../src/api/explorer-views.ts";
import { ApiProblem } from "../../src/api/problem.ts";
import { explorer } from "./client.ts";

const STATUS_MS = 4000;
const AGAIN_MS = 2000;
const KEPT_EVENTS = 100;
/** Many events in one block are one reason to look again. */
const CALM_MS = 150;

export interface Live {
  readonly status: ExplorerStatus | null;
  /** Milliseconds since 1970 at which it was told. */
  readonly statusAt: number;
  readonly isConnected: boolean;
  /** Why there is no explorer here at all; null if there is, or if nothing answers. */
  readonly refusal: ApiProblem | null;
  /** Newest first, since this page was opened; what was undone is not in it. */
  readonly events: readonly ExplorerEvent[];
}

const NO_LIVE: Live = { status: null, statusAt: 0, isConnected: true, refusal: null, events: [] };
const LiveContext = createContext<Live>(NO_LIVE);
export const LiveProvider = LiveContext.Provider;

export function useLive(): Live {
  return useContext(LiveContext);
}

/** Follows the chain as the explorer tells it, over breaks of the connection. */
export function useOwnLive(): Live {
  const [live, setLive] = useState(NO_LIVE);
  useEffect(() => {
    const end = new AbortController();
    const change = (by: (before: Live) => Partial<Live>): void => {
      if (!end.signal.aborted) setLive((before) => ({ ...before, ...by(before) }));
    };
    void follow(end.signal, change);
    void watchStatus(end.signal, change);
    return () => end.abort();
  }, []);
  return live;
}

type Change = (by: (before: Live) => Partial<Live>) => void;

async function follow(signal: AbortSignal, change: Change): Promise<void> {
  let cursor: number | null = null;
  while (!signal.aborted) {
    try {
      cursor ??= (await explorer.call("status", {})).cursor;
      for await (const event of explorer.events(cursor, signal)) {
        cursor = event.cursor;
        change(({ events }) => ({ events: withEvent(events, event) }));
      }
    } catch {
      // The status tells of it.
    }
    await pause(AGAIN_MS);
  }
}

function withEvent(events: readonly ExplorerEvent[], event: ExplorerEvent): readonly ExplorerEvent[] {
  const left = event.kind === "undone" ? events.filter(({ block }) => block <= event.block) : events;
  return [event, ...left].slice(0, KEPT_EVENTS);
}

async function watchStatus(signal: AbortSignal, change: Change): Promise<void> {
  while (!signal.aborted) {
    try {
      const status = await explorer.call("status", {});
      change(() => ({ status, statusAt: Date.now(), isConnected: true, refusal: null }));
    } catch (thrown) {
      const refusal = thrown instanceof ApiProblem && thrown.status !== 0 ? thrown : null;
      change(() => ({ isConnected: refusal !== null, refusal }));
    }
    await pause(STATUS_MS);
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Calls `act` soon after an event that concerns the part, and when the connection has come back. */
export function useOnEvent(concerns: (event: ExplorerEvent) => boolean, act: () => void): void {
  const { events, isConnected } = useLive();
  const seen = useRef<number | null>(null);
  const timer = useRef(0);
  const was = useRef(isConnected);
  const later = (): void => {
    clearTimeout(timer.current);
    timer.current = setTimeout(act, CALM_MS) as unknown as number;
  };
  useEffect(() => () => clearTimeout(timer.current), []);
  useEffect(() => {
    if (isConnected && !was.current) later();
    was.current = isConnected;
  }, [isConnected]);
  useEffect(() => {
    const before = seen.current;
    const fresh = events.filter(({ cursor }) => before === null || cursor > before);
    seen.current = events[0]?.cursor ?? before;
    if (before === null && fresh.length === events.length && events.length === 0) {
      seen.current = 0;
      return;
    }
    if (fresh.some((event) => event.kind === "undone" || concerns(event))) later();
  }, [events]);
}

/** Seconds since 1970 by the chain's clock, as far as the last status tells it. */
export function chainNow({ status, statusAt }: Live): number {
  const since = statusAt === 0 ? 0 : (Date.now() - statusAt) / 1000;
  return status?.time === null || status === null
    ? Date.now() / 1000
    : Date.parse(status.time) / 1000 + since;
}
