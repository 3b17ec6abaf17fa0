import { artifacts } from "hardhat";
import { Interface, MaxUint256 } from "ethers";

import type { Contracts } from "../../src/chain/contracts.ts";
import { asciiBytes } from "../../src/protocol/bytes.ts";
import { ZERO_ADDRESS } from "../../src/protocol/checked.ts";
import type { Signer } from "../../src/protocol/crypto.ts";
import { createPortableSigner, portableCrypto } from "../../src/protocol/portable-crypto.ts";
import type { Address } from "../../src/protocol/types.ts";
import { StoryFailure } from "../story/failure.ts";
import { deployWorld } from "../story/world.ts";
import { openGasChain, type GasChain } from "./chain.ts";

export const ONE = 10n ** 18n;
const RICH = 1_000_000n * ONE;

export interface Party {
  /** Holds ETH and tokens, and has approved the contract without limit. */
  readonly owner: Address;
  readonly signer: Signer;
}

export interface GasWorld {
  readonly chain: GasChain;
  readonly contracts: Contracts;
  readonly hashlane: Address;
  readonly token: Address;
  readonly A: Party;
  readonly B: Party;
  readonly tower: Address;
}

/** Runs apart from all others and gives the figure. */
export type Scenario = () => Promise<number>;

/** Contracts on a new chain, and two parties that have all they need to open channels. */
export async function createWorld(): Promise<GasWorld> {
  const chain = await openGasChain();
  const { world, deployment } = await deployWorld(chain.story);
  const hashlane = deployment.hashlane.address;
  const token = await deployToken(chain);
  // Those of the first accounts whose addresses have no zero byte.
  const [bank, A, , B, tower] = chain.accounts;
  if (bank === undefined || A === undefined || B === undefined || tower === undefined) {
    throw new StoryFailure("the chain has too few funded accounts.");
  }
  for (const owner of [A, B]) await provideTokens(chain, { token, bank, owner, hashlane });
  return {
    chain,
    contracts: world.contracts,
    hashlane,
    token,
    A: { owner: A, signer: signerOf("A") },
    B: { owner: B, signer: signerOf("B") },
    tower,
  };
}

/** What the contracts' code weighs on chain, in bytes. */
export async function codeSizes({ chain, contracts, hashlane }: GasWorld): Promise<Record<string, number>> {
  const sizeOf = async (address: Address): Promise<number> =>
    (await chain.story.provider.getCode(address)).length / 2 - 1;
  return { Hashlane: await sizeOf(hashlane), SecretRegistry: await sizeOf(contracts.registryAddress) };
}

function signerOf(name: string): Signer {
  return createPortableSigner(portableCrypto.keccak256(asciiBytes(`gas: signer of ${name}`)));
}

const TOKEN = new Interface([
  "function set(address account, uint256 balance)",
  "function approve(address spender, uint256 amount)",
]);

async function deployToken({ story }: GasChain): Promise<Address> {
  const { bytecode } = await artifacts.readArtifact("TestToken");
  const sent = await story.bank.sendTransaction({ data: bytecode });
  const receipt = await sent.wait();
  const address = receipt?.contractAddress ?? null;
  if (address === null) throw new StoryFailure("the test token was not deployed.");
  return address.toLowerCase() as Address;
}

async function provideTokens(
  chain: GasChain,
  { token, bank, owner, hashlane }: Record<"token" | "bank" | "owner" | "hashlane", Address>,
): Promise<void> {
  const set = TOKEN.encodeFunctionData("set", [owner, RICH]);
  const approve = TOKEN.encodeFunctionData("approve", [hashlane, MaxUint256]);
  await chain.send({ from: bank, to: token, data: set });
  await chain.send({ from: owner, to: token, data: approve });
}

/** The assets that scenarios run with: ETH, and the token under keys that end in Erc20. */
export function assetsOf({
  token,
}: GasWorld): readonly { readonly suffix: string; readonly token: Address }[] {
  return [
    { suffix: "", token: ZERO_ADDRESS },
    { suffix: "Erc20", token },
  ];
}
