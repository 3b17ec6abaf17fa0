import { join } from "node:path";
import { type Command, Option } from "commander";
import type { ConfigFile } from "../host/config-check.ts";
import { must, parseAddress } from "../protocol/checked.ts";
import type { Address } from "../protocol/types.ts";
import { makeDirectory, readText, writePrivate } from "../daemon/directory.ts";
import { defined } from "./init.ts";
import { usage, wholeNumber, withCommon, type CommonOptions } from "./options.ts";
import { pairs, print } from "./print.ts";
import { firstLine, passwordFrom } from "./secrets.ts";

interface RunOptions extends CommonOptions {
  readonly passwordFile?: string;
  readonly rpc?: string;
  readonly listen?: string;
  readonly log?: string;
}

interface InitOptions extends RunOptions {
  readonly rpc: string;
  readonly hashlane?: string;
  readonly wordsFile?: string;
  readonly fromWordsFile?: string;
  readonly tls: boolean;
  readonly confirmations?: number;
  readonly pollMs?: number;
  readonly recordSeconds?: number;
  readonly faucet?: number;
  readonly lightKdf: boolean;
}

const ETHER = 10n ** 18n;

/** What stands where in a tower's directory. */
function placesIn(directory: string) {
  return {
    config: join(directory, "tower.json"),
    keystore: join(directory, "keystore.json"),
    certificate: join(directory, "certificate.pem"),
    store: join(directory, "tower.sqlite"),
    /** Where it answers while it runs. */
    url: join(directory, "tower-url"),
  } as const;
}

const withPassword = (command: Command): Command =>
  withCommon(command).addOption(
    new Option("--password-file <file>", "its first line opens the key; asked for if left out").env(
      "HASHLANE_PASSWORD_FILE",
    ),
  );
const RPC = "JSON-RPC of the chain's node; several, with commas between, stand in for one another";

export function addTowerProgram(tower: Command): void {
  withPassword(tower.command("init"))
    .description("Make the directory of a new tower, with an encrypted key and a config file.")
    .addOption(new Option("--rpc <url>", RPC).env("HASHLANE_RPC").default("http://127.0.0.1:8545"))
    .option("--hashlane <address>", "the contract; that of this version if left out")
    .option("--words-file <file>", "write the 12 words that restore the key here, instead of showing them")
    .option("--from-words-file <file>", "restore the key from the words in this file")
    .option("--listen <host:port>", "take calls here (127.0.0.1:9740)")
    .option("--tls", "with a certificate of its own; else plain, for this machine or a proxy", false)
    .option("--confirmations <number>", "blocks on top of one that counts (12)", wholeNumber)
    .option("--poll-ms <number>", "between two looks at the chain (3000)", wholeNumber)
    .option("--record-seconds <number>", "a witness is recorded so long before its time (1200)", wholeNumber)
    .option("--faucet <eth>", "let a development chain give the account this much", wholeNumber)
    .option("--light-kdf", "encrypt so that the password is checked faster, by thieves too; for tests", false)
    .action((options: InitOptions) => init(options));
  withPassword(tower.command("run"))
    .description("Run the tower of a directory until Ctrl-C or SIGTERM.")
    .addOption(new Option("--rpc <url>", RPC).env("HASHLANE_RPC"))
    .option("--listen <host:port>", "take calls here")
    .addOption(new Option("--log <format>", "lines for people or for programs").choices(["pretty", "json"]))
    .action((options: RunOptions) => run(options));
}

