import type { Money } from "../api/amounts.ts";

/** What a command answers: JSON for programs, or the text for people. */
export function print(json: boolean, answer: unknown, text: () => string): void {
  process.stdout.write(`${json ? JSON.stringify(answer) : text()}\n`);
}

export function show({ value, asset }: Money): string {
  return `${value} ${asset}`;
}

/** Names on the left, values on the right. */
export function pairs(rows: readonly (readonly [name: string, value: string])[]): string {
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, value]) => `${name.padEnd(width)}  ${onOneLine(value)}`).join("\n");
}

/** Columns under a head; `none` if there are no rows. */
export function table(head: readonly string[], rows: readonly (readonly string[])[], none: string): string {
  if (rows.length === 0) return none;
  const lines = [head, ...rows.map((row) => row.map(onOneLine))];
  const widths = head.map((_, column) => Math.max(...lines.map((line) => (line[column] ?? "").length)));
  return lines
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

/** What others wrote, such as a description, must not move the cursor of a terminal. */
function onOneLine(text: string): string {
  // eslint-disable-next-line no-control-regex -- exactly these must go
  return text.replace(/[\u0000-\u001f\u007f-\u009f]/g, " ");
}
