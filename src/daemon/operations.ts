import { createHash } from "node:crypto";
import { problem } from "../api/problem.ts";
import type { Operation } from "../api/views.ts";
import type { Address } from "../protocol/types.ts";
import { textOf, type Row } from "./journal.ts";
import type { Parts } from "./parts.ts";

/** Equal for equal requests. */
export function fingerprintOf(request: unknown): string {
  return createHash("sha256").update(JSON.stringify(request)).digest("hex");
}

/** What is known under a key, of this request; null if nothing is. A key of another request is refused. */
export function operationOf({ journal }: Parts, key: string, fingerprint: string): Row | null {
  const known = journal.first("SELECT * FROM operations WHERE key = ?", key);
  if (known === null || known.request === fingerprint) return known;
  throw problem(
    409,
    "idempotency_conflict",
    "this key stands for another request",
    "Use a new key for a new request, or repeat the first one exactly.",
    { key, channel: textOf(known.channel) ?? "" },
  );
}

export function viewOperation({ assets }: Parts, row: Row): Operation {
  return {
    key: textOf(row.key) ?? "",
    kind: textOf(row.kind) as Operation["kind"],
    channel: textOf(row.channel) ?? "",
    amount: assets.money(BigInt(textOf(row.amount) ?? "0"), textOf(row.token) as Address),
    status: textOf(row.status) as Operation["status"],
  };
}
