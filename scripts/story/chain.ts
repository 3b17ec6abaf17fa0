import { BrowserProvider, FetchRequest, JsonRpcProvider, Network } from "ethers";
import type { JsonRpcApiProvider, JsonRpcSigner } from "ethers";

import { connectChain } from "../../src/chain/connection.ts";
import { reasonOf } from "../../src/chain/failure.ts";
import { HashlaneError } from "../../src/protocol/error.ts";
import { StoryFailure } from "./failure.ts";

const LOCALHOST = "http://127.0.0.1:8545";
const ANSWER_TIMEOUT_MS = 20_000;
/** A development chain answers at once: read it often and never from a cache. */
const OPTIONS = { cacheTimeout: -1, pollingInterval: 20 };

/** A development chain: it has funded accounts and lets us move its clock. */
export interface StoryChain {
  readonly name: string;
  readonly provider: JsonRpcApiProvider;
  /** A funded account that the chain signs for. */
  readonly bank: JsonRpcSigner;
  /** Seconds since 1970 of the newest block. */
  time(): Promise<number>;
  /** Moves the clock to this time, or on by a second if it is past, and mines a block. */
  travelTo(time: number): Promise<void>;
}

async function inProcess(): Promise<JsonRpcApiProvider> {
  const { network } = await import("hardhat");
  const connection = await network.create();
  return new BrowserProvider(connection.provider, "any", OPTIONS);
}

async function at(url: string, otherwise = ""): Promise<JsonRpcApiProvider> {
  try {
    const { chainId } = await connectChain(url);
    const request = new FetchRequest(url);
    request.timeout = ANSWER_TIMEOUT_MS;
    return new JsonRpcProvider(request, chainId, { ...OPTIONS, staticNetwork: Network.from(chainId) });
  } catch (thrown) {
    const reason = thrown instanceof HashlaneError && thrown.cause !== undefined ? thrown.cause : thrown;
    throw new StoryFailure(
      `no chain answers at ${url} (${reasonOf(reason)}). Start one in another terminal with ` +
        `\`npx hardhat node --hostname 127.0.0.1\`${otherwise}.`,
    );
  }
}

/** Null if the name is none of a chain that runs by itself. */
function urlOf(name: string): string | null {
  if (name === "localhost") return LOCALHOST;
  return name.startsWith("http://") || name.startsWith("https://") ? name : null;
}

async function providerOf(name: string): Promise<JsonRpcApiProvider> {
  if (name === "in-process") return inProcess();
  const url = urlOf(name);
  if (url !== null) return at(url, ", or leave out --network");
  throw new StoryFailure(
    `--network ${name} is unknown. Use in-process, localhost, or the URL of a development chain.`,
  );
}

async function timeOf(provider: JsonRpcApiProvider): Promise<number> {
  const block = await provider.getBlock("latest");
  if (block === null) throw new StoryFailure("the chain has no newest block. Start a new one and try again.");
  return block.timestamp;
}

export async function openChain(name: string): Promise<StoryChain> {
  return chainOf(name, await providerOf(name));
}

/** URL of a chain that goes on when this program has ended. */
export function runningUrl(name: string): string {
  const url = urlOf(name);
  if (url !== null) return url;
  throw new StoryFailure(
    `--network ${name} does not do here. Use localhost, or the URL of a development chain that runs by itself.`,
  );
}

export async function openRunningChain(name: string): Promise<StoryChain> {
  return chainOf(name, await at(runningUrl(name)));
}

async function chainOf(name: string, provider: JsonRpcApiProvider): Promise<StoryChain> {
  const accounts = (await provider.send("eth_accounts", [])) as string[];
  if (accounts[0] === undefined) {
    throw new StoryFailure(
      `the chain ${name} has no funded development account. Use one that \`npx hardhat node\` started.`,
    );
  }
  return {
    name,
    provider,
    bank: await provider.getSigner(accounts[0]),
    time: () => timeOf(provider),
    travelTo: async (time) => {
      const now = await timeOf(provider);
      await provider.send("evm_setNextBlockTimestamp", [Math.max(time, now + 1)]);
      await provider.send("evm_mine", []);
    },
  };
}
