import type { Command } from "commander";
import { problem } from "../api/problem.ts";
import type { Event, Payment } from "../api/views.ts";
import type { ApiClient } from "../client/api-client.ts";
import type { Money } from "../api/amounts.ts";
import { more, pageOf, withPage, type ListOptions } from "./page.ts";
import { allPages, printCsv, type Columns } from "./csv.ts";
import { clientOf, usage, wholeNumber, withClient, type CommonOptions } from "./options.ts";
import { print, show, table } from "./print.ts";
import { followUntil } from "./wait.ts";

interface PayOptions extends CommonOptions {
  readonly maxFee?: string;
  readonly key?: string;
  readonly timeout: number;
  readonly asset?: string;
  readonly text?: string;
  readonly label?: string;
}

/** Paying, and what was paid. */
export function addPayCommands(program: Command): void {
  withClient(program.command("pay"))
    .description(
      "Pay an invoice, or with an amount a node that made none, over routes that the node finds; waits for the proof.",
    )
    .argument("<invoice or node>", "text that begins with hl1, or the id of a node")
    .argument("[amount]", "such as 0.5, for a node")
    .option("--asset <symbol>", "of the config (ETH), for a node")
    .option("--text <text>", "for the payee to read, for a node")
    .option("--label <text>", "for you alone; payments can be cut down to it")
    .option("--max-fee <amount>", "for all hops and parts together; the config's if left out")
    .option("--key <text>", "the same key is the same payment, also after a crash; random if left out")
    .option("--timeout <seconds>", "wait no longer than this; the payment goes on", wholeNumber, 60)
    .action(pay);
  withPage(withClient(program.command("payments")))
    .description("Payments by this node, newest first.")
    .action(async (options: ListOptions) => {
      if (options.csv)
        return printCsv(
          PAYMENT_COLUMNS,
          allPages((page) => clientOf(options).call("payments", page), options),
        );
      const page = await clientOf(options).call("payments", pageOf(options));
      const rows = page.entries.map((one) => [
        ...[
          one.id,
          one.status,
          show(one.amount),
          one.fee === null ? "" : show(one.fee),
          one.rent === null ? "" : show(one.rent),
          one.payee,
          one.created,
          one.label ?? "",
        ],
        one.problem?.code ?? one.description,
      ]);
      const head = ["id", "status", "amount", "fee", "rent", "payee", "created", "label", ""];
      print(options.json, page, () => `${table(head, rows, "No payments.")}${more(page.next)}`);
    });
}

const PAYMENT_COLUMNS: Columns<Payment> = {
  id: ({ id }) => id,
  hash: ({ hash }) => hash,
  status: ({ status }) => status,
  amount: ({ amount }) => amount.value,
  asset: ({ amount }) => amount.asset,
  fee: ({ fee }) => fee?.value ?? "",
  rent: ({ rent }) => rent?.value ?? "",
  payee: ({ payee }) => payee,
  label: ({ label }) => label ?? "",
  description: ({ description }) => description,
  created: ({ created }) => created,
  ended: ({ ended }) => ended ?? "",
  proof: ({ proof }) => proof ?? "",
  problem: ({ problem: why }) => why?.code ?? "",
};

function begin(
  client: ApiClient,
  whom: string,
  amount: string | undefined,
  options: PayOptions,
): Promise<Payment> {
  const { maxFee, label, asset, text, key = crypto.randomUUID() } = options;
  const common = {
    idempotencyKey: key,
    ...(maxFee === undefined ? {} : { maxFee }),
    ...(label === undefined ? {} : { label }),
  };
  if (amount === undefined) {
    if (asset === undefined && text === undefined) return client.call("pay", { invoice: whom, ...common });
    throw usage(
      "an invoice says its asset and text itself",
      "Leave --asset and --text out, or name an amount.",
    );
  }
  return client.call("send", {
    node: whom,
    amount,
    ...common,
    ...(asset === undefined ? {} : { asset }),
    ...(text === undefined ? {} : { text }),
  });
}

async function pay(whom: string, amount: string | undefined, options: PayOptions): Promise<void> {
  const { json } = options;
  const client = clientOf(options);
  const { cursor } = await client.call("info", {});
  const begun = await begin(client, whom, amount, options);
  if (!json) process.stderr.write(`Paying ${show(begun.amount)} to ${begun.payee}\n`);
  const payment = begun.ended === null ? await ending(client, begun, cursor, options) : begun;
  if (payment.status === "failed") throw failed(payment);
  print(
    json,
    payment,
    () => `Paid ${show(payment.amount)}, fee ${feeText(payment)}.\nProof: ${payment.proof ?? "lost"}`,
  );
}

function feeText({ fee, rent }: Payment): string {
  const held = rent === null || Number(rent.value) === 0 ? "" : `, rent ${show(rent)}`;
  return `${fee === null ? "unknown" : show(fee)}${held}`;
}

async function ending(
  client: ApiClient,
  { id, hash, key }: Payment,
  cursor: number,
  { json, timeout }: PayOptions,
): Promise<Payment> {
  const late = {
    what: "the payment is still under way",
    next: `It goes on: look at hashlane payments, or wait again with --key ${key}.`,
  };
  await followUntil(client, cursor, timeout, late, (event) => {
    if (event.data.hash !== hash) return false;
    if (!json) tellProgress(event);
    return event.kind === "payment_succeeded" || event.kind === "payment_failed";
  });
  return client.call("paymentOf", {}, { id });
}

function tellProgress({ kind, data }: Event): void {
  if (kind !== "payment_sent" && kind !== "part_sent" && kind !== "payment_retried") return;
  const { route, locked } = data as { readonly route: readonly string[]; readonly locked: Money };
  const hops = route.slice(1, -1).map((node) => node.slice(0, 10));
  const over = hops.length === 0 ? "directly" : `over ${hops.join(", ")}`;
  process.stderr.write(`On its way ${over}, ${show(locked)} locked\n`);
}

function failed({ problem: why, hash, amount, rent }: Payment): Error {
  return problem(
    0,
    "payment_failed",
    why?.message ?? "the payment failed",
    "The money is free again. Pay again when the reason is gone.",
    {
      ...{ reason: why?.code ?? "", hash, amount: amount.value, asset: amount.asset },
      ...(rent === null || Number(rent.value) === 0 ? {} : { rent: rent.value }),
    },
  );
}
