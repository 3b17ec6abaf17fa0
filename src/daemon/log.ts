/** Where the daemon says what it does; never a secret, a key or a token. */
export interface Logger {
  info(text: string, values?: LogValues): void;
  warn(text: string, values?: LogValues): void;
  error(text: string, values?: LogValues): void;
}

export type LogValues = Readonly<Record<string, string | number | boolean | bigint>>;

type Level = keyof Logger;

/** One line for each entry: JSON for programs, or text for people. */
export function createLogger(format: "pretty" | "json", write: (line: string) => void): Logger {
  const log = (level: Level, text: string, values: LogValues = {}): void => {
    const at = new Date().toISOString();
    write(format === "json" ? jsonLine(at, level, text, values) : prettyLine(at, level, text, values));
  };
  return {
    info: (text, values) => log("info", text, values),
    warn: (text, values) => log("warn", text, values),
    error: (text, values) => log("error", text, values),
  };
}

function jsonLine(at: string, level: Level, text: string, values: LogValues): string {
  const plain = Object.entries(values).map(([name, value]) => [
    name,
    typeof value === "bigint" ? value.toString() : value,
  ]);
  return JSON.stringify({ at, level, text, ...Object.fromEntries(plain) });
}

function prettyLine(at: string, level: Level, text: string, values: LogValues): string {
  const shown = Object.entries(values).map(([name, value]) => ` ${name}=${onOneLine(String(value))}`);
  return `${at.slice(11, 19)} ${level.padEnd(5)} ${onOneLine(text)}${shown.join("")}`;
}

/** What a peer wrote must not look like an entry of ours. */
function onOneLine(text: string): string {
  // eslint-disable-next-line no-control-regex -- exactly these must go
  return text.replace(/[\u0000-\u001f\u007f-\u009f]/g, " ");
}
