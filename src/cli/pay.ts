import type { Command } from "commander";
import { problem } from "../api/problem.ts";
import type { Event, Payment } from "../api/views.ts";
import type { ApiClient } from "../client/api-client.ts";
import type { Money } from "../api/amounts.ts";
import { more, pageOf, withPage, type ListOptions } from "./invoice.ts";
import { clientOf, wholeNumber, withClient, type CommonOptions } from "./options.ts";
import { print, show, table } from "./print.ts";
import { followUntil } from "./wait.ts";

interface PayOptions extends CommonOptions {
  readonly maxFee?: string;
  readonly key?: string;
  readonly timeout: number;
}

/** Paying, and what was paid. */
export function addPayCommands(program: Command): void {
  withClient(program.command("pay"))
    .description("Pay an invoice over a route that the node finds, and wait for the payee's proof.")
    .argument("<invoice>", "its text, beginning with hl1")
    .option("--max-fee <amount>", "for all hops together; the config's if left out")
    .option("--key <text>", "the same key is the same payment, also after a crash; random if left out")
    .option("--timeout <seconds>", "wait no longer than this; the payment goes on", wholeNumber, 60)
    .action(pay);
  withPage(withClient(program.command("payments")))
    .description("Payments by this node, newest first.")
    .action(async (options: ListOptions) => {
      const page = await clientOf(options).call("payments", pageOf(options));
      const rows = page.entries.map((one) => [
        ...[
          one.id,
          one.status,
          show(one.amount),
          one.fee === null ? "" : show(one.fee),
          one.payee,
          one.created,
        ],
        one.problem?.code ?? one.description,
      ]);
      const head = ["id", "status", "amount", "fee", "payee", "created", ""];
      print(options.json, page, () => `${table(head, rows, "No payments.")}${more(page.next)}`);
    });
}

async function pay(invoice: string, options: PayOptions): Promise<void> {
  const { json, maxFee, key = crypto.randomUUID() } = options;
  const client = clientOf(options);
  const { cursor } = await client.call("info", {});
  const begun = await client.call("pay", {
    invoice,
    idempotencyKey: key,
    ...(maxFee === undefined ? {} : { maxFee }),
  });
  if (!json) process.stderr.write(`Paying ${show(begun.amount)} to ${begun.payee}\n`);
  const payment = begun.ended === null ? await ending(client, begun, cursor, options) : begun;
  if (payment.status === "failed") throw failed(payment);
  print(
    json,
    payment,
    () => `Paid ${show(payment.amount)}, fee ${feeText(payment)}.\nProof: ${payment.proof ?? "lost"}`,
  );
}

function feeText({ fee }: Payment): string {
  return fee === null ? "unknown" : show(fee);
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
  if (kind !== "payment_sent" && kind !== "payment_retried") return;
  const { route, locked } = data as { readonly route: readonly string[]; readonly locked: Money };
  const hops = route.slice(1, -1).map((node) => node.slice(0, 10));
  const over = hops.length === 0 ? "directly" : `over ${hops.join(", ")}`;
  process.stderr.write(`On its way ${over}, ${show(locked)} locked\n`);
}

function failed({ problem: why, hash, amount }: Payment): Error {
  return problem(
    0,
    "payment_failed",
    why?.message ?? "the payment failed",
    "The money is free again. Pay again when the reason is gone.",
    { reason: why?.code ?? "", hash, amount: amount.value, asset: amount.asset },
  );
}
