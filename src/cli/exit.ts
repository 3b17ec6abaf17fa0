import { ApiProblem, type Problem } from "../api/problem.ts";
import { HashlaneError } from "../protocol/error.ts";

/** Exit codes, as `hashlane --help` lists them. */
export const FAILED = 1;
export const USAGE = 2;
const UNREACHABLE = 3;
const PAYMENT_FAILED = 4;
const UNDER_WAY = 5;

const CODES: Readonly<Record<string, number>> = {
  bad_usage: USAGE,
  daemon_unreachable: UNREACHABLE,
  payment_failed: PAYMENT_FAILED,
  under_way: UNDER_WAY,
};

/** Says what went wrong on stderr, and leaves the code for the process's end. */
export function fail(thrown: unknown, json: boolean): void {
  const problem = problemOf(thrown);
  process.stderr.write(json ? `${JSON.stringify(problem)}\n` : text(problem));
  process.exitCode = CODES[problem.code] ?? FAILED;
}

function problemOf(thrown: unknown): Problem {
  if (thrown instanceof ApiProblem) return thrown.problem;
  if (thrown instanceof HashlaneError) {
    const { code, message, parts } = thrown;
    const given = Object.entries(parts?.given ?? {}).map(([name, value]) => [name, String(value)]);
    const values = Object.fromEntries(given) as Record<string, string>;
    return { code, message: parts?.failed ?? message, values, next: parts?.next ?? "" };
  }
  const message = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
  return { code: "internal", message, values: {}, next: "This is a fault of the program: please report it." };
}

function text({ code, message, values, next }: Problem): string {
  const shown = Object.entries(values).filter(([, value]) => value !== "");
  const details = [`  code: ${code}`, ...shown.map(([name, value]) => `  ${name}: ${value}`)];
  const lines = [`hashlane: ${message}.`, ...details, ...(next === "" ? [] : [`  ${next}`])];
  return `${lines.join("\n")}\n`;
}
