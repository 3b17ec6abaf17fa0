import { expect } from "chai";

import { Assets } from "../../src/daemon/assets.ts";
import { EventLog } from "../../src/daemon/events.ts";
import { Journal } from "../../src/daemon/journal.ts";
import type { Parts } from "../../src/daemon/parts.ts";
import { Payments } from "../../src/daemon/payments.ts";
import { ZERO_ADDRESS } from "../../src/protocol/checked.ts";
import type { Payment } from "../../src/protocol/node/state.ts";

/** What the node of this test knows of payments, by their hash. */
const KNOWN: Readonly<Record<string, Payment>> = {
  "0xpending": { amount: 5n, fee: 1n, rent: 0n, status: "pending" },
  "0xpaid": { amount: 5n, fee: 1n, rent: 0n, status: "succeeded" },
  "0xlost": { amount: 5n, fee: 1n, rent: 2n, status: "failed" },
};

describe("payments whose end the journal has not seen", () => {
  it("are after a start what the node knows of them; those that it never heard of free their key", () => {
    const journal = new Journal(":memory:");
    for (const [hash, status] of [
      ["0xnever", "started"],
      ["0xpending", "started"],
      ["0xpaid", "pending"],
      ["0xlost", "pending"],
      ["0xold", "succeeded"],
    ]) {
      journal.run(
        `INSERT INTO payments (key, request, hash, invoice, payee, token, amount, maxFee, description, status, created)
         VALUES (?, '', ?, '', '', ?, '5', '1', '', ?, '')`,
        ...[`key of ${hash ?? ""}`, hash ?? "", ZERO_ADDRESS, status ?? ""],
      );
    }
    const node = { payment: (hash: string) => KNOWN[hash] ?? null };
    const parts = { journal, node, assets: new Assets([]), events: new EventLog(journal) };
    const payments = new Payments(parts as unknown as Parts);
    payments.reconcile();
    const { entries } = payments.list({});
    const told = entries.map(({ hash, status, problem, rent }) => [
      ...[hash, status, problem?.code ?? null, rent?.value ?? null],
    ]);
    expect(told).to.deep.equal([
      ["0xold", "succeeded", null, null],
      ["0xlost", "failed", "interrupted", "2"],
      ["0xpaid", "succeeded", null, "0"],
      ["0xpending", "pending", null, null],
    ]);
    journal.close();
  });
});
