import { problem } from "../api/problem.ts";
import type { Page } from "../api/views.ts";
import type { Journal, Row } from "./journal.ts";

const DEFAULT_LIMIT = 50;

export interface PageRequest {
  readonly cursor?: string | undefined;
  readonly limit?: number | undefined;
  /** Only entries with this one. */
  readonly label?: string | undefined;
}

/** Newest first; the cursor is the id of the last entry of the page before, so that new entries shift nothing. */
export function pageOf<T>(
  journal: Journal,
  table: "payments" | "invoices",
  { cursor, limit = DEFAULT_LIMIT, label }: PageRequest,
  view: (row: Row) => T,
): Page<T> {
  const before = cursor === undefined ? Number.MAX_SAFE_INTEGER : Number(cursor);
  if (!Number.isSafeInteger(before) || before < 0) {
    throw problem(400, "bad_request", "cursor is none of this list", "Use `next` of the page before.", {
      field: "cursor",
    });
  }
  const wanted = label === undefined ? "" : "AND label = ?";
  const rows = journal.all(
    `SELECT * FROM ${table} WHERE id < ? ${wanted} ORDER BY id DESC LIMIT ?`,
    ...[before, ...(label === undefined ? [] : [label]), limit + 1],
  );
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return {
    entries: shown.map(view),
    next: rows.length > limit && last !== undefined ? String(last.id) : null,
  };
}
