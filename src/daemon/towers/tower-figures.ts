import type { Finding, Tower } from "../../api/views.ts";
import { gauge, type Metric } from "../../host/metrics-text.ts";

const finding = (level: Finding["level"], found: string, next = ""): Finding => ({
  ...{ check: "towers", level, found, next },
});

/** `atRisk`: channels in which we were paid, so that a close with an old state would cost us something. */
export function towerFindings(towers: readonly Tower[], atRisk: number): readonly Finding[] {
  if (towers.length === 0) {
    const found = `no tower guards this node; it was paid in ${atRisk} channels`;
    const next = "Add one with hashlane tower add URL, or keep the node running.";
    return [finding("ok", found, atRisk === 0 ? "" : next)];
  }
  return towers.map(({ url, state, problem, guarded, behind, refused, lastReceipt }) => {
    if (state === "unreachable")
      return finding("warning", `${url} does not answer: ${problem ?? ""}`, "Wait, or add another tower.");
    const newest = lastReceipt === null ? "no receipt yet" : `newest receipt of ${lastReceipt}`;
    const found = `${url} guards ${guarded} channels, is behind in ${behind}, ${newest}`;
    const [first] = refused;
    if (first !== undefined)
      return finding(
        "warning",
        `${found}; it takes ${refused.length} not: ${first.code}`,
        "Use another for these.",
      );
    return behind === 0 ? finding("ok", found) : finding("warning", found, "Wait; see hashlane tower list.");
  });
}

export function towerMetrics(towers: readonly Tower[]): readonly Metric[] {
  const of = (value: (tower: Tower) => number): Metric["samples"] =>
    towers.map((one) => [{ tower: one.tower }, value(one)]);
  return [
    gauge(
      "tower_reachable",
      "1 if the tower answered last time.",
      of(({ state }) => (state === "reachable" ? 1 : 0)),
    ),
    gauge(
      "tower_guarded",
      "Channels whose newest state the tower holds.",
      of(({ guarded }) => guarded),
    ),
    gauge(
      "tower_behind",
      "Channels whose newest state it does not hold yet.",
      of(({ behind }) => behind),
    ),
    gauge(
      "tower_refused",
      "Channels that it does not take.",
      of(({ refused }) => refused.length),
    ),
    gauge(
      "tower_receipt_time_seconds",
      "Chain time of its newest receipt.",
      of(({ lastReceipt }) => (lastReceipt === null ? 0 : Date.parse(lastReceipt) / 1000)),
    ),
  ];
}
