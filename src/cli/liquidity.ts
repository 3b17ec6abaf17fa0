import type { Command } from "commander";
import type { Quote } from "../api/views.ts";
import { usableWithin, withWait } from "./channel.ts";
import { clientOf, withClient, type CommonOptions } from "./options.ts";
import { pairs, print, show } from "./print.ts";

interface QuoteOptions extends CommonOptions {
  readonly asset?: string;
}

interface BuyOptions extends QuoteOptions {
  readonly maxFee?: string;
  readonly own?: string;
  readonly key?: string;
  readonly wait: boolean;
  readonly timeout: number;
}

const DAY_SECONDS = 86_400;

/** Channels in which the other side's money stands: what a payee needs to be paid. */
export function addLiquidityCommands(program: Command): void {
  const liquidity = program
    .command("liquidity")
    .description("Buy channels with another node's money in them, to be able to receive.");
  withClient(liquidity.command("quote"))
    .description("Ask a connected node for its price.")
    .argument("<node>", "id of the node")
    .argument("<amount>", "that it is to bring, such as 0.5")
    .option("--asset <symbol>", "of the config (ETH)")
    .action(quote);
  const buy = withClient(liquidity.command("buy"))
    .description(
      "Open a channel into which a connected node brings its money: one transaction. The fee is paid by it.",
    )
    .argument("<node>", "id of the node")
    .argument("<amount>", "that it is to bring, such as 0.5")
    .option("--asset <symbol>", "of the config (ETH)")
    .option("--max-fee <amount>", "pay no more than this; the config's if left out")
    .option("--own <amount>", "our deposit besides the fee; as little as does if left out")
    .option("--key <text>", "the same key is the same request, also after a crash; random if left out");
  withWait(buy, "until it is usable", 120).action(buyChannel);
}

async function quote(peer: string, amount: string, options: QuoteOptions): Promise<void> {
  const { json, asset } = options;
  const given = { peer, amount, ...(asset === undefined ? {} : { asset }) };
  const answer = await clientOf(options).call("quoteLiquidity", given);
  print(json, answer, () => text(answer));
}

function text({ amount, offered, refusal, fee, seconds, least, most }: Quote): string {
  return pairs([
    ["amount", show(amount)],
    ["offered", offered ? "yes" : `no: ${refusal ?? ""}`],
    ["fee", show(fee)],
    ["for", `${Math.round(seconds / DAY_SECONDS)} days, by its word`],
    ["it sells", `from ${show(least)} to ${show(most)}`],
  ]);
}

async function buyChannel(peer: string, amount: string, options: BuyOptions): Promise<void> {
  const { json, asset, maxFee, own, key = crypto.randomUUID(), wait, timeout } = options;
  const client = clientOf(options);
  const { cursor } = await client.call("info", {});
  const bought = await client.call("buyLiquidity", {
    ...{ peer, amount, idempotencyKey: key },
    ...(asset === undefined ? {} : { asset }),
    ...(maxFee === undefined ? {} : { maxFee }),
    ...(own === undefined ? {} : { own }),
  });
  const usable = wait && (await usableWithin(client, bought, cursor, timeout));
  const state = usable ? "usable" : "on chain, usable when both sides have seen it";
  print(json, bought, () => `Bought ${bought.channel} with ${show(bought.amount)} of ${peer}: ${state}.`);
}
