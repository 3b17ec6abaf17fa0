import type { Command } from "commander";
import { wholeNumber, type CommonOptions } from "./options.ts";

export interface ListOptions extends CommonOptions {
  readonly cursor?: string;
  readonly limit?: number;
  readonly label?: string;
  readonly csv: boolean;
}

/** What two lists have in common. */
export function withPage(command: Command): Command {
  return command
    .option("--limit <number>", "entries, at most 500", wholeNumber)
    .option("--cursor <text>", "go on where the page before ended")
    .option("--label <text>", "only those with this label")
    .option("--csv", "print all of them as CSV, for spreadsheets", false);
}

export interface PageOptions {
  readonly cursor?: string;
  readonly limit?: number;
  readonly label?: string;
}

export function pageOf({ cursor, limit, label }: ListOptions): PageOptions {
  return {
    ...(cursor === undefined ? {} : { cursor }),
    ...(limit === undefined ? {} : { limit }),
    ...(label === undefined ? {} : { label }),
  };
}

export function more(next: string | null): string {
  return next === null ? "" : `\nMore with --cursor ${next}.`;
}
