type Labels = Readonly<Record<string, string>>;

export interface Metric {
  readonly name: string;
  readonly type: "gauge" | "counter";
  readonly help: string;
  /** The value as it is written: amounts keep every digit. */
  readonly samples: readonly (readonly [labels: Labels, value: string | number])[];
}

/** The text format of Prometheus, version 0.0.4. */
export function formatMetrics(metrics: readonly Metric[]): string {
  return metrics
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

export const gauge = (name: string, help: string, samples: Metric["samples"]): Metric => ({
  name: `hashlane_${name}`,
  type: "gauge",
  help,
  samples,
});
