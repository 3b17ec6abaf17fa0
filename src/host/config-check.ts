import type { Checked } from "../protocol/checked.ts";
import { HashlaneError } from "../protocol/error.ts";

/** As it stands in config.json. */
export type ConfigFile = Readonly<Record<string, unknown>>;

export function parseJson(check: Check, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (thrown) {
    throw check.bad("the file", `is no JSON (${thrown instanceof Error ? thrown.message : "unreadable"})`);
  }
}

/** Reads the fields of a config; throws `config_bad` for what is missing, unknown or of the wrong kind. */
export class Check {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  bad(name: string, problem: string): HashlaneError {
    return new HashlaneError("config_bad", {
      failed: `${name} ${problem}`,
      given: { file: this.#path },
      next: "Correct it there, or in the flag or variable that stands for it, and start again.",
    });
  }

  object(name: string, value: unknown): ConfigFile {
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as ConfigFile;
    throw this.bad(name, "must be an object");
  }

  known(value: ConfigFile, names: ReadonlySet<string>): void {
    const unknown = Object.keys(value).find((name) => !names.has(name));
    if (unknown !== undefined)
      throw this.bad(unknown, `is not known here; known are ${[...names].join(", ")}`);
  }

  text(name: string, value: unknown, most: number): string {
    if (typeof value !== "string" || value === "") throw this.bad(name, "must be a text that is not empty");
    if (value.length > most) throw this.bad(name, `has more than ${most} characters`);
    return value;
  }

  /** At most so many, of so many characters. */
  texts(name: string, value: unknown, most: number, characters: number): readonly string[] {
    if (!Array.isArray(value)) throw this.bad(name, "must be a list of texts");
    if (value.length > most) throw this.bad(name, `has more than ${most} entries`);
    return value.map((one, index) => this.text(`${name}[${index}]`, one, characters));
  }

  matching(name: string, value: unknown, pattern: RegExp, like: string): string {
    if (typeof value !== "string" || !pattern.test(value)) throw this.bad(name, `must be ${like}`);
    return value;
  }

  number(name: string, value: unknown, least: number, most: number): number {
    if (typeof value !== "number" || !Number.isSafeInteger(value) || value < least || value > most) {
      throw this.bad(name, `must be a whole number from ${least} to ${most}`);
    }
    return value;
  }

  boolean(name: string, value: unknown): boolean {
    if (typeof value !== "boolean") throw this.bad(name, "must be true or false");
    return value;
  }

  parsed<T>(name: string, value: unknown, parse: (text: string) => Checked<T>): T {
    if (typeof value !== "string") throw this.bad(name, "must be a text");
    const parsed = parse(value);
    if (!parsed.ok) throw this.bad(name, `does not do: ${parsed.problem}`);
    return parsed.value;
  }
}
