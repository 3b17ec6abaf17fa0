import type { Read } from "../api/fields.ts";
import { problem } from "../api/problem.ts";
import type { ROUTES } from "../api/routes.ts";
import type { Invoice, Page } from "../api/views.ts";
import { parsePaymentHash, parseSecret } from "../protocol/checked.ts";
import { decodeInvoice, type Invoice as InvoiceTerms } from "../protocol/invoice.ts";
import type { Address, PaymentHash, Secret } from "../protocol/types.ts";
import { toProblem } from "./failure.ts";
import { textOf, type Row } from "./journal.ts";
import { pageOf, type PageRequest } from "./page.ts";
import type { Parts } from "./parts.ts";
import { insertReceived } from "./received.ts";

type Request = Read<(typeof ROUTES.invoice)["fields"]>;

const HOLD_SECONDS = 3600;

/** What others are asked to pay, and what they paid unasked. */
export class Invoices {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  async create(request: Request): Promise<Invoice> {
    const { amount, asset, description, validSeconds, label = null } = request;
    const { assets, node, journal, crypto } = this.#parts;
    const { token } = assets.named(asset);
    const hold = holdOf(request);
    const made = node.createInvoice({
      amount: assets.positive("amount", amount, token),
      token,
      ...(description === undefined ? {} : { description }),
      ...(validSeconds === undefined ? {} : { validSeconds }),
      ...(hold === null ? {} : { hold }),
    });
    const { hash, text } = await made.catch((thrown: unknown) => {
      throw toProblem(thrown, request.hash === undefined ? {} : { hash: request.hash });
    });
    const decoded = decodeInvoice(crypto, text);
    if (!decoded.ok) throw new Error(`the node made an invoice that it cannot read: ${decoded.message}`);
    const { invoice } = decoded;
    journal.run(
      `INSERT INTO invoices (hash, invoice, token, amount, description, created, expires, label, kind)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      ...[hash, text, token, invoice.amount.toString(), invoice.description, invoice.created, invoice.expiry],
      ...[label, hold === null ? "asked" : "held"],
    );
    return this.one(hash);
  }

  async settle(hash: string, secret: string | undefined): Promise<Invoice> {
    const { hash: known } = this.one(hash);
    await this.#do(known, (node, of) =>
      node.settleInvoice(of, secret === undefined ? undefined : secretOf(secret)),
    );
    return this.one(known);
  }

  async cancel(hash: string): Promise<Invoice> {
    const { hash: known } = this.one(hash);
    await this.#do(known, (node, of) => node.cancelInvoice(of));
    return this.one(known);
  }

  list(page: PageRequest): Page<Invoice> {
    return pageOf(this.#parts.journal, "invoices", page, (row) => this.#view(row));
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

  /** After a start: what came unasked while the journal was not told. */
  reconcile(): void {
    const { node, journal } = this.#parts;
    for (const { hash, token, amount, text, expiry } of node.invoices())
      if (text !== null) insertReceived(journal, { hash, token, amount, text }, expiry);
  }

  async #do(hash: string, act: (node: Parts["node"], hash: PaymentHash) => Promise<void>): Promise<void> {
    try {
      await act(this.#parts.node, hash as PaymentHash);
    } catch (thrown) {
      throw toProblem(thrown, { hash });
    }
  }

  #view(row: Row): Invoice {
    const hash = textOf(row.hash) as PaymentHash;
    return {
      hash,
      invoice: textOf(row.invoice) ?? "",
      kind: textOf(row.kind) as Invoice["kind"],
      label: textOf(row.label),
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

/** Null for an invoice whose payment is taken at once. */
function holdOf({ hold = false, hash, holdSeconds: seconds = HOLD_SECONDS }: Request): {
  readonly seconds: number;
  readonly hash?: PaymentHash;
} | null {
  if (hash === undefined) return hold ? { seconds } : null;
  const parsed = parsePaymentHash(hash);
  if (parsed.ok) return { seconds, hash: parsed.value };
  throw problem(400, "bad_request", parsed.problem, "Give the sha256 of the secret.", { field: "hash" });
}

function secretOf(text: string): Secret {
  const parsed = parseSecret(text);
  if (parsed.ok) return parsed.value;
  // What was given may be a secret all but for a digit.
  const next = "Give the 32 bytes whose sha256 is the hash of the invoice.";
  throw problem(400, "bad_request", "the secret must be 0x and 64 hex digits", next, { field: "secret" });
}

/** What a caller wrote; refuses what is none. */
export function readInvoice({ crypto }: Pick<Parts, "crypto">, text: string): InvoiceTerms {
  const decoded = decodeInvoice(crypto, text);
  if (decoded.ok) return decoded.invoice;
  throw problem(
    400,
    "invoice_malformed",
    `this is no invoice: ${decoded.message}`,
    "Ask the payee for the whole text; it begins with hl1.",
    { problem: decoded.problem },
  );
}

export function isoOf(seconds: number): string {
  return new Date(seconds * 1000).toISOString();
}
