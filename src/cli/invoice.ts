import type { Command } from "commander";
import { renderUnicodeCompact } from "uqr";
import type { Invoice } from "../api/views.ts";
import { clientOf, wholeNumber, withClient, type CommonOptions } from "./options.ts";
import { pairs, print, show, table } from "./print.ts";

interface CreateOptions extends CommonOptions {
  readonly asset?: string;
  readonly description?: string;
  readonly validSeconds?: number;
  readonly qr: boolean;
}

export interface ListOptions extends CommonOptions {
  readonly cursor?: string;
  readonly limit?: number;
}

/** What two lists have in common. */
export function withPage(command: Command): Command {
  return command
    .option("--limit <number>", "entries, at most 500", wholeNumber)
    .option("--cursor <text>", "go on where the page before ended");
}

export function pageOf({ cursor, limit }: ListOptions): {
  readonly cursor?: string;
  readonly limit?: number;
} {
  return { ...(cursor === undefined ? {} : { cursor }), ...(limit === undefined ? {} : { limit }) };
}

export function more(next: string | null): string {
  return next === null ? "" : `\nMore with --cursor ${next}.`;
}

/** Requests for payment. */
export function addInvoiceCommands(program: Command): void {
  const invoice = program.command("invoice").description("Ask for payments.");
  withClient(invoice.command("create"))
    .description("Ask for a payment; prints the text for the payer.")
    .argument("<amount>", "such as 0.5")
    .option("--asset <symbol>", "of the config (ETH)")
    .option("--description <text>", "what it is for; the payer reads it")
    .option("--valid-seconds <number>", "it can be paid so long (3600)", wholeNumber)
    .option("--qr", "show the text as a QR code too", false)
    .action(create);
  withPage(withClient(invoice.command("list")))
    .description("Invoices of this node, newest first.")
    .action(async (options: ListOptions) => {
      const page = await clientOf(options).call("invoices", pageOf(options));
      const rows = page.entries.map((one) => [
        one.hash,
        show(one.amount),
        one.status,
        one.created,
        one.description,
      ]);
      const head = ["hash", "amount", "status", "created", "description"];
      print(options.json, page, () => `${table(head, rows, "No invoices.")}${more(page.next)}`);
    });
  withClient(invoice.command("show"))
    .description("One invoice of this node.")
    .argument("<hash>", "as invoice create and invoice list print it")
    .option("--qr", "show the text as a QR code too", false)
    .action(async (hash: string, options: CommonOptions & { readonly qr: boolean }) => {
      const found = await clientOf(options).call("invoiceOf", {}, { hash });
      print(options.json, found, () => text(found, options.qr));
    });
}

async function create(amount: string, options: CreateOptions): Promise<void> {
  const { json, asset, description, validSeconds } = options;
  const created = await clientOf(options).call("invoice", {
    amount,
    ...(asset === undefined ? {} : { asset }),
    ...(description === undefined ? {} : { description }),
    ...(validSeconds === undefined ? {} : { validSeconds }),
  });
  print(json, created, () => text(created, options.qr));
}

function text({ hash, amount, status, expires, description, invoice }: Invoice, qr: boolean): string {
  const rows = [
    ["amount", show(amount)] as const,
    ["status", status] as const,
    ["expires", expires] as const,
    ...(description === "" ? [] : [["for", description] as const]),
    ["hash", hash] as const,
  ];
  // Capital letters make a smaller code, and mean the same in bech32.
  const code = qr ? `\n\n${renderUnicodeCompact(invoice.toUpperCase())}` : "";
  return `${pairs(rows)}\n\n${invoice}${code}`;
}
