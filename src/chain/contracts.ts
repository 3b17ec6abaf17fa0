import type { JsonRpcApiProvider } from "ethers";
import { Hashlane__factory, SecretRegistry__factory } from "../../typechain-types/index.ts";
import type { Hashlane, SecretRegistry } from "../../typechain-types/index.ts";
import { must, parseAddress } from "../protocol/checked.ts";
import { HashlaneError } from "../protocol/error.ts";
import type { Address, Domain } from "../protocol/types.ts";
import { connectChain, type ChainSource, type Connection } from "./connection.ts";
import { reasonOf } from "./failure.ts";

/** Where the contracts of a network of channels stand. */
export interface ContractsAt {
  readonly hashlane: Address;
  /** Refuses any other chain. */
  readonly chainId?: bigint;
  /**
   * Reading starts here; default 0. At or before the block of the registry's deployment: a witness recorded in a
   * block that is not read decides locks all the same.
   */
  readonly firstBlock?: number;
}

/** Contracts that were found on a chain that answers. */
export interface Contracts {
  readonly provider: JsonRpcApiProvider;
  readonly domain: Domain;
  readonly hashlane: Hashlane;
  readonly registry: SecretRegistry;
  readonly registryAddress: Address;
  readonly firstBlock: number;
  /** Of the chain, for messages to people. */
  readonly chainName: string;
}

/**
 * Connects to contracts that were deployed before.
 * Rejects with `chain_unreachable`, `chain_wrong`, or `contract_missing` if no Hashlane stands there.
 */
export async function connectContracts(source: ChainSource, at: ContractsAt): Promise<Contracts> {
  const connection = await connectChain(source, at.chainId);
  const { provider, chainId, name } = connection;
  const domain = { chainId, contract: at.hashlane };
  await requireHashlane(connection, domain);
  const hashlane = Hashlane__factory.connect(at.hashlane, provider);
  const registryAddress = must(parseAddress(await hashlane.registry()));
  return {
    provider,
    domain,
    hashlane,
    registry: SecretRegistry__factory.connect(registryAddress, provider),
    registryAddress,
    firstBlock: at.firstBlock ?? 0,
    chainName: name,
  };
}

/** Its EIP-712 domain tells a Hashlane of this version from any other contract. */
async function requireHashlane({ provider, name }: Connection, domain: Domain): Promise<void> {
  const { contract, chainId } = domain;
  const given = { chain: name, chain_id: chainId, address: contract };
  if ((await provider.getCode(contract)) === "0x") {
    throw new HashlaneError("contract_missing", {
      failed: "there is no contract at this address",
      given,
      next: "Check the address and the chain, or deploy the contracts first.",
    });
  }
  const found = await Hashlane__factory.connect(contract, provider)
    .eip712Domain()
    .catch((thrown: unknown) => reasonOf(thrown));
  const isOurs =
    typeof found !== "string" &&
    found.name === "Hashlane" &&
    found.version === "1" &&
    found.chainId === chainId &&
    found.verifyingContract.toLowerCase() === contract;
  if (isOurs) return;
  throw new HashlaneError("contract_missing", {
    failed: "the contract at this address is no Hashlane of version 1",
    given: typeof found === "string" ? { ...given, reason: found } : { ...given, name: found.name },
    next: "Give the address that the deployment of Hashlane printed.",
  });
}
