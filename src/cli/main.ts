import { Command, CommanderError } from "commander";
import { VERSION } from "../daemon/version.ts";
import { addBackupCommands } from "./backup.ts";
import { addChannelCommands } from "./channel.ts";
import { addCompletionCommand } from "./completion.ts";
import { fail, USAGE } from "./exit.ts";
import { addExplorerCommand } from "./explorer.ts";
import { addExploreCommands } from "./explore.ts";
import { addInitCommand } from "./init.ts";
import { addInvoiceCommands } from "./invoice.ts";
import { addLiquidityCommands } from "./liquidity.ts";
import { addNodeCommands } from "./node.ts";
import { addPayCommands } from "./pay.ts";
import { addPolicyCommands } from "./policy.ts";
import { addStartCommand } from "./start.ts";
import { addTokenCommands } from "./token.ts";
import { addTowerCommands } from "./tower.ts";

const HELP_END = `
From nothing to a paid invoice:
  hashlane init             makes a node's directory, with an encrypted key
  hashlane start            runs the node until Ctrl-C
  hashlane connect URI      keeps a connection with another node
  hashlane channel open     brings money into a channel with it
  hashlane invoice create   on the payee's node
  hashlane pay INVOICE      on the payer's, or pay NODE AMOUNT without an invoice

Exit codes: 0 done, 1 refused or failed, 2 wrong usage, 3 no node answers,
            4 the payment failed and the money is back, 5 still under way when the wait ended.
`;

function createProgram(): Command {
  const program = new Command("hashlane")
    .description("A node for payment channels and routed payments on Ethereum.")
    .addHelpText("after", HELP_END)
    .version(VERSION)
    .exitOverride();
  addInitCommand(program);
  addStartCommand(program);
  addNodeCommands(program);
  addChannelCommands(program);
  addInvoiceCommands(program);
  addLiquidityCommands(program);
  addPayCommands(program);
  addPolicyCommands(program);
  addExploreCommands(program);
  addExplorerCommand(program);
  addTokenCommands(program);
  addTowerCommands(program);
  addCompletionCommand(program);
  addBackupCommands(program);
  prepare(program);
  return program;
}

/** Subcommands do not inherit these. */
function prepare(command: Command): void {
  command.exitOverride().allowExcessArguments(false).showHelpAfterError("(--help lists what can be given)");
  for (const one of command.commands) prepare(one);
}

/** Ends the process by its exit code, never by an exception. */
export async function main(argv: readonly string[]): Promise<void> {
  try {
    await createProgram().parseAsync([...argv]);
  } catch (thrown) {
    // Commander has printed its own message, or the help that was asked for.
    if (thrown instanceof CommanderError) process.exitCode = thrown.exitCode === 0 ? 0 : USAGE;
    else fail(thrown, argv.includes("--json"));
  }
}
