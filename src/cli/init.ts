import { type Command, Option } from "commander";
import { resolve } from "node:path";
import { parseUnits } from "../api/amounts.ts";
import { parseAddress, ZERO_ADDRESS } from "../protocol/checked.ts";
import type { Address } from "../protocol/types.ts";
import type { ConfigFile } from "../daemon/config.ts";
import { readText } from "../daemon/directory.ts";
import { PROFILES, type Profile } from "../daemon/profile.ts";
import { usage, wholeNumber, withCommon, type CommonOptions } from "./options.ts";
import { pairs, print } from "./print.ts";
import { firstLine, passwordFrom } from "./secrets.ts";

interface Options extends CommonOptions {
  readonly passwordFile?: string;
  readonly wordsFile?: string;
  readonly fromWordsFile?: string;
  readonly owner?: string;
  readonly rpc: string;
  readonly hashlane?: string;
  readonly firstBlock?: number;
  readonly deployment?: string;
  readonly listen?: string;
  readonly announce?: string;
  readonly alias?: string;
  readonly claimSeconds?: number;
  readonly challengeSeconds?: number;
  readonly confirmations?: number;
  readonly pollMs?: number;
  readonly apiPort?: number;
  readonly log?: string;
  readonly spontaneous?: boolean;
  readonly profile: Profile;
  readonly slotFee?: string;
  readonly rentPpm?: number;
  readonly shares?: boolean;
  readonly explorer?: boolean;
  readonly feeBase?: string;
  readonly feePpm?: number;
  readonly maxPayment?: string;
  readonly token: Readonly<Record<string, Address>>;
  readonly faucet?: string;
  readonly lightKdf: boolean;
}

const ETH = { symbol: "ETH", token: ZERO_ADDRESS, decimals: 18 };

const PROFILE = new Option(
  "--profile <name>",
  "public: for a node that forwards for anybody, with rent and shares against jamming",
)
  .choices(PROFILES)
  .default("local");

export function addInitCommand(program: Command): void {
  const command = withCommon(program.command("init"))
    .description("Make a new node: a directory with an encrypted key, a config file and a token for its API.")
    .addOption(
      new Option("--password-file <file>", "its first line encrypts the key; asked for if left out").env(
        "HASHLANE_PASSWORD_FILE",
      ),
    )
    .option(
      "--words-file <file>",
      "write the 12 words that restore the key here, instead of showing them once",
    )
    .option("--from-words-file <file>", "restore the key from the words in this file")
    .addOption(
      new Option(
        "--rpc <url>",
        "JSON-RPC of the chain's node; several, with commas between, stand in for one another",
      )
        .env("HASHLANE_RPC")
        .default("http://127.0.0.1:8545"),
    )
    .option(
      "--owner <address>",
      "whom channels pay: a cold or a smart account; the node's own if left out, which brings deposits in and pays " +
        "for gas in any case",
    )
    .option("--deployment <file>", "JSON file of a deployment with the contracts' addresses")
    .option("--hashlane <address>", "the contract; that of this version if neither is given")
    .option("--first-block <number>", "block from which on the contract is read", wholeNumber)
    .option("--light-kdf", "encrypt so that the password is checked faster, by thieves too; for tests", false)
    .option(
      "--token <symbol=address>",
      "an ERC-20 token to hold channels in, such as USDC=0x...; may be given again for others",
      collectToken,
      {},
    )
    .addOption(PROFILE)
    .option("--faucet <eth>", "let a development chain give the account this much");
  addSettings(command).action((options: Options) => init(options));
}

function addSettings(command: Command): Command {
  return command
    .optionsGroup("Settings, which stand in config.json afterwards:")
    .addOption(
      new Option("--listen <host:port>", "take connections here, or none (127.0.0.1:9735)").env(
        "HASHLANE_LISTEN",
      ),
    )
    .option("--announce <host:port>", "where others reach it from outside")
    .option("--alias <name>", "name for people")
    .addOption(
      new Option("--api-port <port>", "port of the API on this machine, 0 for any that is free (9736)")
        .env("HASHLANE_API_PORT")
        .argParser(wholeNumber),
    )
    .option("--fee-base <eth>", "asked for each forwarded payment (0.000001)")
    .option("--fee-ppm <number>", "and so many millionths of it (100)", wholeNumber)
    .option("--slot-fee <eth>", "asked for the place of each lock, also of one that comes back (0)")
    .option("--rent-ppm <number>", "and so many millionths of it for a day (0)", wholeNumber)
    .option("--shares", "let no neighbour fill more than its share of a channel (no)")
    .option("--max-payment <eth>", "largest single payment by this node (10)")
    .option("--claim-seconds <number>", "wanted for getting a record on chain (3600)", wholeNumber)
    .option("--challenge-seconds <number>", "challenge period of channels that it opens (86400)", wholeNumber)
    .option(
      "--confirmations <number>",
      "blocks on top of one that counts (12; 0 on a development chain)",
      wholeNumber,
    )
    .option(
      "--poll-ms <number>",
      "between two looks at the chain (3000; 250 on a development chain)",
      wholeNumber,
    )
    .option("--spontaneous", "take payments that nobody asked for (no)")
    .option("--explorer", "show all channels of the chain at the API's port, without a token (no)")
    .addOption(new Option("--log <format>", "of hashlane start (pretty)").choices(["pretty", "json"]));
}

