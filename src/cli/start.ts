import { type Command, Option } from "commander";
import type { Config } from "../daemon/config.ts";
import type { Daemon } from "../daemon/daemon.ts";
import { readText, requireDirectory } from "../daemon/directory.ts";
import { defined, listenOf } from "./init.ts";
import { wholeNumber, withCommon, type CommonOptions } from "./options.ts";
import { passwordFrom } from "./secrets.ts";

interface Options extends CommonOptions {
  readonly passwordFile?: string;
  readonly rpc?: string;
  readonly listen?: string;
  readonly apiPort?: number;
  readonly log?: string;
  readonly acceptLoss: boolean;
}

export function addStartCommand(program: Command): void {
  withCommon(program.command("start"))
    .description(
      "Run the node of a directory until Ctrl-C or SIGTERM. What is given here wins over its config.",
    )
    .addOption(
      new Option("--password-file <file>", "its first line opens the key; asked for if left out").env(
        "HASHLANE_PASSWORD_FILE",
      ),
    )
    .addOption(
      new Option(
        "--rpc <url>",
        "JSON-RPC of the chain's node; several, with commas between, stand in for one another",
      ).env("HASHLANE_RPC"),
    )
    .addOption(new Option("--listen <host:port>", "take connections here, or none").env("HASHLANE_LISTEN"))
    .addOption(
      new Option("--api-port <port>", "port of the API on this machine")
        .env("HASHLANE_API_PORT")
        .argParser(wholeNumber),
    )
    .addOption(
      new Option("--log <format>", "lines for people or for programs")
        .choices(["pretty", "json"])
        .env("HASHLANE_LOG"),
    )
    .option(
      "--accept-loss",
      "start although a tower proves that this directory is not the newest: all channels are closed with the peers' help",
      false,
    )
    .action((options: Options) => start(options));
}

async function start(options: Options): Promise<void> {
  const places = requireDirectory(options.dir);
  const [{ readConfig }, { startDaemon }, { decryptKey }, { createLogger }] = await Promise.all([
    import("../daemon/config.ts"),
    import("../daemon/daemon.ts"),
    import("../chain/keystore.ts"),
    import("../daemon/log.ts"),
  ]);
  const { rpc, apiPort } = options;
  const log = options.log ?? (options.json ? "json" : undefined);
  const over = { ...defined({ rpc, apiPort, log }), ...listenOf(options) };
  const config: Config = readConfig(places.config, readText(places.config) ?? "", over);
  const password = await passwordFrom(options.passwordFile, false);
  const key = await decryptKey(readText(places.keystore) ?? "", password);
  const logger = createLogger(config.log, (line) => process.stdout.write(`${line}\n`));
  const daemon = await startDaemon({ config, places, key, logger, acceptsLoss: options.acceptLoss });
  const { apiUrl: api, uri } = daemon;
  logger.info("the node is up", { alias: config.alias, uri: uri ?? "none", api, chain: config.chainId });
  stopBySignal(daemon, () => logger.info("stopping; a second signal ends it at once"));
  const failure = await daemon.ended;
  if (failure === null) logger.info("the node is down");
  else throw failure;
}

function stopBySignal(daemon: Daemon, say: () => void): void {
  let isStopping = false;
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => {
      if (isStopping) process.exit(1);
      isStopping = true;
      say();
      void daemon.stop();
    });
  }
}
