import type { Command } from "commander";
import type { Decoded, PaymentRoute, Policy } from "../api/views.ts";
import { clientOf, withClient, type CommonOptions } from "./options.ts";
import { pairs, print, show, table } from "./print.ts";

interface RouteOptions extends CommonOptions {
  readonly maxFee?: string;
}

/** Looking before paying. */
export function addExploreCommands(program: Command): void {
  withClient(program.command("decode"))
    .description("Show what an invoice says, without paying it.")
    .argument("<invoice>", "its text, beginning with hl1")
    .action(async (invoice: string, options: CommonOptions) => {
      const decoded = await clientOf(options).call("decode", { invoice });
      print(options.json, decoded, () => decodedText(decoded));
    });
  withClient(program.command("route"))
    .description("Show how a payment of an invoice would go now, and its fee, without paying it.")
    .argument("<invoice>", "its text, beginning with hl1")
    .option("--max-fee <amount>", "for all hops and parts together; the config's if left out")
    .action(async (invoice: string, options: RouteOptions) => {
      const { maxFee, json } = options;
      const given = { invoice, ...(maxFee === undefined ? {} : { maxFee }) };
      const route = await clientOf(options).call("route", given);
      print(json, route, () => routeText(route));
    });
  withClient(program.command("graph"))
    .description(
      "Show the network as this node has heard of it: what each end of each channel asks for forwarding.",
    )
    .action(async (options: CommonOptions) => {
      const policies = await clientOf(options).call("policies", {});
      print(options.json, policies, () => graphText(policies.entries));
    });
}

function decodedText({
  payee,
  amount,
  description,
  hash,
  expires,
  isExpired,
  chainId,
  contract,
}: Decoded): string {
  return pairs([
    ["amount", show(amount)],
    ["payee", payee],
    ...(description === "" ? [] : [["for", description] as const]),
    ["expires", isExpired ? `${expires}, which is over` : expires],
    ["hash", hash],
    ["chain", `${chainId}, contract ${contract}`],
  ]);
}

function routeText({ amount, fee, rent, parts }: PaymentRoute): string {
  const ways = parts.map((part) => {
    const rows = part.hops.map(({ from, to, channel, amount: over }) => [from, to, channel, show(over)]);
    const head = `${show(part.amount)} over ${part.hops.length} channels, for a fee of ${show(part.fee)}`;
    return `${head}\n\n${table(["from", "to", "channel", "amount"], rows, "")}`;
  });
  const inParts = parts.length === 1 ? "" : `, in ${parts.length} parts`;
  const held = Number(rent.value) === 0 ? "" : ` and a rent of ${show(rent)}`;
  return [`${show(amount)} for a fee of ${show(fee)}${held}${inParts}`, ...ways].join("\n\n");
}

function graphText(policies: readonly Policy[]): string {
  const nodes = new Set(policies.map(({ node }) => node));
  const channels = new Set(policies.map(({ channel }) => channel));
  const rows = policies.map(({ channel, node, feeBase, feePpm, slotFee, rentPpm, ...policy }) => [
    ...[channel, node, show(feeBase), String(feePpm), show(slotFee), String(rentPpm)],
    ...[show(policy.minAmount), show(policy.maxAmount), policy.enabled ? "" : "disabled"],
  ]);
  const head = ["channel", "node", "base fee", "ppm", "slot fee", "rent ppm", "least", "most", ""];
  return `${nodes.size} nodes, ${channels.size} channels\n\n${table(head, rows, "Nothing is known yet.")}`;
}
