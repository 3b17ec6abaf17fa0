import type { Command } from "commander";
import type { Policy } from "../api/views.ts";
import { clientOf, usage, wholeNumber, withClient, type CommonOptions } from "./options.ts";
import { print, show, table } from "./print.ts";

interface SetOptions extends CommonOptions {
  readonly feeBase?: string;
  readonly feePpm?: number;
  readonly slotFee?: string;
  readonly rentPpm?: number;
  readonly min?: string;
  readonly max?: string;
  readonly enable?: boolean;
  readonly disable?: boolean;
}

/** What nodes ask for forwarding. */
export function addPolicyCommands(program: Command): void {
  const policy = program.command("policy").description("What nodes ask for forwarding.");
  withClient(policy.command("set"))
    .description("Set what this node asks for forwarding into a channel; what is not given stays as it is.")
    .argument("<channel>", "its id")
    .option("--fee-base <amount>", "for each payment")
    .option("--fee-ppm <number>", "millionths of the forwarded amount", wholeNumber)
    .option("--slot-fee <amount>", "for the place of each lock, also of one that comes back")
    .option("--rent-ppm <number>", "millionths of its amount for each day that it can stand", wholeNumber)
    .option("--min <amount>", "less is not forwarded")
    .option("--max <amount>", "more is not forwarded")
    .option("--enable", "forward")
    .option("--disable", "forward nothing")
    .action(set);
  withClient(policy.command("list"))
    .description("Policies of all nodes, as far as this one has heard.")
    .action(async (options: CommonOptions) => {
      const page = await clientOf(options).call("policies", {});
      const head = ["channel", "node", "base", "ppm", "slot fee", "rent ppm", "least", "most", "forwards"];
      print(options.json, page, () => table(head, page.entries.map(row), "No policies are known."));
    });
}

function row({ channel, node, ...terms }: Policy): readonly string[] {
  const { feeBase, feePpm, slotFee, rentPpm, minAmount, maxAmount, enabled } = terms;
  const price = [show(feeBase), String(feePpm), show(slotFee), String(rentPpm)];
  return [channel, node, ...price, show(minAmount), show(maxAmount), enabled ? "yes" : "no"];
}

async function set(channel: string, options: SetOptions): Promise<void> {
  const { json, feeBase, feePpm, slotFee, rentPpm, min, max, enable, disable } = options;
  if (enable === true && disable === true)
    throw usage("--enable and --disable were both given", "Give one of them.");
  const enabled = disable === true ? false : enable;
  const policy = await clientOf(options).call(
    "setPolicy",
    {
      ...(feeBase === undefined ? {} : { feeBase }),
      ...(feePpm === undefined ? {} : { feePpm }),
      ...(slotFee === undefined ? {} : { slotFee }),
      ...(rentPpm === undefined ? {} : { rentPpm }),
      ...(min === undefined ? {} : { minAmount: min }),
      ...(max === undefined ? {} : { maxAmount: max }),
      ...(enabled === undefined ? {} : { enabled }),
    },
    { channel },
  );
  print(json, policy, () => {
    const price = `${show(policy.feeBase)} and ${policy.feePpm} millionths`;
    return policy.enabled
      ? `Asks for ${price}${rentText(policy)} in ${channel}.`
      : `Forwards nothing into ${channel}.`;
  });
}

/** Nothing is said of rent where none is asked. */
function rentText({ slotFee, rentPpm }: Policy): string {
  if (Number(slotFee.value) === 0 && rentPpm === 0) return "";
  return `, and a rent of ${show(slotFee)} and ${rentPpm} millionths a day,`;
}
