import type { JsonRpcApiProvider } from "ethers";

import { placeAdapter } from "../../src/chain/adapter.ts";
import { connectChain, type Connection } from "../../src/chain/connection.ts";
import {
  deployContracts,
  type ChallengeBounds,
  type ContractName,
  type Deployment,
} from "../../src/chain/deploy.ts";
import type { Address } from "../../src/protocol/types.ts";
import { runningUrl } from "../story/chain.ts";
import { createTeller, type Teller } from "../story/print.ts";
import { parseBounds, type BoundsOptions } from "./bounds.ts";
import { CONTRACTS, SOLIDITY_NAMES } from "./build.ts";
import { inspect, requireThisBuild, type Standing } from "./inspect.ts";
import { payerOf } from "./payer.ts";
import { blockOfCreation, recordChain, refuseToRecord } from "./record.ts";

export interface ContractsOptions extends BoundsOptions {
  readonly network: string;
  readonly json: boolean;
  readonly keyFile?: string;
  readonly verifyOnly: boolean;
  readonly record: boolean;
  readonly fundingAdapter: boolean;
}

export type Addresses = Readonly<Record<ContractName, Address>>;

function addressesOf(standings: readonly Standing[]): Addresses {
  return Object.fromEntries(standings.map(({ contract, address }) => [contract, address])) as Addresses;
}

/** Those that no transaction of ours has made. */
export function stoodAlready(deployment: Deployment): readonly ContractName[] {
  return CONTRACTS.filter((name) => deployment[name].gasUsed === 0n);
}

export function tellContracts(teller: Teller, deployment: Deployment): void {
  teller.table(
    ["contract", "address", "gas"],
    CONTRACTS.map((name) => {
      const { address, gasUsed } = deployment[name];
      return [
        SOLIDITY_NAMES[name],
        address,
        gasUsed === 0n ? "stands already" : gasUsed.toLocaleString("en"),
      ];
    }),
  );
  teller.say("The code on chain is that of this build.");
}

/** What the transactions made is read back, and must be this build. */
export async function checkDeployment(
  provider: JsonRpcApiProvider,
  options: BoundsOptions,
  network: string,
): Promise<void> {
  requireThisBuild(await inspect(provider, parseBounds(options)), network);
}

/** What stands there is compared with the build; nothing is sent. */
async function tellStanding(teller: Teller, connection: Connection, bounds: ChallengeBounds): Promise<void> {
  const { provider, chainId, name: network } = connection;
  const standings = await inspect(provider, bounds);
  teller.part(`What stands on ${network}, chain ${chainId}`);
  teller.table(
    ["contract", "address", "code"],
    standings.map(({ contract, address, state }) => [SOLIDITY_NAMES[contract], address, state]),
  );
  requireThisBuild(standings, network);
  teller.end({ chainId, contracts: addressesOf(standings), verified: true });
}

/** 0 if the registry stood already and the node does not tell since when, unless it must be known. */
async function firstBlockOf(
  provider: JsonRpcApiProvider,
  { registry, firstBlock }: Deployment,
  mustKnow: boolean,
): Promise<number> {
  if (firstBlock > 0) return firstBlock;
  const found = blockOfCreation(provider, registry.address);
  return mustKnow ? found : found.catch(() => 0);
}

/** Deploys the contracts alone, on any chain; with `verifyOnly` sends nothing. */
export async function tellContractsOnly(options: ContractsOptions): Promise<void> {
  const bounds = parseBounds(options);
  if (options.record) refuseToRecord(bounds);
  const teller = createTeller(options.json);
  const connection = await connectChain(runningUrl(options.network));
  if (options.verifyOnly) return tellStanding(teller, connection, bounds);

  const { provider, chainId, name: network } = connection;
  const account = await payerOf(provider, options.keyFile);
  teller.part(`Contracts are deployed on ${network}, chain ${chainId}, by ${account.address}`);
  const deployment = await deployContracts(account, bounds);
  const standings = await inspect(provider, bounds);
  requireThisBuild(standings, network);
  tellContracts(teller, deployment);
  const adapter = options.fundingAdapter ? await placeAdapter(account, deployment.hashlane.address) : null;
  if (adapter !== null) teller.say(`The FundingAdapter stands at ${adapter.address}.`);
  const firstBlock = await firstBlockOf(provider, deployment, options.record);
  if (firstBlock > 0)
    teller.say(`The registry stands since block ${firstBlock}: nodes need not read older ones.`);
  if (options.record) {
    await recordChain(chainId, firstBlock);
    teller.say("deployments/addresses.json and erc7730/ say so now. Commit them.");
  }
  teller.end({
    chainId,
    contracts: addressesOf(standings),
    ...(adapter === null ? {} : { fundingAdapter: adapter.address }),
    stoodAlready: stoodAlready(deployment),
    firstBlock,
    verified: true,
  });
}
