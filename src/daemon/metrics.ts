import { formatUnits } from "../api/amounts.ts";
import { isFrozen } from "./freeze.ts";
import type { Parts } from "./parts.ts";
import { VERSION } from "./version.ts";

type Labels = Readonly<Record<string, string>>;

interface Metric {
  readonly name: string;
  readonly type: "gauge" | "counter";
  readonly help: string;
  /** The value as it is written: amounts keep every digit. */
  readonly samples: readonly (readonly [labels: Labels, value: string | number])[];
}

/** The text format of Prometheus, version 0.0.4. */
export function metricsText(parts: Parts): string {
  return metricsOf(parts)
    .map(({ name, type, help, samples }) => {
      const lines = samples.map(([labels, value]) => `${name}${showLabels(labels)} ${value}`);
      return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...lines].join("\n");
    })
    .join("\n")
    .concat("\n");
}

function showLabels(labels: Labels): string {
  const shown = Object.entries(labels).map(
    ([name, value]) => `${name}="${value.replace(/["\\\n]/g, "\\$&")}"`,
  );
  return shown.length === 0 ? "" : `{${shown.join(",")}}`;
}

function metricsOf(parts: Parts): readonly Metric[] {
  const { node, recorder, journal } = parts;
  const { number, time } = node.head();
  const one = (value: number): Metric["samples"] => [[{}, value]];
  const payments = journal.all("SELECT status, count(*) AS count FROM payments GROUP BY status");
  return [
    {
      name: "hashlane_info",
      type: "gauge",
      help: "Always 1.",
      samples: [[{ version: VERSION, node: node.id }, 1]],
    },
    {
      name: "hashlane_chain_block",
      type: "gauge",
      help: "Newest final block that was read.",
      samples: one(number),
    },
    { name: "hashlane_chain_time_seconds", type: "gauge", help: "Its time.", samples: one(time) },
    {
      name: "hashlane_frozen",
      type: "gauge",
      help: "1 while the node pays nothing.",
      samples: one(isFrozen(parts) ? 1 : 0),
    },
    { name: "hashlane_peers", type: "gauge", help: "Connected nodes.", samples: one(node.peers().length) },
    {
      name: "hashlane_policies",
      type: "gauge",
      help: "Known policies of the network.",
      samples: one(node.policies().length),
    },
    { name: "hashlane_channels", type: "gauge", help: "Channels by status.", samples: channelCounts(parts) },
    ...liquidity(parts),
    {
      name: "hashlane_payments",
      type: "gauge",
      help: "Payments by this node in its journal, by status.",
      samples: payments.map(({ status, count }) => [{ status: String(status) }, Number(count)]),
    },
    {
      name: "hashlane_notices_total",
      type: "counter",
      help: "What the node noticed since its start, by kind.",
      samples: [...recorder.counts].map(([kind, count]) => [{ kind }, count]),
    },
  ];
}

function channelCounts({ node }: Parts): Metric["samples"] {
  const counts = new Map<string, number>();
  for (const { status } of node.channels()) counts.set(status, (counts.get(status) ?? 0) + 1);
  return [...counts].map(([status, count]) => [{ status }, count]);
}

function liquidity({ node, assets }: Parts): readonly Metric[] {
  const channels = node.channels();
  const sums = (of: (view: (typeof channels)[number]) => bigint): Metric["samples"] =>
    assets.all.map((asset) => {
      const total = channels
        .filter(({ token }) => token === asset.token)
        .reduce((sum, view) => sum + of(view), 0n);
      return [{ asset: asset.symbol }, formatUnits(total, asset)];
    });
  const gauge = { type: "gauge" } as const;
  return [
    {
      ...gauge,
      name: "hashlane_balance",
      help: "Ours in channels, without what is locked.",
      samples: sums(({ balance }) => balance.ours),
    },
    {
      ...gauge,
      name: "hashlane_spendable",
      help: "What we could pay now.",
      samples: sums(({ spendable }) => spendable),
    },
    {
      ...gauge,
      name: "hashlane_receivable",
      help: "The peers' in channels, without what is locked.",
      samples: sums(({ balance }) => balance.theirs),
    },
    {
      ...gauge,
      name: "hashlane_locked_out",
      help: "Locked by us in payments under way.",
      samples: sums(({ locked }) => locked.ours),
    },
    {
      ...gauge,
      name: "hashlane_locked_in",
      help: "Locked for us in payments under way.",
      samples: sums(({ locked }) => locked.theirs),
    },
  ];
}