async function init(options: InitOptions): Promise<void> {
  const { dir, json, rpc, wordsFile, fromWordsFile, lightKdf, faucet } = options;
  if (fromWordsFile === undefined && wordsFile === undefined && (json || !process.stdout.isTTY))
    throw usage("the words would not be seen, and they are shown only once", "Give --words-file.");
  const [{ newPhrase, keyOfPhrase, encryptKey }, { setBalance }] = await Promise.all([
    import("../chain/keystore.ts"),
    import("../chain/development.ts"),
  ]);
  const phrase = fromWordsFile === undefined ? newPhrase() : firstLine(fromWordsFile);
  const { address } = keyOfPhrase(phrase);
  const password = await passwordFrom(options.passwordFile, true);
  const places = placesIn(dir);
  const text = await configText(options, places.config);
  makeDirectory(dir);
  if (faucet !== undefined) await setBalance(rpc, address, BigInt(faucet) * ETHER);
  if (wordsFile !== undefined) writePrivate(wordsFile, `${phrase}\n`);
  writePrivate(places.keystore, `${await encryptKey(phrase, password, lightKdf)}\n`);
  // Last: a directory with a config is a tower.
  writePrivate(places.config, text);
  print(json, { directory: dir, tower: address }, () =>
    pairs([
      ["directory", dir],
      ["tower", `${address} (fund it with ETH: it pays for gas)`],
      ...(wordsFile === undefined && fromWordsFile === undefined ? [["words", phrase] as const] : []),
      ["next", `hashlane tower run --dir ${dir}`],
    ]),
  );
}

/** Checked, the chain included. */
async function configText(options: InitOptions, path: string): Promise<string> {
  const { rpc, listen, tls, confirmations, pollMs, recordSeconds } = options;
  const [{ findContracts }, { connectContracts }, { readTowerConfig, TOWER_DEFAULTS }] = await Promise.all([
    import("../chain/addresses.ts"),
    import("../chain/contracts.ts"),
    import("../tower/config.ts"),
  ]);
  const at: { readonly hashlane: Address; readonly firstBlock: number } =
    options.hashlane === undefined
      ? await findContracts(rpc)
      : { hashlane: must(parseAddress(options.hashlane)), firstBlock: 0 };
  const { domain } = await connectContracts(rpc, { hashlane: at.hashlane });
  const file: ConfigFile = {
    ...{ rpc, chainId: domain.chainId.toString(), hashlane: at.hashlane, firstBlock: at.firstBlock },
    ...{ confirmations: 12, pollMs: 3000, ...TOWER_DEFAULTS },
    ...defined({ listen, tls, confirmations, pollMs, recordSeconds }),
  };
  const text = `${JSON.stringify(file, null, 2)}\n`;
  readTowerConfig(path, text);
  return text;
}

async function run(options: RunOptions): Promise<void> {
  const { dir, rpc, listen } = options;
  const places = placesIn(dir);
  const text = readText(places.config);
  if (text === null) throw usage(`there is no tower in ${dir}`, "Make one with hashlane tower init.");
  const [{ readTowerConfig }, { startTower }, { decryptKey }, { createLogger }, certificates, { VERSION }] =
    await Promise.all([
      import("../tower/config.ts"),
      import("../tower/tower.ts"),
      import("../chain/keystore.ts"),
      import("../daemon/log.ts"),
      import("../daemon/certificate.ts"),
      import("../daemon/version.ts"),
    ]);
  const log = options.log ?? (options.json ? "json" : undefined);
  const config = readTowerConfig(places.config, text, defined({ rpc, listen, log }));
  const key = await decryptKey(
    readText(places.keystore) ?? "",
    await passwordFrom(options.passwordFile, false),
  );
  const logger = createLogger(config.log, (line) => process.stdout.write(`${line}\n`));
  const tls = config.tls ? await certificates.loadCertificate(places.certificate) : null;
  const tower = await startTower({ config, version: VERSION, key, file: places.store, tls, logger });
  writePrivate(places.url, `${tower.url}\n`);
  logger.info("the tower is up", { tower: tower.address, url: tower.url, chain: config.chainId });
  await signalled();
  logger.info("stopping; a second signal ends it at once");
  await tower.stop();
  logger.info("the tower is down");
}

function signalled(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) {
      process.once(signal, () => {
        process.once(signal, () => process.exit(1));
        resolve();
      });
    }
  });
}
