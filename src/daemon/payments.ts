import { randomBytes } from "node:crypto";
import { problem } from "../api/problem.ts";
import type { Page, Payment } from "../api/views.ts";
import type { Read } from "../api/fields.ts";
import type { ROUTES } from "../api/routes.ts";
import { fromHex, toHex } from "../protocol/bytes.ts";
import { parseAddress } from "../protocol/checked.ts";
import type { Address, Amount, NodeId, PaymentHash, Secret } from "../protocol/types.ts";
import type { Caller } from "./capabilities.ts";
import { toProblem } from "./failure.ts";
import { requireThawed } from "./freeze.ts";
import { readInvoice } from "./invoices.ts";
import { fingerprintOf } from "./operations.ts";
import { requireOutflow } from "./outflow.ts";
import { textOf, type Row } from "./journal.ts";
import { pageOf, type PageRequest } from "./page.ts";
import type { Parts } from "./parts.ts";

type PayRequest = Read<(typeof ROUTES.pay)["fields"]>;
type SendRequest = Read<(typeof ROUTES.send)["fields"]>;

interface Plan {
  readonly key: string;
  readonly hash: PaymentHash;
  /** Empty if there is no invoice. */
  readonly text: string;
  readonly payee: NodeId;
  readonly token: Address;
  readonly amount: Amount;
  readonly description: string;
  readonly label: string | null;
  readonly maxFee: Amount;
  readonly start: () => Promise<unknown>;
}

/** Pays, each key once: what was asked for is on disk before the node hears of it. */
export class Payments {
  readonly #parts: Parts;
  /** Requests whose payment is not on its way yet. */
  readonly #starting = new Map<string, Promise<void>>();
  /** Who waits to hear that a payment is on its way. */
  readonly #unsent = new Map<string, Set<() => void>>();

  constructor(parts: Parts) {
    this.#parts = parts;
    parts.events.on(({ kind, data }) => {
      if (kind !== "payment_sent" || typeof data.hash !== "string") return;
      for (const tell of this.#unsent.get(data.hash) ?? []) tell();
    });
  }

  pay(request: PayRequest, caller: Caller = null): Promise<Payment> {
    const { invoice: text, maxFee, label } = request;
    // As it was before there were labels, so that old requests are known again.
    const asked = [text.trim(), maxFee ?? null, ...(label === undefined ? [] : [label])];
    return this.#once(request.idempotencyKey, asked, caller, () => this.#planInvoice(request));
  }

  /** Pays a node that made no invoice. */
  send(request: SendRequest, caller: Caller = null): Promise<Payment> {
    const { node, amount, asset, text, maxFee, label } = request;
    const asked = ["send", node, amount, asset, text, maxFee, label].map((field) => field ?? null);
    return this.#once(request.idempotencyKey, asked, caller, () => this.#planUnasked(request));
  }

  async #once(key: string, asked: readonly unknown[], caller: Caller, planned: () => Plan): Promise<Payment> {
    const fingerprint = fingerprintOf(asked);
    const known = this.#row("key", key);
    if (known === null) {
      const plan = planned();
      // In one turn: nobody else pays between the look at the budget and the note of the payment.
      const written = this.#parts.journal.grouped(() => {
        if (caller !== null)
          this.#parts.capabilities.spend(caller, key, plan.token, plan.amount + plan.maxFee);
        this.#insert(plan, fingerprint);
      });
      await this.#start(plan, written);
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

