import { problem, type ApiProblem } from "./problem.ts";

/** A field of a request, as docs/api.md describes it and `readFields` checks it. */
export interface Field {
  readonly type: "text" | "number" | "boolean" | "list";
  readonly required: boolean;
  readonly about: string;
  /** Of a text in characters, of a list in entries, or of a number. */
  readonly most?: number;
  readonly least?: number;
  /** What an entry of a list may be: an object with the fields of one of these. */
  readonly entries?: readonly Fields[];
}

export type Fields = Readonly<Record<string, Field>>;

type Value<F extends Field> = F["type"] extends "text"
  ? string
  : F["type"] extends "number"
    ? number
    : F["type"] extends "list"
      ? readonly unknown[]
      : boolean;

/** What a request holds after the check. */
export type Read<F extends Fields> = {
  readonly [K in keyof F as F[K]["required"] extends true ? K : never]: Value<F[K]>;
} & {
  readonly [K in keyof F as F[K]["required"] extends true ? never : K]?: Value<F[K]>;
};

const MOST_TEXT = 8192;
const MOST_ENTRIES = 1000;
const MOST_NUMBER = Number.MAX_SAFE_INTEGER;

function bad(name: string, message: string, about: string): ApiProblem {
  return problem(400, "bad_request", `${name} ${message}`, `Correct it: ${about}.`, { field: name });
}

/** Takes exactly the fields of the table, each of its type and within its limits; throws an {@link ApiProblem}. */
export function readFields<F extends Fields>(fields: F, given: unknown): Read<F> {
  if (typeof given !== "object" || given === null || Array.isArray(given)) {
    throw problem(
      400,
      "bad_request",
      "the body is no JSON object",
      "Send one, with the fields of docs/api.md.",
    );
  }
  for (const name of Object.keys(given)) {
    if (!Object.hasOwn(fields, name)) {
      const known = Object.keys(fields).join(", ") || "none";
      throw problem(400, "bad_request", `${name.slice(0, 60)} is no field of this request`, `Use ${known}.`);
    }
  }
  for (const [name, field] of Object.entries(fields))
    check(name, field, (given as Record<string, unknown>)[name]);
  return given as Read<F>;
}

function check(name: string, { type, required, about, least, most }: Field, value: unknown): void {
  if (value === undefined) {
    if (required) throw bad(name, "is missing", about);
    return;
  }
  if (type === "text") {
    if (typeof value !== "string") throw bad(name, "must be a text", about);
    if (value.length > (most ?? MOST_TEXT))
      throw bad(name, `has more than ${most ?? MOST_TEXT} characters`, about);
    if (value.length < (least ?? 0)) throw bad(name, `has fewer than ${least ?? 0} characters`, about);
  } else if (type === "list") {
    // Each entry is read by whoever deals with it: one that is wrong spoils none of the others.
    if (!Array.isArray(value)) throw bad(name, "must be a list", about);
    if (value.length > (most ?? MOST_ENTRIES))
      throw bad(name, `has more than ${most ?? MOST_ENTRIES} entries`, about);
    if (value.length < (least ?? 0)) throw bad(name, `has fewer than ${least ?? 0} entries`, about);
  } else if (type === "boolean") {
    if (typeof value !== "boolean") throw bad(name, "must be true or false", about);
  } else {
    if (typeof value !== "number" || !Number.isSafeInteger(value))
      throw bad(name, "must be a whole number", about);
    if (value < (least ?? 0)) throw bad(name, `is below ${least ?? 0}`, about);
    if (value > (most ?? MOST_NUMBER)) throw bad(name, `is above ${most ?? MOST_NUMBER}`, about);
  }
}
