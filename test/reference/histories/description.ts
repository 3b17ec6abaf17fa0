import { hexOf } from "../words.ts";
import type { History } from "./history.ts";

/** The calls of a history and what the model expects, for people. */
export function descriptionOf({
  seed,
  setting,
  accounts,
  presets,
  watched,
  initial,
  steps,
}: History): string {
  let before = initial;
  const lines = steps.flatMap(({ time, message, call, refusal, events, values }, index) => {
    const changes = values.flatMap((value, at) => {
      const { kind, token, key } = watched[at] ?? { kind: "slot", token: "0x", key: "0x" };
      const was = before[at] ?? 0n;
      return value === was ? [] : [`      ${at}: ${kind} of ${key} in ${token}: ${was} -> ${value}`];
    });
    before = values;
    const outcome =
      refusal === null ? ["    done"] : [`    refused: ${refusal.message} ${text(refusal.values)}`];
    return [
      `  call ${index} at ${time} by ${text(message)}: ${text(call)}`,
      ...outcome,
      ...events.map((event) => `    ${event.name} ${text(event.values)}`),
      ...changes,
    ];
  });
  const head = `history ${seed}: accounts ${text({ ...setting, kinds: [...setting.kinds], blocked: [...setting.blocked] })}`;
  return [head, ...accounts.map(text), `presets ${text([...presets])}`, ...lines].join("\n");
}

function text(value: unknown): string {
  return JSON.stringify(readable(value));
}

function readable(value: unknown): unknown {
  if (typeof value === "bigint") return value.toString();
  if (value instanceof Uint8Array) return hexOf(value);
  if (Array.isArray(value)) return value.map(readable);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, readable(part)]));
}
