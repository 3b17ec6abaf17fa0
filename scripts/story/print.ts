/** Where a story's words go; with `--json` nothing but one final object is printed. */
export interface Teller {
  /** A heading for the next part of the story. */
  part(title: string): void;
  say(text: string): void;
  /** Rows of equal length; columns are aligned, all but the first to the right. */
  table(head: readonly string[], rows: readonly (readonly string[])[]): void;
  /** Ends the story with its figures, which `--json` prints. */
  end(figures: Readonly<Record<string, unknown>>): void;
}

function aligned(lines: readonly (readonly string[])[]): readonly string[] {
  const widths = (lines[0] ?? []).map((_, column) =>
    Math.max(...lines.map((line) => (line[column] ?? "").length)),
  );
  return lines.map((line) =>
    line
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        return column === 0 ? cell.padEnd(width) : cell.padStart(width);
      })
      .join("   ")
      .trimEnd(),
  );
}

function textTeller(write: (line: string) => void): Teller {
  let parts = 0;
  return {
    part: (title) => {
      parts += 1;
      write(`\n${parts}. ${title}`);
    },
    say: (text) => write(`   ${text}`),
    table: (head, rows) => {
      for (const line of aligned([head, ...rows])) write(`   ${line}`);
    },
    end: () => undefined,
  };
}

function jsonTeller(write: (line: string) => void): Teller {
  const silent = (): undefined => undefined;
  const plain = (_: string, value: unknown): unknown =>
    typeof value === "bigint" ? value.toString() : value;
  return {
    part: silent,
    say: silent,
    table: silent,
    end: (figures) => write(JSON.stringify(figures, plain)),
  };
}

export function createTeller(json: boolean): Teller {
  const write = (line: string): void => {
    process.stdout.write(`${line}\n`);
  };
  return json ? jsonTeller(write) : textTeller(write);
}
