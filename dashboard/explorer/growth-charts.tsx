import type { GrowthDay } from "../../src/api/explorer-views.ts";
import { explorer } from "../parts/client.ts";
import { useOnEvent } from "../parts/live.ts";
import { useLoad } from "../parts/load.ts";
import { Show } from "../parts/problem.tsx";
import { useSay, useSettings } from "../parts/settings.ts";
import { FIGURES } from "../../src/api/figures.ts";
import { Chart, type Series } from "./chart.tsx";

export function GrowthCharts() {
  const [growth, again] = useLoad("growth", () => explorer.call("growth", {}));
  useOnEvent(() => true, again);
  const say = useSay();
  const { language } = useSettings();
  const [, meaning] = FIGURES.growth[language];
  return (
    <section class="card">
      <h2>{say("growth")}</h2>
      <p class="quiet">{meaning}</p>
      <Show loaded={growth} retry={again}>
        {({ entries }) => <Charts days={entries} />}
      </Show>
    </section>
  );
}

function Charts({ days }: { readonly days: readonly GrowthDay[] }) {
  const say = useSay();
  const { language } = useSettings();
  if (days.length === 0) return <p class="quiet">{say("nothingYet")}</p>;
  const nameOf = (name: keyof typeof FIGURES): string => FIGURES[name][language][0];
  const of = (
    name: "nodes" | "channels" | "opened" | "closed" | "loneCloses" | "disputes" | "convictions",
  ): Series => ({
    name: nameOf(name),
    values: days.map((day) => day[name]),
  });
  const assets = [...new Set(days.flatMap(({ capacity }) => capacity.map(({ asset }) => asset)))].slice(0, 3);
  const capacity = assets.map((asset) => ({
    name: `${nameOf("capacity")}, ${asset}`,
    // For the eye alone: a double has digits enough for a line.
    values: days.map((day) => Number(day.capacity.find((money) => money.asset === asset)?.value ?? 0)),
  }));
  const dates = days.map(({ day }) => day);
  return (
    <>
      <div class="charts">
        <Chart title={nameOf("capacity")} days={dates} series={capacity} bars={false} />
        <Chart
          title={`${nameOf("channels")}, ${nameOf("nodes")}`}
          days={dates}
          series={[of("channels"), of("nodes")]}
          bars={false}
        />
        <Chart
          title={`${nameOf("opened")}, ${nameOf("closed")}`}
          days={dates}
          series={[of("opened"), of("closed")]}
          bars
        />
        <Chart
          title={`${nameOf("loneCloses")}, ${nameOf("disputes")}, ${nameOf("convictions")}, ${say("perDay")}`}
          days={dates}
          series={[of("loneCloses"), of("disputes"), of("convictions")]}
          bars
        />
      </div>
      <details>
        <summary>{say("asTable")}</summary>
        <GrowthTable
          days={dates}
          series={[
            ...capacity,
            of("channels"),
            of("nodes"),
            of("opened"),
            of("closed"),
            of("loneCloses"),
            of("disputes"),
            of("convictions"),
          ]}
        />
      </details>
    </>
  );
}

function GrowthTable({
  days,
  series,
}: {
  readonly days: readonly string[];
  readonly series: readonly Series[];
}) {
  const say = useSay();
  return (
    <div class="scroll">
      <table>
        <thead>
          <tr>
            <th scope="col">{say("day")}</th>
            {series.map(({ name }) => (
              <th key={name} scope="col" class="number">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {days.map((day, index) => (
            <tr key={day}>
              <th scope="row">{day}</th>
              {series.map(({ name, values }) => (
                <td key={name} class="number">
                  {values[index]}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
