import { formatUnits } from "../api/amounts.ts";
import { formatMetrics, gauge, type Metric } from "../host/metrics-text.ts";
import { isFrozen } from "./freeze.ts";
import type { Parts } from "./parts.ts";
import { towerMetrics } from "./towers/tower-figures.ts";
import { VERSION } from "./version.ts";

/** The text format of Prometheus, version 0.0.4. */
export function metricsText(parts: Parts): string {
  return formatMetrics(metricsOf(parts));
}

function metricsOf(parts: Parts): readonly Metric[] {
  const { node, recorder } = parts;
  const { number, time } = node.head();
  const one = (value: number): Metric["samples"] => [[{}, value]];
  return [
    gauge("info", "Always 1.", [[{ version: VERSION, node: node.id }, 1]]),
    gauge("chain_block", "Newest final block that was read.", one(number)),
    gauge("chain_time_seconds", "Its time.", one(time)),
    gauge("frozen", "1 while the node pays nothing.", one(isFrozen(parts) ? 1 : 0)),
    gauge("peers", "Connected nodes.", one(node.peers().length)),
    ...traffic(parts),
    ...visitors(parts),
    ...transactions(parts),
    gauge("policies", "Known policies of the network.", one(node.policies().length)),
    gauge("channels", "Channels by status.", channelCounts(parts)),
    ...liquidity(parts),
    ...towerMetrics(parts.towers.list()),
    gauge("payments", "Payments by this node in its journal, by status.", paymentCounts(parts)),
    {
      name: "hashlane_notices_total",
      type: "counter",
      help: "What the node noticed since its start, by kind.",
      samples: [...recorder.counts].map(([kind, count]) => [{ kind }, count]),
    },
  ];
}

function visitors(parts: Parts): readonly Metric[] {
  const { present, turnedAway } = parts.visitors();
  return [
    gauge("connections_in", "Connections that came in, proven or not.", [[{}, present]]),
    {
      name: "hashlane_connections_turned_away_total",
      type: "counter",
      help: "Connections that came in and were not let in, by the limit that they met.",
      samples: [
        [{ limit: "most" }, turnedAway.full],
        [{ limit: "unproven" }, turnedAway.unproven],
        [{ limit: "per_address" }, turnedAway.tooManyHere],
      ],
    },
  ];
}

/** By their numbers: what was sent and is not final yet. */
function transactions({ account }: Parts): readonly Metric[] {
  const posted = account.posted();
  const named = posted.map(({ nonce, key, ...rest }) => {
    const what = key === null ? "owner" : (key.split(":", 1)[0] ?? "");
    return { ...rest, labels: { nonce: String(nonce), what } };
  });
  return [
    gauge("transactions", "Sent and not final yet.", [[{}, posted.length]]),
    gauge(
      "transaction_fee_wei",
      "The most that each offers for a unit of gas.",
      named.map(({ labels, fees }) => [labels, String(fees?.maxFeePerGas ?? 0n)]),
    ),
    gauge(
      "transaction_deadline_seconds",
      "The chain's time before which each has to be in a block.",
      named.flatMap(({ labels, due }) => (due === null ? [] : [[labels, due.by] as const])),
    ),
  ];
}

/** Of connected peers alone: whoever comes and goes under new names leaves nothing behind. */
function traffic({ traffic }: Parts): readonly Metric[] {
  const peers = traffic();
  const counter = (name: string, help: string, of: (one: (typeof peers)[number]) => number): Metric => ({
    name: `hashlane_peer_${name}_total`,
    type: "counter",
    help: `${help} since the peer connected.`,
    samples: peers.map((one) => [{ peer: one.peer }, of(one)]),
  });
  return [
    counter("received_bytes", "Bytes of messages received", ({ receivedBytes }) => receivedBytes),
    counter("received_messages", "Messages received", ({ receivedMessages }) => receivedMessages),
    counter("sent_bytes", "Bytes of messages sent", ({ sentBytes }) => sentBytes),
    counter("sent_messages", "Messages sent", ({ sentMessages }) => sentMessages),
  ];
}

function paymentCounts({ journal }: Parts): Metric["samples"] {
  return journal
    .all("SELECT status, count(*) AS count FROM payments GROUP BY status")
    .map(({ status, count }) => [{ status: String(status) }, Number(count)]);
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
      const ours = channels.filter(({ token }) => token === asset.token);
      const total = ours.reduce((sum, view) => sum + of(view), 0n);
      return [{ asset: asset.symbol }, formatUnits(total, asset)];
    });
  return [
    gauge(
      "balance",
      "Ours in channels, without what is locked.",
      sums(({ balance }) => balance.ours),
    ),
    gauge(
      "spendable",
      "What we could pay now.",
      sums(({ spendable }) => spendable),
    ),
    gauge(
      "receivable",
      "The peers' in channels, without what is locked.",
      sums(({ balance }) => balance.theirs),
    ),
    gauge(
      "locked_out",
      "Locked by us in payments under way.",
      sums(({ locked }) => locked.ours),
    ),
    gauge(
      "locked_in",
      "Locked for us in payments under way.",
      sums(({ locked }) => locked.theirs),
    ),
  ];
}
