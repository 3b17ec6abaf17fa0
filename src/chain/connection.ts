import { BrowserProvider, FetchRequest, JsonRpcApiProvider, JsonRpcProvider, Network } from "ethers";
import type { Eip1193Provider } from "ethers";
import { HashlaneError } from "../protocol/error.ts";
import { reasonOf } from "./failure.ts";

/** The URL of a JSON-RPC node, an EIP-1193 provider (a browser wallet, Hardhat's in-process chain), or one of ethers. */
export type ChainSource = string | Eip1193Provider | JsonRpcApiProvider;

export interface Connection {
  readonly provider: JsonRpcApiProvider;
  readonly chainId: bigint;
  /** For messages to people: never with a path or query, where access keys stand. */
  readonly name: string;
}

const ANSWER_TIMEOUT_MS = 10_000;
/** Answers must not come from a cache: a test or a story mines and reads in one breath. */
const FRESH = { cacheTimeout: -1 } as const;

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
  if (!URL.canParse(source)) {
    throw new HashlaneError("chain_unreachable", {
      failed: "this is no URL of a JSON-RPC node",
      next: "Give one such as http://127.0.0.1:8545.",
    });
  }
  return new URL(source).origin;
}

function providerOf(source: ChainSource, chainId: bigint): JsonRpcApiProvider {
  if (source instanceof JsonRpcApiProvider) return source;
  const staticNetwork = Network.from(chainId);
  return typeof source === "string"
    ? new JsonRpcProvider(source, chainId, { ...FRESH, staticNetwork })
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

/** Not through ethers' providers, which try for ever to reach a node that does not answer at the start. */
async function rawChainId(source: ChainSource): Promise<string> {
  if (source instanceof JsonRpcApiProvider) return (await source.send("eth_chainId", [])) as string;
  if (typeof source !== "string") return (await source.request({ method: "eth_chainId" })) as string;
  const request = new FetchRequest(source);
  request.timeout = ANSWER_TIMEOUT_MS;
  request.setThrottleParams({ maxAttempts: 1 });
  request.body = { jsonrpc: "2.0", id: 1, method: "eth_chainId", params: [] };
  const response = await request.send();
  response.assertOk();
  const { result } = response.bodyJson as { readonly result?: unknown };
  if (typeof result !== "string") throw new Error("the answer to eth_chainId holds no result");
  return result;
}
