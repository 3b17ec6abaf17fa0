import { network } from "hardhat";
import {
  Hashlane__factory,
  SecretRegistry__factory,
  TestToken__factory,
} from "../../typechain-types/index.ts";
import { must, parseAddress, ZERO_ADDRESS } from "../../src/protocol/checked.ts";
import type { Address, ChainCommitment, Domain, Hex, ParamsId } from "../../src/protocol/types.ts";

/** The custom error with which a contract refused, its values as text. */
export interface Reverted {
  readonly name: string;
  readonly values: readonly string[];
}

export interface Sending {
  readonly from: Address;
  readonly to: Address | null;
  readonly data: string;
  readonly value?: bigint;
  /** Timestamp of the block that takes the call, above that of the block before. */
  readonly time: number;
}

export const hashlaneAbi = Hashlane__factory.createInterface();
export const registryAbi = SecretRegistry__factory.createInterface();
const tokenAbi = TestToken__factory.createInterface();

/** No chain of a test depends on the clock of the machine. */
const FIRST_TIME = 1_900_000_000;
/** Just below the most that a transaction may ask for [EIP-7825]. */
const GAS = "0xf42400";
const RICH = 1n << 200n;

/** What all channels of a test run on: contracts, and accounts that pay nothing for gas. */
export interface LocalChain {
  readonly domain: Domain;
  readonly registry: Address;
  readonly token: Address;
  readonly funder: Address;
  /** Time of the newest block when a history begins. */
  readonly start: number;
  /** Null if it was carried out. */
  send(sending: Sending): Promise<Reverted | null>;
  slotOf(paramsId: ParamsId): Promise<bigint>;
  recordTime(key: Hex): Promise<number>;
  /** Time and index, as text. */
  checkpointOf(commitment: ChainCommitment, number: number): Promise<string>;
  balanceOf(token: Address, account: Address): Promise<bigint>;
  /** Lets this account send. */
  adopt(account: Address): Promise<void>;
  /** Forgets all that happened since the start. */
  restart(): Promise<void>;
}

type Request = (method: string, ...params: unknown[]) => Promise<unknown>;

export async function startLocalChain(funder: Address): Promise<LocalChain> {
  const connection = await network.create({
    override: { initialBaseFeePerGas: 0, initialDate: new Date(FIRST_TIME * 1000) },
  });
  const request: Request = (method, ...params) => connection.provider.request({ method, params });
  let time = FIRST_TIME;
  await request("hardhat_impersonateAccount", funder);
  await request("hardhat_setBalance", funder, hexOf(RICH));
  const deploy = async (data: string): Promise<Address> => {
    time += 1;
    await request("evm_setNextBlockTimestamp", time);
    const hash = await request("eth_sendTransaction", transactionOf({ from: funder, to: null, data, time }));
    const receipt = (await request("eth_getTransactionReceipt", hash)) as {
      readonly contractAddress: string;
    };
    return must(parseAddress(receipt.contractAddress));
  };
  const registry = await deploy(SecretRegistry__factory.bytecode);
  const values = hashlaneAbi.encodeDeploy([registry, 1, 1_000_000]);
  const contract = await deploy(`${Hashlane__factory.bytecode}${values.slice(2)}`);
  const token = await deploy(TestToken__factory.bytecode);
  const chain = chainAt(request, { registry, token, funder, start: time + 2, contract });
  await chain.send({
    from: funder,
    to: token,
    data: tokenAbi.encodeFunctionData("set", [funder, RICH]),
    time: time + 1,
  });
  await chain.send({
    from: funder,
    to: token,
    data: tokenAbi.encodeFunctionData("approve", [contract, RICH]),
    time: time + 2,
  });
  return chain;
}

interface Deployed extends Pick<LocalChain, "registry" | "token" | "funder" | "start"> {
  readonly contract: Address;
}

function chainAt(request: Request, { contract, ...at }: Deployed): LocalChain {
  let snapshot: unknown = null;
  const call = async (to: Address, data: string): Promise<bigint> =>
    BigInt((await request("eth_call", { to, data }, "latest")) as string);
  return {
    ...at,
    domain: { chainId: 31337n, contract },
    send: async (sending) => {
      await request("evm_setNextBlockTimestamp", sending.time);
      try {
        await request("eth_sendTransaction", transactionOf(sending));
        return null;
      } catch (thrown) {
        return revertOf(thrown);
      }
    },
    slotOf: (paramsId) => call(contract, hashlaneAbi.encodeFunctionData("slotOf", [paramsId])),
    recordTime: async (key) =>
      Number(await call(at.registry, registryAbi.encodeFunctionData("timeOf", [key]))),
    checkpointOf: async (commitment, number) => {
      const data = registryAbi.encodeFunctionData("checkpointOf", [commitment, number]);
      const words = await request("eth_call", { to: at.registry, data }, "latest");
      return registryAbi.decodeFunctionResult("checkpointOf", words as string).join(" ");
    },
    balanceOf: async (token, account) =>
      token === ZERO_ADDRESS
        ? BigInt((await request("eth_getBalance", account, "latest")) as string)
        : call(token, tokenAbi.encodeFunctionData("balanceOf", [account])),
    adopt: async (account) => {
      await request("hardhat_impersonateAccount", account);
    },
    restart: async () => {
      if (snapshot !== null) await request("evm_revert", snapshot);
      snapshot = await request("evm_snapshot");
    },
  };
}

function hexOf(value: bigint): string {
  return `0x${value.toString(16)}`;
}

function transactionOf({ from, to, data, value = 0n }: Sending): Readonly<Record<string, string>> {
  const rest = { from, data, value: hexOf(value), gas: GAS, gasPrice: "0x0" };
  return to === null ? rest : { ...rest, to };
}

function revertOf(thrown: unknown): Reverted {
  const data = dataOf(thrown);
  const parsed = data === null ? null : (hashlaneAbi.parseError(data) ?? registryAbi.parseError(data));
  if (parsed === null) throw thrown;
  return { name: parsed.name, values: parsed.args.map((value) => String(value).toLowerCase()) };
}

/** Where the simulated chain puts what the call reverted with. */
function dataOf(thrown: unknown): string | null {
  if (typeof thrown !== "object" || thrown === null || !("data" in thrown)) return null;
  const { data } = thrown;
  if (typeof data === "string") return data;
  return dataOf(data);
}
