import type { JsonRpcApiProvider } from "ethers";

import type { Address, Hex } from "../../src/protocol/types.ts";
import { openChain, type StoryChain } from "../story/chain.ts";
import { StoryFailure } from "../story/failure.ts";

/** Far enough ahead of every clock, and without a zero byte, which would be cheaper in calldata. */
export const START = 2_000_000_011;
const BLOCK_SECONDS = 12;
/** Below the cap of EIP-7825. */
const GAS_LIMIT = 16_000_000;

export interface Transaction {
  readonly from: Address;
  readonly to: Address;
  readonly data: string;
  readonly value?: bigint;
}

export interface Log {
  readonly address: string;
  readonly topics: readonly string[];
  readonly data: string;
}

export interface Receipt {
  readonly gasUsed: number;
  readonly logs: readonly Log[];
}

interface RawReceipt {
  readonly status: Hex;
  readonly gasUsed: Hex;
  readonly logs: readonly Log[];
}

/** A development chain whose blocks have times of our choice, so that every run has the same figures. */
export interface GasChain {
  readonly story: StoryChain;
  /** The chain's funded accounts. */
  readonly accounts: readonly Address[];
  /** Mines one transaction in a block of its own; one that fails ends the report. */
  send(transaction: Transaction): Promise<Receipt>;
  /** The next block is at this time at the earliest. */
  waitUntil(time: number): void;
  /** Seconds since 1970 of the newest block. */
  now(): number;
  /** Undoes all that `scenario` did, so that no scenario depends on another. */
  apart<T>(scenario: () => Promise<T>): Promise<T>;
}

export async function openGasChain(): Promise<GasChain> {
  const story = await openChain("in-process");
  const { provider } = story;
  let time = START;
  return {
    story,
    accounts: (await provider.send("eth_accounts", [])) as Address[],
    send: async (transaction) => {
      time += BLOCK_SECONDS;
      await provider.send("evm_setNextBlockTimestamp", [time]);
      return mine(provider, transaction);
    },
    waitUntil: (earliest) => {
      time = Math.max(time, earliest);
    },
    now: () => time,
    apart: async (scenario) => {
      const before = time;
      const snapshot: unknown = await provider.send("evm_snapshot", []);
      const result = await scenario();
      await provider.send("evm_revert", [snapshot]);
      time = before;
      return result;
    },
  };
}

async function mine(
  provider: JsonRpcApiProvider,
  { from, to, data, value = 0n }: Transaction,
): Promise<Receipt> {
  const hash: unknown = await provider.send("eth_sendTransaction", [
    { from, to, data, value: quantity(value), gas: quantity(BigInt(GAS_LIMIT)) },
  ]);
  const receipt = (await provider.send("eth_getTransactionReceipt", [hash])) as RawReceipt | null;
  if (receipt?.status !== "0x1") {
    throw new StoryFailure(`the call ${data.slice(0, 10)} of ${from} failed; its gas says nothing.`);
  }
  return { gasUsed: Number(receipt.gasUsed), logs: receipt.logs };
}

function quantity(value: bigint): string {
  return `0x${value.toString(16)}`;
}