  list(page: PageRequest): Page<Payment> {
    return pageOf(this.#parts.journal, "payments", page, (row) => this.#view(row));
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
          "UPDATE payments SET status = ?, fee = ?, rent = ?, code = ?, message = ?, ended = ? WHERE id = ?",
          ...[payment.status, payment.fee.toString(), payment.rent.toString()],
          ...[lost, message, new Date().toISOString(), id],
        );
      }
    }
  }

  #planInvoice(request: PayRequest): Plan {
    const { hash, payee, token, amount, description } = readInvoice(this.#parts, request.invoice);
    requireThawed(this.#parts);
    const { idempotencyKey: key, label = null } = request;
    const maxFee = this.#mostFee(request.maxFee, { payee, token, amount });
    const text = request.invoice.trim();
    const start = (): Promise<unknown> => this.#parts.node.pay({ invoice: text, maxFee });
    return { key, hash, text, payee, token, amount, description, label, maxFee, start };
  }

  #planUnasked(request: SendRequest): Plan {
    const { assets, node, crypto } = this.#parts;
    const parsed = parseAddress(request.node);
    if (!parsed.ok)
      throw problem(400, "bad_request", parsed.problem, "Give the id of a node.", { field: "node" });
    requireThawed(this.#parts);
    const payee: NodeId = parsed.value;
    const { token } = assets.named(request.asset);
    const amount = assets.positive("amount", request.amount, token);
    const maxFee = this.#mostFee(request.maxFee, { payee, token, amount });
    const { idempotencyKey: key, label = null, text: description = "" } = request;
    const witness = toHex<Secret>(randomBytes(32), 32);
    const hash = toHex<PaymentHash>(crypto.sha256(fromHex(witness)), 32);
    const start = (): Promise<unknown> =>
      node.paySpontaneously({ payee, token, amount, text: description, maxFee, witness });
    return { key, hash, text: "", payee, token, amount, description, label, maxFee, start };
  }

  /** What the caller or the config allows for hops, if the owner allows the payment at all. */
  #mostFee(
    asked: string | undefined,
    { payee, token, amount }: Pick<Plan, "payee" | "token" | "amount">,
  ): Amount {
    const { assets } = this.#parts;
    const terms = assets.termsOf(token);
    if (terms !== null && amount > terms.maxPayment) {
      const [given, most] = [amount, terms.maxPayment].map((one) => assets.money(one, terms.token).value);
      throw problem(
        409,
        "payment_above_limit",
        "the payment is larger than this node's owner allows",
        `Pay less, or raise assets.${terms.symbol}.maxPayment in the config.`,
        { amount: given ?? "", most: most ?? "", asset: terms.symbol },
      );
    }
    const most = assets.feeLimit(asked, token);
    if (terms !== null) requireOutflow(this.#parts, terms, { payee, amount, maxFee: most });
    return most;
  }

  #insert(plan: Plan, fingerprint: string): void {
    const { key, hash, text, payee, token, amount, maxFee, description, label } = plan;
    this.#parts.journal.run(
      `INSERT INTO payments (key, request, hash, invoice, payee, token, amount, maxFee, description, label, status,
         created)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'started', ?)`,
      ...[key, fingerprint, hash, text, payee, token, amount.toString(), maxFee.toString(), description],
      ...[label, new Date().toISOString()],
    );
  }

  async #start(plan: Plan, written: Promise<void>): Promise<void> {
    const starting = written.then(() => this.#send(plan));
    this.#starting.set(plan.key, starting);
    try {
      await starting;
    } finally {
      this.#starting.delete(plan.key);
    }
  }

  /** Resolves when the payment is on its way or has ended; a refusal leaves nothing, so that the key is free. */
  async #send(plan: Plan): Promise<void> {
    const { journal } = this.#parts;
    const { key, hash } = plan;
    const waiting = this.#unsent.get(hash) ?? new Set();
    this.#unsent.set(hash, waiting);
    let isSent = false;
    let tell = (): void => undefined;
    const sent = new Promise<void>((resolve) => {
      tell = () => {
        isSent = true;
        resolve();
      };
    });
    waiting.add(tell);
    const paying = plan.start().then(
      () => undefined,
      (thrown: unknown) => {
        if (!isSent) throw thrown;
      },
    );
    try {
      await Promise.race([sent, paying]);
    } catch (thrown) {
      journal.run("DELETE FROM payments WHERE key = ? AND status = 'started'", key);
      throw toProblem(thrown, this.#valuesOf(plan));
    } finally {
      waiting.delete(tell);
      if (waiting.size === 0) this.#unsent.delete(hash);
    }
  }

  #valuesOf({ amount, token, payee, hash, maxFee }: Plan): Readonly<Record<string, string>> {
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
    const [fee, rent, code] = [textOf(row.fee), textOf(row.rent), textOf(row.code)];
    return {
      id: String(row.id),
      key: textOf(row.key) ?? "",
      hash: textOf(row.hash) ?? "",
      label: textOf(row.label),
      payee: textOf(row.payee) ?? "",
      amount: money(textOf(row.amount) ?? "0"),
      description: textOf(row.description) ?? "",
      fee: fee === null ? null : money(fee),
      rent: rent === null ? null : money(rent),
      status: textOf(row.status) as Payment["status"],
      proof: textOf(row.proof),
      problem: code === null ? null : { code, message: textOf(row.message) ?? "" },
      created: textOf(row.created) ?? "",
      ended: textOf(row.ended),
    };
  }
}
