import addresses from "../../deployments/addresses.json" with { type: "json" };
import { must, parseAddress } from "../protocol/checked.ts";
import { HashlaneError } from "../protocol/error.ts";
import type { Address, Hex } from "../protocol/types.ts";
import { codeHashOf, type Immutables } from "./code.ts";
import { connectChain, type ChainSource, type Connection } from "./connection.ts";
import type { ContractsAt } from "./contracts.ts";
import type { ContractName } from "./deploy.ts";

/** A contract of this version, wherever the usual factory deploys it. */
interface UsualContract {
  readonly address: string;
  readonly codeHash: string;
  readonly immutables: Immutables;
}

/** What is known of one chain. */
interface KnownChain {
  /** At or before the deployment of the registry. */
  readonly firstBlock: number;
  /** For a chain on which the usual factory gives other addresses. */
  readonly contracts?: Readonly<Record<ContractName, string>>;
}

export interface AddressBook {
  readonly contracts: Readonly<Record<ContractName, UsualContract>>;
  /** By chain id. */
  readonly chains: Readonly<Record<string, KnownChain>>;
}

export interface KnownContracts extends Required<ContractsAt> {
  readonly registry: Address;
  readonly hashTimelock: Address;
}

/**
 * Where the contracts of this version stand on a chain for which nobody gave addresses. Their code is compared with
 * that of the build. Rejects with `chain_unreachable`, or `contract_missing` if one is not there or is another.
 */
export async function findContracts(
  source: ChainSource,
  book: AddressBook = addresses,
): Promise<KnownContracts> {
  const connection = await connectChain(source);
  const { chainId } = connection;
  const known = book.chains[chainId.toString()];
  const at = (name: ContractName): Address =>
    must(parseAddress(known?.contracts?.[name] ?? book.contracts[name].address));
  for (const name of ["registry", "hashlane", "hashTimelock"] as const) {
    await requireCode(connection, name, at(name), book.contracts[name]);
  }
  return {
    hashlane: at("hashlane"),
    registry: at("registry"),
    hashTimelock: at("hashTimelock"),
    chainId,
    firstBlock: known?.firstBlock ?? 0,
  };
}

async function requireCode(
  { provider, chainId, name: chain }: Connection,
  name: ContractName,
  address: Address,
  { codeHash: expected, immutables }: UsualContract,
): Promise<void> {
  const code = (await provider.getCode(address)) as Hex;
  const given = { chain, chain_id: chainId, contract: name, address };
  if (code === "0x") {
    throw new HashlaneError("contract_missing", {
      failed: "the contracts of this version are not on this chain",
      given,
      next: "Deploy them with `npm run deploy -- --contracts-only`, or give the addresses of others.",
    });
  }
  const actual = codeHashOf(code, immutables);
  if (actual === expected) return;
  throw new HashlaneError("contract_missing", {
    failed: "the contract at this address is not of this version: its code is another",
    given: { ...given, expected_code: expected, actual_code: actual },
    next: "Check that the chain's node tells the truth, or give the addresses of others.",
  });
}
