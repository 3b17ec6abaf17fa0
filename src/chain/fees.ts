import { toQuantity, type JsonRpcApiProvider } from "ethers";

/** What a transaction offers for each unit of gas, in wei (EIP-1559). */
export interface Fees {
  readonly maxFeePerGas: bigint;
  readonly maxPriorityFeePerGas: bigint;
}

/** What blocks take now, in wei for each unit of gas. */
export interface Market {
  /** Of the next block. */
  readonly baseFee: bigint;
  /** What the middle transaction of the last blocks left to their makers. */
  readonly tip: bigint;
}

const HISTORY_BLOCKS = 5;
const MIDDLE_PERCENT = 50;

interface History {
  readonly baseFeePerGas?: readonly string[];
  readonly reward?: readonly (readonly string[])[] | null;
}

/** Null on a chain without EIP-1559. Rejects if the chain cannot be read. */
export async function marketOf(provider: JsonRpcApiProvider): Promise<Market | null> {
  const asked = [toQuantity(HISTORY_BLOCKS), "latest", [MIDDLE_PERCENT]];
  const history = (await provider.send("eth_feeHistory", asked).catch(() => null)) as History | null;
  const next = history?.baseFeePerGas?.at(-1);
  if (next === undefined) return marketByOwnRule(provider);
  const rewards = (history?.reward ?? []).flatMap(([middle]) =>
    middle === undefined ? [] : [BigInt(middle)],
  );
  const paid = rewards.filter((reward) => reward > 0n).sort((a, b) => (a < b ? -1 : 1));
  return { baseFee: BigInt(next), tip: paid[Math.floor(paid.length / 2)] ?? (await usualTip(provider)) };
}

/** For nodes that keep no history. */
async function marketByOwnRule(provider: JsonRpcApiProvider): Promise<Market | null> {
  const block = await provider.getBlock("latest");
  const base = block?.baseFeePerGas ?? null;
  if (base === null) return null;
  // A full block raises it by an eighth.
  return { baseFee: base + base / 8n, tip: await usualTip(provider) };
}

/** Wei; where a node names none. */
const FALLBACK_TIP = 10n ** 9n;

async function usualTip(provider: JsonRpcApiProvider): Promise<bigint> {
  const answer: unknown = await provider.send("eth_maxPriorityFeePerGas", []).catch(() => null);
  return typeof answer === "string" ? BigInt(answer) : FALLBACK_TIP;
}
