import type { Command } from "commander";
import { renderUnicodeCompact } from "uqr";
import type { Invoice } from "../api/views.ts";
import { allPages, printCsv, type Columns } from "./csv.ts";
import { clientOf, wholeNumber, withClient, type CommonOptions } from "./options.ts";
import { more, pageOf, withPage, type ListOptions } from "./page.ts";
import { pairs, print, show, table } from "./print.ts";

interface CreateOptions extends CommonOptions {
  readonly asset?: string;
  readonly description?: string;
  readonly validSeconds?: number;
  readonly qr: boolean;
  readonly label?: string;
  readonly hold?: boolean;
  readonly hash?: string;
  readonly holdSeconds?: number;
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
    .option("--label <text>", "for you alone; invoice list can be cut down to it")
    .option("--hold", "hold its payment until invoice settle or invoice cancel")
    .option("--hash <hash>", "sha256 of a secret that is known elsewhere; holds the payment too")
    .option("--hold-seconds <number>", "it can be held at least so long (3600)", wholeNumber)
    .action(create);
  addHoldCommands(invoice);
  addListCommand(invoice);
  withClient(invoice.command("show"))
    .description("One invoice of this node.")
    .argument("<hash>", "as invoice create and invoice list print it")
    .option("--qr", "show the text as a QR code too", false)
    .action(async (hash: string, options: CommonOptions & { readonly qr: boolean }) => {
      const found = await clientOf(options).call("invoiceOf", {}, { hash });
      print(options.json, found, () => text(found, options.qr));
    });
}

function addListCommand(invoice: Command): void {
  withPage(withClient(invoice.command("list")))
    .description("Invoices of this node, newest first.")
    .action(async (options: ListOptions) => {
      if (options.csv)
        return printCsv(
          INVOICE_COLUMNS,
          allPages((page) => clientOf(options).call("invoices", page), options),
        );
      const page = await clientOf(options).call("invoices", pageOf(options));
      const rows = page.entries.map((one) => [
        one.hash,
        show(one.amount),
        one.status,
        one.created,
        one.label ?? "",
        one.description,
      ]);
      const head = ["hash", "amount", "status", "created", "label", "description"];
      print(options.json, page, () => `${table(head, rows, "No invoices.")}${more(page.next)}`);
    });
}

function addHoldCommands(invoice: Command): void {
  withClient(invoice.command("settle"))
    .description("Take the payment that is held for an invoice.")
    .argument("<hash>", "of the invoice")
    .argument("[secret]", "whose sha256 is the hash, if this node does not know it")
    .action(async (hash: string, secret: string | undefined, options: CommonOptions) => {
      const fields = secret === undefined ? {} : { secret };
      const settled = await clientOf(options).call("settleInvoice", fields, { hash });
      print(options.json, settled, () => text(settled, false));
    });
  withClient(invoice.command("cancel"))
    .description("Give back what is held for an invoice, and take no payment for it.")
    .argument("<hash>", "of the invoice")
    .action(async (hash: string, options: CommonOptions) => {
      const cancelled = await clientOf(options).call("cancelInvoice", {}, { hash });
      print(options.json, cancelled, () => text(cancelled, false));
    });
}

const INVOICE_COLUMNS: Columns<Invoice> = {
  hash: ({ hash }) => hash,
  kind: ({ kind }) => kind,
  status: ({ status }) => status,
  amount: ({ amount }) => amount.value,
  asset: ({ amount }) => amount.asset,
  label: ({ label }) => label ?? "",
  description: ({ description }) => description,
  created: ({ created }) => created,
  expires: ({ expires }) => expires,
};

async function create(amount: string, options: CreateOptions): Promise<void> {
  const { json, asset, description, validSeconds, label, hold, hash, holdSeconds } = options;
  const created = await clientOf(options).call("invoice", {
    amount,
    ...(asset === undefined ? {} : { asset }),
    ...(description === undefined ? {} : { description }),
    ...(validSeconds === undefined ? {} : { validSeconds }),
    ...(label === undefined ? {} : { label }),
    ...(hold === undefined ? {} : { hold }),
    ...(hash === undefined ? {} : { hash }),
    ...(holdSeconds === undefined ? {} : { holdSeconds }),
  });
  print(json, created, () => text(created, options.qr));
}

function text({ hash, amount, status, expires, description, label, invoice }: Invoice, qr: boolean): string {
  const rows = [
    ["amount", show(amount)] as const,
    ["status", status] as const,
    ["expires", expires] as const,
    ...(description === "" ? [] : [["for", description] as const]),
    ...(label === null ? [] : [["label", label] as const]),
    ["hash", hash] as const,
  ];
  if (invoice === "") return pairs(rows);
  // Capital letters make a smaller code, and mean the same in bech32.
  const code = qr ? `\n\n${renderUnicodeCompact(invoice.toUpperCase())}` : "";
  return `${pairs(rows)}\n\n${invoice}${code}`;
}
