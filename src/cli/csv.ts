import type { Page } from "../api/views.ts";
import { pageOf, type ListOptions, type PageOptions } from "./page.ts";

/** Largest page of the API. */
const PAGE = 500;

/** Head and cell of each column. */
export type Columns<T> = Readonly<Record<string, (entry: T) => string>>;

/** Every entry of a list, page after page; as many as `--limit` says, if it says so. */
export async function* allPages<T>(
  ask: (page: PageOptions) => Promise<Page<T>>,
  options: ListOptions,
): AsyncGenerator<T> {
  const { limit: most = Infinity, ...rest } = pageOf(options);
  let [given, cursor] = [0, rest.cursor ?? null];
  do {
    const limit = Math.min(PAGE, most - given);
    const page: Page<T> = await ask({ ...rest, limit, ...(cursor === null ? {} : { cursor }) });
    yield* page.entries;
    given += page.entries.length;
    cursor = page.next;
  } while (cursor !== null && given < most);
}

/** As RFC 4180 has it, a row as soon as it is known. */
export async function printCsv<T>(columns: Columns<T>, entries: AsyncIterable<T>): Promise<void> {
  process.stdout.write(csvRow(Object.keys(columns)));
  for await (const entry of entries)
    process.stdout.write(csvRow(Object.values(columns).map((cell) => cell(entry))));
}

function csvRow(cells: readonly string[]): string {
  return `${cells.map(csvCell).join(",")}\r\n`;
}

/** What others wrote must not be a formula of the spreadsheet that reads it. */
function csvCell(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
