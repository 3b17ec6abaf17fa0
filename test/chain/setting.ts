import { BrowserProvider } from "ethers";
import { network } from "hardhat";
import { accountOfNode, type Account } from "../../src/chain/account.ts";
import { connectContracts, type Contracts } from "../../src/chain/contracts.ts";
import { deployContracts } from "../../src/chain/deploy.ts";
import { transact } from "../../src/chain/receipt.ts";
import { must, parseAddress, ZERO_ADDRESS } from "../../src/protocol/checked.ts";
import type { Address, Amount, Hex, Params } from "../../src/protocol/types.ts";
import { TestToken__factory } from "../../typechain-types/index.ts";
import type { TestToken } from "../../typechain-types/index.ts";

export const CHALLENGE = 3600;

/** Hashlane on a fresh in-process chain, with two accounts that the chain signs for. */
export interface Setting {
  readonly provider: BrowserProvider;
  readonly contracts: Contracts;
  readonly first: Account;
  readonly second: Account;
}

export async function setUp(): Promise<Setting> {
  const connection = await network.create();
  const provider = new BrowserProvider(connection.provider, "any", { cacheTimeout: -1, pollingInterval: 20 });
  const [one = "", two = ""] = (await provider.send("eth_accounts", [])) as string[];
  const first = await accountOfNode(provider, must(parseAddress(one)));
  const second = await accountOfNode(provider, must(parseAddress(two)));
  const deployed = await deployContracts(first, { leastChallenge: 60, mostChallenge: 30 * 24 * 3600 });
  const { firstBlock, hashlane } = deployed;
  const contracts = await connectContracts(provider, { hashlane: hashlane.address, firstBlock });
  return { provider, contracts, first, second };
}

/** The owners sign for themselves. */
export function paramsOf({ first, second }: Setting, token: Address = ZERO_ADDRESS, salt = 0n): Params {
  return {
    ownerA: first.address,
    ownerB: second.address,
    signerA: first.address,
    signerB: second.address,
    token,
    challengePeriod: CHALLENGE,
    recoveryPeriod: 0,
    salt,
  };
}

/** A token of which the first account holds this much. */
export async function mint({ provider, first }: Setting, amount: Amount): Promise<TestToken> {
  const call = { to: null, data: TestToken__factory.bytecode as Hex, value: 0n, pushes: false };
  const { created } = await transact(first, "the deployment", call);
  if (created === null) throw new Error("no contract was made");
  const token = TestToken__factory.connect(created, provider);
  const data = token.interface.encodeFunctionData("set", [first.address, amount]) as Hex;
  await transact(first, "the minting", { to: created, data, value: 0n, pushes: false });
  return token;
}
