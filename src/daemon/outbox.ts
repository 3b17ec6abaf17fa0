import type { Outbox, Posted } from "../chain/outbox.ts";
import { textOf, type Journal } from "./journal.ts";

/** What the node's account has sent, in the journal. */
export function journalOutbox(journal: Journal): Outbox {
  return {
    all: () =>
      journal
        .all("SELECT posted FROM outbox ORDER BY nonce")
        .map(({ posted }) => JSON.parse(textOf(posted) ?? "{}", readBigint) as Posted),
    put: (posted) =>
      void journal.run(
        "INSERT INTO outbox VALUES (?, ?) ON CONFLICT DO UPDATE SET posted = excluded.posted",
        posted.nonce,
        JSON.stringify(posted, writeBigint),
      ),
    remove: (nonce) => void journal.run("DELETE FROM outbox WHERE nonce = ?", nonce),
  };
}

/** No text of a transaction ends so: they are hex, or keys of wishes, which end with a number of their call. */
const BIGINT = /^-?[0-9]+n$/;

function writeBigint(_key: string, value: unknown): unknown {
  return typeof value === "bigint" ? `${value}n` : value;
}

function readBigint(_key: string, value: unknown): unknown {
  return typeof value === "string" && BIGINT.test(value) ? BigInt(value.slice(0, -1)) : value;
}
