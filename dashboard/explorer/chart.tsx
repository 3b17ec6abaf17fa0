import { useEffect, useRef } from "preact/hooks";
import UPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { useSettings } from "../parts/settings.ts";

export interface Series {
  readonly name: string;
  readonly values: readonly number[];
}

const HEIGHT = 150;
const COLOURS = ["--line-1", "--line-2", "--line-3"] as const;

/** A chart of days. What it draws stands in a table beside it for whoever does not see it. */
export function Chart({
  title,
  days,
  series,
  bars,
}: {
  readonly title: string;
  readonly days: readonly string[];
  readonly series: readonly Series[];
  readonly bars: boolean;
}) {
  const place = useRef<HTMLDivElement>(null);
  const { theme } = useSettings();
  useEffect(() => {
    const parent = place.current;
    if (parent === null) return undefined;
    const chart = new UPlot(optionsOf(parent, series, bars), dataOf(days, series), parent);
    const watch = new ResizeObserver(() => chart.setSize({ width: parent.clientWidth, height: HEIGHT }));
    watch.observe(parent);
    return () => {
      watch.disconnect();
      chart.destroy();
    };
  }, [days, series, bars, theme]);
  return (
    <figure class="chart" role="img" aria-label={title}>
      <figcaption>
        {series.map(({ name, values }, index) => (
          <span key={name}>
            <i class={`key key-${index + 1}`} /> {name}:{" "}
            <b>{values.at(-1)?.toLocaleString("en", { maximumFractionDigits: 4 })}</b>
          </span>
        ))}
      </figcaption>
      <div ref={place} />
    </figure>
  );
}

function dataOf(days: readonly string[], series: readonly Series[]): UPlot.AlignedData {
  const times = days.map((day) => Date.parse(day) / 1000);
  return [times, ...series.map(({ values }) => [...values])];
}

function optionsOf(parent: HTMLElement, series: readonly Series[], bars: boolean): UPlot.Options {
  const style = getComputedStyle(parent);
  const colour = (name: string): string => style.getPropertyValue(name).trim();
  const axis = {
    stroke: colour("--axis"),
    grid: { stroke: colour("--grid"), width: 1 },
    ticks: { show: false },
    font: "11px system-ui",
  };
  return {
    width: Math.max(parent.clientWidth, 120),
    height: HEIGHT,
    legend: { show: false },
    cursor: { show: false },
    tzDate: (seconds) => UPlot.tzDate(new Date(seconds * 1000), "Etc/UTC"),
    scales: {
      x: { range: (_, least, most) => weekAround(least, most) },
      y: { range: (_, _least, most) => [0, most > 0 ? most * 1.08 : 1] },
    },
    axes: [axis, { ...axis, size: 52, values: (_, ticks) => ticks.map(shortNumber) }],
    series: [
      {},
      ...series.map(({ name }, index) => {
        const stroke = colour(COLOURS[index % COLOURS.length] ?? "--line-1");
        const dots = { points: { show: !bars && (series[0]?.values.length ?? 0) < 3 } };
        // One within the other, so that equal ones are seen.
        const size: [number, number] = [0.6 / (index + 1), 24 / (index + 1)];
        const paths = bars ? { paths: UPlot.paths.bars?.({ size }) } : {};
        return { label: name, stroke, width: 2, ...paths, ...dots, ...(bars ? { fill: `${stroke}88` } : {}) };
      }),
    ],
  } as UPlot.Options;
}

/** A day alone would stand at the edge of years. */
function weekAround(least: number, most: number): [number, number] {
  const missing = Math.max(0, 6 * 86_400 - (most - least)) / 2;
  return [least - missing, most + missing];
}

const FORMAT = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 2 });
const shortNumber = (value: number): string => FORMAT.format(value);
