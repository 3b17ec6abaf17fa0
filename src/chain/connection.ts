import { BrowserProvider, JsonRpcApiProvider, Network } from "ethers";
import type { Eip1193Provider } from "ethers";
import { HashlaneError } from "../protocol/error.ts";
import { chainIdOf, EndpointsProvider, FRESH, originOf, urlsIn } from "./endpoints.ts";
import { reasonOf } from "./failure.ts";

/** The URL of a JSON-RPC node, or of several separated by commas, an EIP-1193 provider (a browser wallet, Hardhat's in-process chain), or one of ethers. */
export type ChainSource = string | Eip1193Provider | JsonRpcApiProvider;

export interface Connection {
  readonly provider: JsonRpcApiProvider;
  readonly chainId: bigint;
  /** For messages to people: never with a path or query, where access keys stand. */
  readonly name: string;
}

/**
 * Connects to a chain that answers now.
 * Rejects with `chain_unreachable` if nobody answers and `chain_wrong` if it is not the chain `expected`.
 */
export async function connectChain(source: ChainSource, expected?: bigint): Promise<Connection> {
  const name = nameOf(source);
  const chainId = await askChainId(source, name);
  if (expected !== undefined && chainId !== expected) {
    throw new HashlaneError("chain_wrong", {
      failed: "this is another chain than the one that was asked for",
      given: { chain: name, expected_id: expected, actual_id: chainId },
      next: "Give the URL of a node of the right chain, or the contracts of this one.",
    });
  }
  return { provider: providerOf(source, chainId), chainId, name };
}

function nameOf(source: ChainSource): string {
  if (typeof source !== "string") return "in-process provider";
  const urls = urlsIn(source);
  if (urls.length === 0 || !urls.every((url) => URL.canParse(url))) {
    throw new HashlaneError("chain_unreachable", {
      failed: "this is no URL of a JSON-RPC node, nor several separated by commas",
      next: "Give one such as http://127.0.0.1:8545.",
    });
  }
  return urls.map(originOf).join(", ");
}

function providerOf(source: ChainSource, chainId: bigint): JsonRpcApiProvider {
  if (source instanceof JsonRpcApiProvider) return source;
  const staticNetwork = Network.from(chainId);
  return typeof source === "string"
    ? new EndpointsProvider(urlsIn(source), chainId)
    : new BrowserProvider(source, chainId, { ...FRESH, staticNetwork });
}

async function askChainId(source: ChainSource, name: string): Promise<bigint> {
  try {
    return BigInt(await rawChainId(source));
  } catch (cause) {
    throw new HashlaneError(
      "chain_unreachable",
      {
        failed: "no chain answers",
        given: { chain: name, reason: reasonOf(cause) },
        next: "Check the address, that the node runs and that this machine may reach it, then try again.",
      },
      { cause },
    );
  }
}

async function rawChainId(source: ChainSource): Promise<string | bigint> {
  if (source instanceof JsonRpcApiProvider) return (await source.send("eth_chainId", [])) as string;
  if (typeof source !== "string") return (await source.request({ method: "eth_chainId" })) as string;
  return firstChainId(urlsIn(source));
}

/** Of the first that answers; why the first one does not if none does. */
async function firstChainId(urls: readonly string[]): Promise<bigint> {
  const asked = await Promise.allSettled(urls.map(chainIdOf));
  const answered = asked.find((one) => one.status === "fulfilled");
  if (answered !== undefined) return answered.value;
  const [first] = asked;
  throw first?.status === "rejected" ? first.reason : new Error("there is no URL");
}
