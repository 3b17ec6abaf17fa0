import { formatMetrics, gauge } from "../host/metrics-text.ts";
import type { TowerStore } from "./store.ts";

export interface Counted {
  readonly store: TowerStore;
  /** Calls by route and status. */
  readonly counts: ReadonlyMap<string, number>;
  /** What was decided, by kind. */
  readonly sent: ReadonlyMap<string, number>;
  /** What the chain said against it, by kind. */
  readonly problems: ReadonlyMap<string, number>;
}

/** None of them is of a single client. */
export function towerMetrics({ store, counts, sent, problems }: Counted): string {
  const { number, time } = store.head;
  const counter = (name: string, help: string, label: string, of: ReadonlyMap<string, number>) =>
    ({
      name: `hashlane_tower_${name}_total`,
      type: "counter",
      help,
      samples: [...of].map(([key, value]) => [{ [label]: key }, value] as const),
    }) as const;
  return formatMetrics([
    gauge("tower_chain_block", "Newest final block that was read.", [[{}, number]]),
    gauge("tower_chain_time_seconds", "Its time.", [[{}, time]]),
    gauge("tower_records", "Guarded sides of channels.", [[{}, store.records]]),
    gauge("tower_closings", "Closes on chain that are not over, of any channel.", [[{}, store.closings]]),
    gauge("tower_witnesses", "Witnesses that wait to be recorded.", [[{}, store.witnesses.waiting]]),
    counter("calls", "Calls since the start, by route and status.", "call", counts),
    counter("acts", "What was decided for clients since the start.", "act", sent),
    counter("problems", "What the chain refused since the start.", "kind", problems),
  ]);
}
