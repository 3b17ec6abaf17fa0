import type { Read } from "../api/fields.ts";
import { problem } from "../api/problem.ts";
import type { ROUTES } from "../api/routes.ts";
import type { Invoice, Page } from "../api/views.ts";
import { decodeInvoice } from "../protocol/invoice.ts";
import type { Address, PaymentHash } from "../protocol/types.ts";
import { textOf, type Row } from "./journal.ts";
import { pageOf } from "./page.ts";
import type { Parts } from "./parts.ts";

type Request = Read<(typeof ROUTES.invoice)["fields"]>;

/** What others are asked to pay. */
export class Invoices {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  async create({ amount, asset, description, validSeconds }: Request): Promise<Invoice> {
    const { assets, node, journal, crypto } = this.#parts;
    const { token } = assets.named(asset);
    const { hash, text } = await node.createInvoice({
      amount: assets.positive("amount", amount, token),
      token,
      ...(description === undefined ? {} : { description }),
      ...(validSeconds === undefined ? {} : { validSeconds }),
    });
    const decoded = decodeInvoice(crypto, text);
    if (!decoded.ok) throw new Error(`the node made an invoice that it cannot read: ${decoded.message}`);
    const { invoice } = decoded;
    journal.run(
      "INSERT INTO invoices (hash, invoice, token, amount, description, created, expires) VALUES (?, ?, ?, ?, ?, ?, ?)",
      ...[hash, text, token, invoice.amount.toString(), invoice.description, invoice.created, invoice.expiry],
    );
    return this.one(hash);
  }

  list(cursor: string | undefined, limit: number | undefined): Page<Invoice> {
    return pageOf(this.#parts.journal, "invoices", { cursor, limit }, (row) => this.#view(row));
  }

  one(hash: string): Invoice {
    const row = this.#parts.journal.first("SELECT * FROM invoices WHERE hash = ?", hash.toLowerCase());
    if (row !== null) return this.#view(row);
    throw problem(
      404,
      "not_found",
      "there is no such invoice",
      "List the invoices and name the hash of one.",
      {
        hash: hash.slice(0, 80),
      },
    );
  }

  #view(row: Row): Invoice {
    const hash = textOf(row.hash) as PaymentHash;
    return {
      hash,
      invoice: textOf(row.invoice) ?? "",
      amount: this.#parts.assets.money(BigInt(textOf(row.amount) ?? "0"), textOf(row.token) as Address),
      description: textOf(row.description) ?? "",
      status: this.#statusOf(hash, Number(row.expires)),
      created: isoOf(Number(row.created)),
      expires: isoOf(Number(row.expires)),
    };
  }

  /** By the chain's clock, as the node judges it. */
  #statusOf(hash: PaymentHash, expires: number): Invoice["status"] {
    const status = this.#parts.node.invoiceStatus(hash) ?? "open";
    return status === "open" && this.#parts.node.head().time >= expires ? "expired" : status;
  }
}

export function isoOf(seconds: number): string {
  return new Date(seconds * 1000).toISOString();
}
