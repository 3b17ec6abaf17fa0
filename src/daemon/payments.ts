import { createHash } from "node:crypto";
import { problem } from "../api/problem.ts";
import type { Page, Payment } from "../api/views.ts";
import type { Read } from "../api/fields.ts";
import type { ROUTES } from "../api/routes.ts";
import type { Amount, PaymentHash, Address } from "../protocol/types.ts";
import { decodeInvoice, type Invoice } from "../protocol/invoice.ts";
import type { Caller } from "./capabilities.ts";
import { toProblem } from "./failure.ts";
import { requireThawed } from "./freeze.ts";
import { requireOutflow } from "./outflow.ts";
import { textOf, type Row } from "./journal.ts";
import { pageOf } from "./page.ts";
import type { Parts } from "./parts.ts";

type Request = Read<(typeof ROUTES.pay)["fields"]>;

interface Plan {
  readonly key: string;
  readonly text: string;
  readonly invoice: Invoice;
  readonly maxFee: Amount;
}

/** Pays, each key once: what was asked for is on disk before the node hears of it. */
export class Payments {
  readonly #parts: Parts;
  /** Requests whose payment is not on its way yet. */
  readonly #starting = new Map<string, Promise<void>>();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  async pay(request: Request, caller: Caller = null): Promise<Payment> {
    const { invoice: text, idempotencyKey: key } = request;
    const fingerprint = createHash("sha256")
      .update(JSON.stringify([text.trim(), request.maxFee ?? null]))
      .digest("hex");
    const known = this.#row("key", key);
    if (known === null) {
      const plan = this.#plan(request);
      // In one turn: nobody else pays between the look at the budget and the note of the payment.
      if (caller !== null) {
        const { token, amount } = plan.invoice;
        this.#parts.capabilities.spend(caller, key, token, amount + plan.maxFee);
      }
      this.#insert(plan, fingerprint);
      await this.#start(plan);
    } else if (known.request === fingerprint) {
      await this.#starting.get(key);
    } else {
      throw problem(
        409,
        "idempotency_conflict",
        "this key stands for another payment",
        "Use a new key for a new payment, or repeat the first request exactly.",
        { key, hash: textOf(known.hash) ?? "" },
      );
    }
    return this.#view(this.#mustRow("key", key));
  }

  list(cursor: string | undefined, limit: number | undefined): Page<Payment> {
    return pageOf(this.#parts.journal, "payments", { cursor, limit }, (row) => this.#view(row));
  }

  one(id: string): Payment {
    return this.#view(this.#mustRow("id", id));
  }

  /** After a start: what the node knows of payments whose end the journal has not seen. */
  reconcile(): void {
    const { journal, node } = this.#parts;
    for (const row of journal.all("SELECT * FROM payments WHERE status IN ('started', 'pending')")) {
      const payment = node.payment(textOf(row.hash) as PaymentHash);
      const id = Number(row.id);
      if (payment === null) {
        // The node never heard of it, so the key is free.
        journal.run("DELETE FROM payments WHERE id = ?", id);
      } else if (payment.status === "pending") {
        journal.run("UPDATE payments SET status = 'pending' WHERE id = ?", id);
      } else {
        const lost = payment.status === "failed" ? "interrupted" : null;
        const message =
          lost === null ? null : "the payment failed while the daemon was going down; the money is free";
        journal.run(
          "UPDATE payments SET status = ?, fee = ?, code = ?, message = ?, ended = ? WHERE id = ?",
          ...[payment.status, payment.fee.toString(), lost, message, new Date().toISOString(), id],
        );
      }
    }
  }

  #plan(request: Request): Plan {
    const { crypto, assets } = this.#parts;
    const decoded = decodeInvoice(crypto, request.invoice);
    if (!decoded.ok) {
      throw problem(
        400,
        "invoice_malformed",
        `this is no invoice: ${decoded.message}`,
        "Ask the payee for the whole text; it begins with hl1.",
        { problem: decoded.problem },
      );
    }
    requireThawed(this.#parts);
    const { invoice } = decoded;
    const terms = assets.termsOf(invoice.token);
    if (terms !== null && invoice.amount > terms.maxPayment) {
      const [amount, most] = [invoice.amount, terms.maxPayment].map(
        (one) => assets.money(one, terms.token).value,
      );
      throw problem(
        409,
        "payment_above_limit",
        "the invoice asks for more than this node's owner allows in one payment",
        `Pay less, or raise assets.${terms.symbol}.maxPayment in the config.`,
        { amount: amount ?? "", most: most ?? "", asset: terms.symbol },
      );
    }
    const { maxFee } = request;
    const most =
      maxFee === undefined ? (terms?.maxFee ?? 0n) : assets.amount("maxFee", maxFee, invoice.token);
    if (terms !== null)
      requireOutflow(this.#parts, terms, { payee: invoice.payee, amount: invoice.amount, maxFee: most });
    return { key: request.idempotencyKey, text: request.invoice.trim(), invoice, maxFee: most };
  }

  #insert({ key, text, invoice, maxFee }: Plan, fingerprint: string): void {
    const { hash, payee, token, amount, description } = invoice;
    this.#parts.journal.run(
      `INSERT INTO payments (key, request, hash, invoice, payee, token, amount, maxFee, description, status, created)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 'started', ?)`,
      ...[key, fingerprint, hash, text, payee, token, amount.toString(), maxFee.toString(), description],
      new Date().toISOString(),
    );
  }

  async #start(plan: Plan): Promise<void> {
    const starting = this.#send(plan);
    this.#starting.set(plan.key, starting);
    try {
      await starting;
    } finally {
      this.#starting.delete(plan.key);
    }
  }

  /** Resolves when the payment is on its way or has ended; a refusal leaves nothing, so that the key is free. */
  async #send({ key, text, invoice, maxFee }: Plan): Promise<void> {
    const { node, events, journal } = this.#parts;
    let stopListening = (): void => undefined;
    let isSent = false;
    const sent = new Promise<void>((resolve) => {
      stopListening = events.on(({ kind, data }) => {
        if (kind !== "payment_sent" || data.hash !== invoice.hash) return;
        isSent = true;
        resolve();
      });
    });
    const paying = node.pay({ invoice: text, maxFee }).then(
      () => undefined,
      (thrown: unknown) => {
        if (!isSent) throw thrown;
      },
    );
    try {
      await Promise.race([sent, paying]);
    } catch (thrown) {
      journal.run("DELETE FROM payments WHERE key = ? AND status = 'started'", key);
      throw toProblem(thrown, this.#valuesOf(invoice, maxFee));
    } finally {
      stopListening();
    }
  }

  #valuesOf({ amount, token, payee, hash }: Invoice, maxFee: Amount): Readonly<Record<string, string>> {
    const { assets, node } = this.#parts;
    const spendable = node
      .channels()
      .filter((channel) => channel.token === token && channel.connected)
      .reduce((most, one) => (one.spendable > most ? one.spendable : most), 0n);
    const { value, asset } = assets.money(amount, token);
    const show = (of: Amount): string => assets.money(of, token).value;
    return {
      amount: value,
      asset,
      payee,
      hash,
      maxFee: show(maxFee),
      spendableInOneChannel: show(spendable),
    };
  }

  #row(column: "key" | "id", value: string): Row | null {
    return this.#parts.journal.first(`SELECT * FROM payments WHERE ${column} = ?`, value);
  }

  #mustRow(column: "key" | "id", value: string): Row {
    const row = this.#row(column, value);
    if (row !== null) return row;
    throw problem(404, "not_found", "there is no such payment", "List the payments and name one of them.", {
      [column]: value.slice(0, 80),
    });
  }

  #view(row: Row): Payment {
    const token = textOf(row.token) as Address;
    const money = (text: string) => this.#parts.assets.money(BigInt(text), token);
    const [fee, code] = [textOf(row.fee), textOf(row.code)];
    return {
      id: String(row.id),
      key: textOf(row.key) ?? "",
      hash: textOf(row.hash) ?? "",
      payee: textOf(row.payee) ?? "",
      amount: money(textOf(row.amount) ?? "0"),
      description: textOf(row.description) ?? "",
      fee: fee === null ? null : money(fee),
      status: textOf(row.status) as Payment["status"],
      proof: textOf(row.proof),
      problem: code === null ? null : { code, message: textOf(row.message) ?? "" },
      created: textOf(row.created) ?? "",
      ended: textOf(row.ended),
    };
  }
}
