import { resolve } from "node:path";
import { type Command, Option } from "commander";
import { passwordFrom, firstLine } from "./secrets.ts";
import { clientOf, usage, wholeNumber, withClient, withCommon, type CommonOptions } from "./options.ts";
import { defined, listenOf } from "./init.ts";
import { pairs, print } from "./print.ts";

interface RestoreOptions extends CommonOptions {
  readonly wordsFile: string;
  readonly backup: string;
  readonly passwordFile?: string;
  readonly rpc?: string;
  readonly listen?: string;
  readonly apiPort?: number;
  readonly lightKdf: boolean;
}

/** Losing a disk and coming back. */
export function addBackupCommands(program: Command): void {
  withClient(program.command("backup"))
    .description(
      "Write the encrypted backup: what a restored node needs, but no keys. Only the words open it.",
    )
    .option("--to <file>", "write it here, too; the config's backupFile is written in any case")
    .action(backup);
  const restore = withCommon(program.command("restore"))
    .description(
      "Make a node in a new --dir from its words and a backup. Its channels close with the peers' help.",
    )
    .requiredOption("--words-file <file>", "its first line holds the words")
    .requiredOption("--backup <file>", "the newest one that there is")
    .addOption(
      new Option("--password-file <file>", "its first line encrypts the key; asked for if left out").env(
        "HASHLANE_PASSWORD_FILE",
      ),
    )
    .addOption(
      new Option("--rpc <url>", "JSON-RPC of the chain's node; that of the backup").env("HASHLANE_RPC"),
    )
    .option("--listen <host:port>", "take connections here, or none; as in the backup if left out")
    .option("--api-port <port>", "port of the API on this machine; as in the backup if left out", wholeNumber)
    .option(
      "--light-kdf",
      "encrypt so that the password is checked faster, by thieves too; for tests",
      false,
    );
  restore.action(restoreFrom);
}

async function backup(options: CommonOptions & { readonly to?: string }): Promise<void> {
  const { json, to } = options;
  const answer = await clientOf(options).call("backup", {});
  const { content, ...made } = answer;
  if (to === undefined && made.file === null)
    throw usage("the config names no backupFile", "Give --to, or name one in the config and start again.");
  if (made.problem !== null) {
    process.stderr.write(`the file of the config, ${made.file ?? ""}, was not written: ${made.problem}\n`);
    if (to === undefined) process.exitCode = 1;
  }
  if (to !== undefined) {
    const { writeSealed } = await import("../store/sealed-file.ts");
    await writeSealed(resolve(to), Buffer.from(content, "base64"));
  }
  const file = to === undefined ? made.file : resolve(to);
  print(
    json,
    { ...made, file },
    () => `${made.channels} channels as of block ${made.block}, in ${file ?? ""}.`,
  );
}

async function restoreFrom(options: RestoreOptions): Promise<void> {
  const { dir, json, backup: file, rpc, apiPort } = options;
  const phrase = firstLine(options.wordsFile);
  const password = await passwordFrom(options.passwordFile, true);
  const { restoreNode } = await import("../daemon/restore.ts");
  const { node, saved, config } = await restoreNode({
    ...{ directory: dir, phrase, password, isLight: options.lightKdf, backup: resolve(file) },
    settings: { ...defined({ rpc, apiPort }), ...listenOf(options) },
  });
  const channels = saved.node.channels.map(({ channel, peer }) => ({ channel, peer }));
  const invoices = saved.node.invoices.length;
  const answer = { directory: dir, node, block: saved.head.number, channels, peers: saved.peers, invoices };
  print(json, answer, () =>
    pairs([
      ["directory", dir],
      ["node", node],
      ["backup", `as of block ${saved.head.number} of chain ${config.chainId}`],
      ...channels.map(({ channel, peer }) => ["channel", `${channel} with ${peer}`] as const),
      ["invoices", String(invoices)],
      ["next", `hashlane start --dir ${dir}`],
      ["then", "each channel closes when its peer is connected; hashlane channel list says how far it is"],
      ["if a peer is gone", "hashlane channel close CHANNEL --humble, where it has a recovery period"],
    ]),
  );
}
