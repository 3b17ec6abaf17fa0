import type { Command } from "commander";
import type { Token } from "../api/views.ts";
import { clientOf, withClient, type CommonOptions } from "./options.ts";
import { print, show, table } from "./print.ts";

interface CreateOptions extends CommonOptions {
  readonly allow: string;
  readonly name?: string;
  readonly budget?: string;
  readonly asset?: string;
  readonly per?: string;
}

/** Tokens for programs that are not to do everything. */
export function addTokenCommands(program: Command): void {
  const token = program.command("token").description("Give programs tokens that allow less than everything.");
  withClient(token.command("create"))
    .description("Make a token; it is shown once. Put it into a file and name that with --token-file.")
    .requiredOption("--allow <list>", "of read, invoice, pay, admin; with commas between")
    .option("--budget <amount>", "the most that it may pay, fees included; needed for pay")
    .option("--per <time>", "hour, day, week or ever: in any such time (day)")
    .option("--asset <symbol>", "of the budget (ETH)")
    .option("--name <text>", "for people")
    .action(create);
  withClient(token.command("list"))
    .description("Tokens that were made, newest first, and what is left of their budgets.")
    .action(async (options: CommonOptions) => {
      const page = await clientOf(options).call("tokens", {});
      const head = ["id", "name", "allows", "budget", "left", "created", ""];
      print(options.json, page, () => table(head, page.entries.map(row), "No tokens but the node's own."));
    });
  withClient(token.command("revoke"))
    .description("End a token at once; what was paid with it goes on.")
    .argument("<id>", "as token create and token list print it")
    .action(async (id: string, options: CommonOptions) => {
      const revoked = await clientOf(options).call("revokeToken", {}, { id });
      print(options.json, revoked, () => `Token ${revoked.id} allows nothing any more.`);
    });
}

function row({ id, name, allow, budget, left, per, created, revoked }: Token): readonly string[] {
  const most = budget === null ? "" : `${show(budget)} per ${per ?? ""}`;
  return [
    id,
    name,
    allow.join(","),
    most,
    left === null ? "" : show(left),
    created,
    revoked === null ? "" : "revoked",
  ];
}

async function create(options: CreateOptions): Promise<void> {
  const { json, allow, name, budget, asset, per } = options;
  const made = await clientOf(options).call("createToken", {
    allow,
    ...(name === undefined ? {} : { name }),
    ...(budget === undefined ? {} : { budget }),
    ...(asset === undefined ? {} : { asset }),
    ...(per === undefined ? {} : { per }),
  });
  print(
    json,
    made,
    () => `${made.token}\n\nToken ${made.id} allows ${made.allow.join(", ")}. It is not shown again.`,
  );
}