async function init(options: Options): Promise<void> {
  const { dir, json, rpc, wordsFile, fromWordsFile, owner } = options;
  const at = contractOf(options);
  const faucet = options.faucet === undefined ? null : parsed(parseUnits(options.faucet, ETH), "--faucet");
  if (fromWordsFile === undefined && wordsFile === undefined && (json || !process.stdout.isTTY)) {
    throw usage("the words would not be seen, and they are shown only once", "Give --words-file.");
  }
  const [{ newPhrase }, { initNode }] = await Promise.all([
    import("../chain/keystore.ts"),
    import("../daemon/init.ts"),
  ]);
  const password = await passwordFrom(options.passwordFile, true);
  const phrase = fromWordsFile === undefined ? newPhrase() : firstLine(fromWordsFile);
  const { node, config } = await initNode({
    ...{ directory: dir, phrase, password, isLight: options.lightKdf, rpc, faucet },
    ...{ wordsFile: wordsFile === undefined ? null : resolve(wordsFile) },
    ...{ hashlane: at.hashlane, firstBlock: options.firstBlock ?? at.firstBlock },
    ...{ owner: owner === undefined ? null : parsed(parseAddress(owner), "--owner") },
    ...{ settings: settingsOf(options), ethTerms: ethTermsOf(options), tokens: options.token },
    profile: options.profile,
  });
  print(
    json,
    { directory: dir, node, owner: config.owner, chainId: config.chainId.toString(), hashlane: at.hashlane },
    () => {
      const rows = pairs([
        ["directory", dir],
        ["node", node],
        ["account", `${node} (fund it with ETH: it pays for gas and deposits)`],
        ...(config.owner === node ? [] : [["owner", `${config.owner} (is paid when channels end)`] as const]),
        ["chain", `${config.chainId}, contract ${config.hashlane}`],
      ]);
      const words =
        fromWordsFile === undefined && wordsFile === undefined
          ? `\n\nWrite these words down. They are not shown again, and whoever has them has the account:\n\n  ${phrase}`
          : "";
      return `${rows}${words}\n\nNext: hashlane start --dir ${dir}`;
    },
  );
}

function collectToken(text: string, before: Readonly<Record<string, Address>>): Record<string, Address> {
  const [, symbol = "", address = ""] = /^([A-Za-z0-9]{1,16})=(.*)$/.exec(text) ?? [];
  if (symbol === "") {
    throw usage(
      `${text.slice(0, 80)} is no SYMBOL=ADDRESS`,
      "Give one such as USDC=0x...: letters and digits first.",
    );
  }
  return { ...before, [symbol]: parsed(parseAddress(address), `--token ${symbol}`) };
}

function settingsOf(options: Options): ConfigFile {
  const { alias, announce, claimSeconds, challengeSeconds, confirmations, pollMs, apiPort, log } = options;
  const given = { alias, announce, claimSeconds, challengeSeconds, confirmations, pollMs, apiPort, log };
  const { spontaneous, shares, explorer } = options;
  return { ...defined({ ...given, spontaneous, shares, explorer }), ...listenOf(options) };
}

export function listenOf({ listen }: { readonly listen?: string }): ConfigFile {
  return listen === undefined ? {} : { listen: listen === "none" ? null : listen };
}

function ethTermsOf({ feeBase, feePpm, slotFee, rentPpm, maxPayment }: Options): ConfigFile {
  return defined({ feeBase, feePpm, slotFee, rentPpm, maxPayment });
}

export function defined(values: ConfigFile): ConfigFile {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}

interface Deployed {
  readonly hashlane: Address | null;
  readonly firstBlock: number | null;
}

function contractOf({ hashlane, deployment }: Options): Deployed {
  if (hashlane !== undefined)
    return { hashlane: parsed(parseAddress(hashlane), "--hashlane"), firstBlock: null };
  if (deployment !== undefined) return readDeployment(deployment);
  return { hashlane: null, firstBlock: null };
}

/** `contracts.hashlane` as an address or with one, and `firstBlock` if it is known. */
function readDeployment(file: string): Deployed {
  const text = readText(file);
  if (text === null)
    throw usage(`there is no file ${file}`, "Deploy first, or name the contract with --hashlane.");
  let read: unknown;
  try {
    read = JSON.parse(text);
  } catch {
    throw usage(`${file} is no JSON`, "Name the file of a deployment.");
  }
  const { contracts, firstBlock } = read as { contracts?: { hashlane?: unknown }; firstBlock?: unknown };
  const found = contracts?.hashlane;
  const address = typeof found === "object" && found !== null && "address" in found ? found.address : found;
  if (typeof address !== "string")
    throw usage(`${file} names no contracts.hashlane`, "Name the file of a deployment.");
  const hashlane = parsed(parseAddress(address), file);
  return { hashlane, firstBlock: typeof firstBlock === "number" ? firstBlock : null };
}

function parsed<T>(checked: { ok: true; value: T } | { ok: false; problem: string }, where: string): T {
  if (checked.ok) return checked.value;
  throw usage(`${where} does not do: ${checked.problem}`, "Correct it.");
}
