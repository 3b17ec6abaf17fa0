import { execFileSync } from "node:child_process";
import { cpus, totalmem } from "node:os";

/** One figure, over several runs. */
export interface Series {
  readonly name: string;
  readonly unit: string;
  readonly values: readonly number[];
}

/** What else was measured in the same runs, to compare with. */
export interface Peer {
  readonly name: string;
  readonly values: readonly number[];
}

export interface Report {
  readonly name: string;
  /** The command that was run. */
  readonly command: string;
  /** What is measured how, in a sentence or two. */
  readonly about: string;
  /** The first is the figure that the report is about. */
  readonly series: readonly [Series, ...Series[]];
  readonly peer?: Peer;
}

export function medianOf(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? NaN) + upper) / 2;
}

/** The share of values, from 0 to 1, that are at most the result. */
export function quantileOf(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN;
}

function conditions(): Readonly<Record<string, string>> {
  return {
    machine: `${cpus()[0]?.model.trim() ?? "unknown"}, ${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GiB`,
    node: process.version,
    commit: commitOf(),
    date: new Date().toISOString().slice(0, 10),
  };
}

function commitOf(): string {
  try {
    return execFileSync("git", ["rev-parse", "--short", "HEAD"], { stdio: ["ignore", "pipe", "ignore"] })
      .toString()
      .trim();
  } catch {
    return "unknown";
  }
}

/** A table for people, or one last line of JSON for programs. */
export function print(report: Report, asJson: boolean): void {
  process.stdout.write(asJson ? jsonOf(report) : textOf(report));
}

function jsonOf({ name, command, series, peer }: Report): string {
  const [main, ...more] = series.map(summary);
  const beside =
    peer === undefined
      ? null
      : {
          name: peer.name,
          median: medianOf(peer.values),
          ratio: medianOf(series[0].values) / medianOf(peer.values),
        };
  const line = { name, ...main, conditions: { command, ...conditions() }, more, peer: beside };
  return `${JSON.stringify({ ...line, figure: main?.name, name })}\n`;
}

function summary({ name, unit, values }: Series) {
  return {
    ...{ name, unit, median: medianOf(values), min: Math.min(...values), max: Math.max(...values) },
    runs: values.length,
  };
}

function textOf({ name, command, about, series, peer }: Report): string {
  const head = Object.values(conditions()).join("; ");
  const lines = series.map((one) => {
    const { unit, median, min, max, runs } = summary(one);
    const spread = `${show(min)} to ${show(max)}, ${runs} runs`;
    return `  ${one.name.padEnd(36)}${show(median).padStart(12)} ${unit.padEnd(8)} ${spread}`;
  });
  const beside =
    peer === undefined
      ? []
      : [
          `  ${peer.name.padEnd(36)}${show(medianOf(peer.values)).padStart(12)} ${series[0].unit.padEnd(8)} ` +
            `we have ${(medianOf(series[0].values) / medianOf(peer.values)).toFixed(2)} times as much`,
        ];
  return [`${name}: ${about}`, `  ${command}`, `  ${head}`, ...lines, ...beside, ""].join("\n");
}

function show(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  if (Math.abs(value) >= 1000) return Math.round(value).toString();
  return value.toPrecision(3);
}
