import type { Address, Amount, PaymentHash } from "../protocol/types.ts";
import type { Journal } from "./journal.ts";

interface Received {
  readonly hash: PaymentHash;
  readonly token: Address;
  readonly amount: Amount;
  readonly text: string;
}

/** What nobody asked for stands among the invoices, once. */
export function insertReceived(
  journal: Journal,
  { hash, token, amount, text }: Received,
  time: number,
): void {
  journal.run(
    `INSERT INTO invoices (hash, invoice, token, amount, description, created, expires, kind)
     VALUES (?, '', ?, ?, ?, ?, ?, 'spontaneous') ON CONFLICT DO NOTHING`,
    ...[hash, token, amount.toString(), text, time, time],
  );
}
