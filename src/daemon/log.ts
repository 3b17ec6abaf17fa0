import { pino } from "pino";

/** Where the daemon says what it does; never a secret, a key or a token. */
export interface Logger {
  info(text: string, values?: LogValues): void;
  warn(text: string, values?: LogValues): void;
  error(text: string, values?: LogValues): void;
}

export type LogValues = Readonly<Record<string, string | number | boolean | bigint>>;

type Level = keyof Logger;

/** Values under these names are not shown, whoever passes them by mistake. */
export const SECRET_NAMES = [
  "authorization",
  "key",
  "mnemonic",
  "password",
  "phrase",
  "preimage",
  "privateKey",
  "secret",
  "seed",
  "token",
  "witness",
  "words",
] as const;
const CENSOR = "[hidden]";

/** One line for each entry: JSON for programs, or text for people. */
export function createLogger(format: "pretty" | "json", write: (line: string) => void): Logger {
  const log = format === "json" ? jsonLog(write) : prettyLog(write);
  const at =
    (level: Level) =>
    (text: string, values: LogValues = {}): void =>
      log(level, withoutCredentials(text), plainOf(values));
  return { info: at("info"), warn: at("warn"), error: at("error") };
}

type Plain = Readonly<Record<string, string | number | boolean>>;
type Log = (level: Level, text: string, values: Plain) => void;

function plainOf(values: LogValues): Plain {
  const entries = Object.entries(values).map(([name, value]) => {
    if (typeof value === "string") return [name, withoutCredentials(value)];
    return [name, typeof value === "bigint" ? value.toString() : value];
  });
  return Object.fromEntries(entries) as Plain;
}

/** URLs of chain nodes can hold a name and a password, and stand in messages of other programs. */
function withoutCredentials(text: string): string {
  return text.replace(/:\/\/[^/@\s]+@/g, `://${CENSOR}@`);
}

function jsonLog(write: (line: string) => void): Log {
  const logger = pino(
    {
      base: null,
      messageKey: "text",
      timestamp: () => `,"at":"${new Date().toISOString()}"`,
      formatters: { level: (level) => ({ level }) },
      redact: { paths: [...SECRET_NAMES], censor: CENSOR },
    },
    { write: (line) => write(line.trimEnd()) },
  );
  return (level, text, values) => logger[level](values, text);
}

function prettyLog(write: (line: string) => void): Log {
  const hidden: ReadonlySet<string> = new Set(SECRET_NAMES);
  return (level, text, values) => {
    const shown = Object.entries(values).map(
      ([name, value]) => ` ${name}=${hidden.has(name) ? CENSOR : onOneLine(String(value))}`,
    );
    write(`${new Date().toISOString().slice(11, 19)} ${level.padEnd(5)} ${onOneLine(text)}${shown.join("")}`);
  };
}

/** What a peer wrote must not look like an entry of ours. */
function onOneLine(text: string): string {
  // eslint-disable-next-line no-control-regex -- exactly these must go
  return text.replace(/[\u0000-\u001f\u007f-\u009f]/g, " ");
}
