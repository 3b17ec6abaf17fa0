import type { SQLInputValue } from "node:sqlite";
import { fromHex } from "../protocol/bytes.ts";
import type { ChainFact, ClosingRecord } from "../protocol/chain-facts.ts";
import type { UnixSeconds } from "../protocol/types.ts";

/** A close as the chain shows it; whoever answers repeats the record. */
export interface KnownClosing {
  readonly record: ClosingRecord;
  readonly deadline: UnixSeconds;
}

type Run = (sql: string, ...values: SQLInputValue[]) => number;

/** Closes of all channels are kept while they last: a client may bring its record after the close. */
export function applyFact(run: Run, fact: ChainFact, block: number): void {
  switch (fact.kind) {
    case "closing": {
      const sql =
        "INSERT INTO closings VALUES (?, ?, ?) ON CONFLICT DO UPDATE " +
        "SET deadline = excluded.deadline, closing = excluded.closing";
      run(sql, fromHex(fact.channel), fact.deadline, encode(fact.record));
      return;
    }
    case "answered":
    case "settled":
      run("UPDATE closings SET closing = ? WHERE channel = ?", encode(fact.record), fromHex(fact.channel));
      return;
    case "ended":
      run("DELETE FROM closings WHERE channel = ?", fromHex(fact.channel));
      run("UPDATE records SET ended = ? WHERE channel = ?", block, fromHex(fact.channel));
      return;
    case "opened":
    case "deposited":
    case "resized":
    case "recorded":
    case "chainRecorded":
    case "head":
      return;
  }
}

/** JSON holds no bigint; no field of a record has this name. */
const BIGINT = "$int";

function encode(record: ClosingRecord): string {
  return JSON.stringify(record, (_, value: unknown) =>
    typeof value === "bigint" ? { [BIGINT]: value.toString() } : value,
  );
}

export function decodeClosing(text: string, deadline: UnixSeconds): KnownClosing {
  const record = JSON.parse(text, (_, value: unknown) =>
    typeof value === "object" && value !== null && BIGINT in value ? BigInt(value[BIGINT] as string) : value,
  ) as ClosingRecord;
  return { record, deadline };
}
