import { problem, type ApiProblem } from "./problem.ts";

/** A field of a request, as docs/api.md describes it and `readFields` checks it. */
export interface Field {
  readonly type: "text" | "number" | "boolean";
  readonly required: boolean;
  readonly about: string;
  /** Of a text in characters, or of a number. */
  readonly most?: number;
  readonly least?: number;
}

export type Fields = Readonly<Record<string, Field>>;

type Value<F extends Field> = F["type"] extends "text"
  ? string
  : F["type"] extends "number"
    ? number
    : boolean;

/** What a request holds after the check. */
export type Read<F extends Fields> = {
  readonly [K in keyof F as F[K]["required"] extends true ? K : never]: Value<F[K]>;
} & {
  readonly [K in keyof F as F[K]["required"] extends true ? never : K]?: Value<F[K]>;
};

const MOST_TEXT = 8192;
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
  } else if (type === "boolean") {
    if (typeof value !== "boolean") throw bad(name, "must be true or false", about);
  } else {
    if (typeof value !== "number" || !Number.isSafeInteger(value))
      throw bad(name, "must be a whole number", about);
    if (value < (least ?? 0)) throw bad(name, `is below ${least ?? 0}`, about);
    if (value > (most ?? MOST_NUMBER)) throw bad(name, `is above ${most ?? MOST_NUMBER}`, about);
  }
}
