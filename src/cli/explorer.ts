import { resolve } from "node:path";
import { type Command, Option } from "commander";
import { type Endpoint, parseEndpoint } from "../host/endpoint.ts";
import { parseAddress } from "../protocol/checked.ts";
import type { Address } from "../protocol/types.ts";
import { usage, wholeNumber } from "./options.ts";

interface Options {
  readonly rpc: string;
  readonly hashlane?: string;
  readonly firstBlock?: number;
  readonly index: string;
  readonly listen: string;
  readonly pollMs: number;
  readonly json: boolean;
}

/** A development chain makes blocks only on demand. */
const DEVELOPMENT_CHAIN = 31_337n;
const STALE_SECONDS = 180;

export function addExplorerCommand(program: Command): void {
  program
    .command("explorer")
    .description("Show the network as a web page from any node of the chain, without a node of one's own.")
    .addOption(
      new Option("--rpc <url>", "JSON-RPC of the chain's node; several with commas between")
        .env("HASHLANE_RPC")
        .makeOptionMandatory(),
    )
    .option("--hashlane <address>", "of the contract; where it stands on every chain if left out")
    .option("--first-block <number>", "at or before the contract's deployment", wholeNumber)
    .option("--index <file>", "where what is read is kept", "hashlane-explorer.sqlite")
    .option("--listen <host:port>", "where the page is served, to everybody who reaches it", "127.0.0.1:9737")
    .option("--poll-ms <number>", "milliseconds between two looks at the chain", wholeNumber, 2000)
    .option("--json", "print JSON on one line, for programs", false)
    .action((options: Options) => run(options));
}

async function run(options: Options): Promise<void> {
  const at = endpointOf(options.listen);
  const [{ ExplorerService }, { createExplorerApi }, { createPages }, { startSite }] = await Promise.all([
    import("../indexer/answers.ts"),
    import("../indexer/http.ts"),
    import("../indexer/pages.ts"),
    import("../indexer/site.ts"),
  ]);
  const explorer = await explorerOf(options);
  const onFailure = (reason: string): void => console.error(reason);
  const api = createExplorerApi(new ExplorerService(explorer), onFailure);
  const site = await startSite([api, createPages()], at);
  explorer.start();
  console.log(
    options.json ? JSON.stringify({ url: site.url }) : `The explorer is at ${site.url} until Ctrl-C.`,
  );
  await new Promise<void>((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => resolve());
  });
  await site.stop();
  await explorer.stop();
}

async function explorerOf({ rpc, hashlane, firstBlock, index, pollMs }: Options) {
  const [{ findContracts }, { connectContracts }, { Explorer }] = await Promise.all([
    import("../chain/addresses.ts"),
    import("../chain/contracts.ts"),
    import("../indexer/explorer.ts"),
  ]);
  const found =
    hashlane === undefined ? await findContracts(rpc) : { hashlane: addressIn(hashlane), firstBlock: 0 };
  const at = { ...found, firstBlock: firstBlock ?? found.firstBlock };
  const contracts = await connectContracts(rpc, at);
  const staleSeconds = contracts.domain.chainId === DEVELOPMENT_CHAIN ? null : STALE_SECONDS;
  const onProblem = (message: string): void => console.error(message);
  return new Explorer({ contracts, path: resolve(index), pollMs, staleSeconds, gossip: null, onProblem });
}

function addressIn(text: string): Address {
  const parsed = parseAddress(text);
  if (parsed.ok) return parsed.value;
  throw usage(parsed.problem, "Give the address that the deployment printed.");
}

function endpointOf(text: string): Endpoint {
  const parsed = parseEndpoint(text);
  if (parsed.ok) return parsed.value;
  throw usage(parsed.problem, "Give one such as 127.0.0.1:9737.");
}
