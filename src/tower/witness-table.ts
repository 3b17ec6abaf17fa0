import type { SQLInputValue, SQLOutputValue } from "node:sqlite";
import { fromHex, toHex } from "../protocol/bytes.ts";
import type { WitnessDue } from "../protocol/tower.ts";
import type { Address, Secret, UnixSeconds } from "../protocol/types.ts";

interface Tables {
  readonly run: (sql: string, ...values: SQLInputValue[]) => number;
  readonly all: (
    sql: string,
    ...values: SQLInputValue[]
  ) => readonly Readonly<Record<string, SQLOutputValue>>[];
  readonly together: <T>(work: () => T) => T;
}

/** So long a record that we paid for counts against its client. */
export const WITNESS_WINDOW_SECONDS = 86_400;

/** Witnesses that clients want recorded before a time. */
export class WitnessTable {
  readonly #tables: Tables;

  constructor(tables: Tables) {
    this.#tables = tables;
  }

  /** The client's whole list. Returns how many it would be, with those paid for today, and keeps none above `most`. */
  set(client: Address, list: readonly WitnessDue[], now: UnixSeconds, most: number): number {
    const { run, all, together } = this.#tables;
    const key = fromHex(client);
    return together(() => {
      const listed = new Set(list.map(({ secret }) => secret));
      const paid = all("SELECT secret FROM witnesses WHERE client = ? AND sent > ?", key, since(now))
        .map(({ secret }) => toHex<Secret>(secret as Uint8Array, 32))
        .filter((secret) => !listed.has(secret));
      const count = listed.size + paid.length;
      if (count > most) return count;
      run("UPDATE witnesses SET wanted = 0 WHERE client = ?", key);
      for (const { secret, before } of list) {
        const sql =
          "INSERT INTO witnesses (client, secret, before, wanted, touched) VALUES (?, ?, ?, 1, ?) ON CONFLICT " +
          "DO UPDATE SET before = excluded.before, wanted = 1, touched = excluded.touched";
        run(sql, key, fromHex(secret), before, now);
      }
      return count;
    });
  }

  /** That nobody has recorded, with no more than so many seconds left; none that is too late. */
  due(now: UnixSeconds, seconds: number): readonly WitnessDue[] {
    const sql =
      "SELECT secret, min(before) AS before FROM witnesses WHERE wanted = 1 AND recorded = 0 AND before > ? " +
      "AND before <= ? GROUP BY secret ORDER BY before, secret";
    return this.#tables.all(sql, now, now + seconds).map((row) => ({
      secret: toHex<Secret>(row.secret as Uint8Array, 32),
      before: Number(row.before),
    }));
  }

  /** We are about to pay for it. */
  onSent(secrets: readonly Secret[], now: UnixSeconds): void {
    const { run, together } = this.#tables;
    const sql = "UPDATE witnesses SET sent = ?, touched = ? WHERE secret = ? AND wanted = 1 AND sent IS NULL";
    together(() => secrets.forEach((secret) => void run(sql, now, now, fromHex(secret))));
  }

  /** Part of the caller's transaction. */
  onRecorded(secrets: readonly Secret[], now: UnixSeconds): void {
    const sql = "UPDATE witnesses SET recorded = 1, touched = ? WHERE secret = ?";
    for (const secret of secrets) this.#tables.run(sql, now, fromHex(secret));
  }

  /** Part of the caller's transaction. */
  forget(now: UnixSeconds): void {
    this.#tables.run(
      "DELETE FROM witnesses WHERE (wanted = 0 OR before <= ?) AND touched <= ?",
      now,
      since(now),
    );
  }

  get waiting(): number {
    const [row] = this.#tables.all("SELECT count(*) AS n FROM witnesses WHERE wanted = 1 AND recorded = 0");
    return Number(row?.n);
  }
}

function since(now: UnixSeconds): UnixSeconds {
  return now - WITNESS_WINDOW_SECONDS;
}
