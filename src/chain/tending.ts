import type { JsonRpcApiProvider } from "ethers";
import type { Amount, Hex, UnixSeconds } from "../protocol/types.ts";
import { sendingFailureOf } from "./failure.ts";
import { marketOf, type Fees, type Market } from "./fees.ts";
import {
  budgetOf,
  higher,
  leastRaise,
  lower,
  offersOf,
  raiseOf,
  type FeeTerms,
  type Offer,
} from "./ladder.ts";
import type { Outbox, Posted } from "./outbox.ts";
import type { Sender } from "./signing.ts";

/** What waits of an account, and who signs for it. */
export interface OwnQueue {
  readonly provider: JsonRpcApiProvider;
  readonly sender: Sender;
  readonly outbox: Outbox;
}

/** The newest block, and how the account stands in it. */
export interface Head {
  readonly block: number;
  readonly time: UnixSeconds;
  /** How many of the account's transactions are mined. */
  readonly used: number;
  /** One without a deadline is raised after so many blocks. */
  readonly replaceAfterBlocks: number;
}

/** Why no more is offered for a transaction that needs it. */
export type Trouble = { readonly posted: Posted; readonly market: Market } & (
  | { readonly kind: "feeCapReached"; readonly cap: bigint }
  | { readonly kind: "fundsShort"; readonly missing: Amount }
);

/** What the chain's node does not know any more, as after a reorganisation, would hold up all that stands behind it. */
export async function resendDropped(queue: OwnQueue): Promise<void> {
  const used = await usedOf(queue);
  for (const posted of queue.outbox.all()) {
    if (posted.nonce >= used && !(await isKnown(queue, posted))) await offer(queue, posted, posted.fees);
  }
}

function usedOf({ provider, sender }: OwnQueue): Promise<number> {
  return provider.getTransactionCount(sender.address, "latest");
}

async function isKnown({ provider }: OwnQueue, { hashes }: Posted): Promise<boolean> {
  const found = await Promise.all(hashes.map((hash) => provider.getTransaction(hash)));
  return found.some((one) => one !== null);
}

/** Raises what waits, those first that the others wait behind. */
export async function tendQueue(queue: OwnQueue, terms: FeeTerms, head: Head): Promise<readonly Trouble[]> {
  const { provider, outbox, sender } = queue;
  const waiting = outbox.all().filter(({ nonce }) => nonce >= head.used);
  if (waiting.length === 0) return [];
  await resendDropped(queue);
  const market = await marketOf(provider);
  if (market === null) return [];
  const offers = offersOf(
    market,
    waiting.map(({ gasLimit, key, due, since }) => ({
      gasLimit,
      budget: key === null ? null : budgetOf(terms, due),
      wait: { since, now: head.time, by: due?.by ?? null },
    })),
  );
  const troubles: Trouble[] = [];
  let free = await freeMoney(provider, sender.address, waiting);
  for (const [at, posted] of waiting.entries()) {
    const wanted = offers[at];
    if (wanted === undefined || posted.fees === null) continue;
    const outcome = await raise(queue, { posted, fees: posted.fees, wanted, market, head, free });
    if ("kind" in outcome) troubles.push(outcome);
    else free -= outcome.spent;
  }
  return troubles;
}

/** What the account holds beyond what its waiting transactions may cost. */
async function freeMoney(
  provider: JsonRpcApiProvider,
  address: string,
  waiting: readonly Posted[],
): Promise<bigint> {
  const most = waiting.reduce(
    (sum, { gasLimit, fees, call }) => sum + call.value + gasLimit * (fees?.maxFeePerGas ?? 0n),
    0n,
  );
  return (await provider.getBalance(address)) - most;
}

interface Raising {
  readonly posted: Posted;
  readonly fees: Fees;
  readonly wanted: Offer;
  readonly market: Market;
  readonly head: Head;
  /** Wei. */
  readonly free: bigint;
}

async function raise(queue: OwnQueue, raising: Raising): Promise<Trouble | { readonly spent: bigint }> {
  const { posted, fees, wanted, market, head, free } = raising;
  const isDull = posted.key !== null && posted.due === null;
  const isLong = isDull && head.block - posted.atBlock >= head.replaceAfterBlocks;
  const target = isLong ? quarterMore(fees, wanted) : wanted.fees;
  const judged = raiseOf(fees, target, wanted.cap, market);
  // What its owner waits for has no cap: it is not raised unless something waits behind it.
  if (judged.kind === "capped" && wanted.cap === 0n) return { spent: 0n };
  if (judged.kind === "capped") return { kind: "feeCapReached", posted, market, cap: wanted.cap };
  if (judged.kind === "enough") return { spent: 0n };
  const affordable = fees.maxFeePerGas + (free > 0n ? free / posted.gasLimit : 0n);
  const maxFeePerGas = lower(judged.fees.maxFeePerGas, affordable);
  const missing = (judged.fees.maxFeePerGas - maxFeePerGas) * posted.gasLimit;
  if (maxFeePerGas < leastRaise(fees).maxFeePerGas) return { kind: "fundsShort", posted, market, missing };
  const next = {
    maxFeePerGas,
    maxPriorityFeePerGas: lower(judged.fees.maxPriorityFeePerGas, maxFeePerGas),
  };
  const failure = await offer(queue, { ...posted, atBlock: head.block }, next);
  if (failure === "fundsShort") return { kind: "fundsShort", posted, market, missing };
  return { spent: (maxFeePerGas - fees.maxFeePerGas) * posted.gasLimit };
}

function quarterMore({ maxFeePerGas, maxPriorityFeePerGas }: Fees, { fees }: Offer): Fees {
  const quarter = (wei: bigint): bigint => wei + wei / 4n + 1n;
  return {
    maxFeePerGas: higher(quarter(maxFeePerGas), fees.maxFeePerGas),
    maxPriorityFeePerGas: higher(quarter(maxPriorityFeePerGas), fees.maxPriorityFeePerGas),
  };
}

/** The same transaction with these fees; null if the node has it now. */
async function offer(
  { sender, outbox }: OwnQueue,
  posted: Posted,
  fees: Fees | null,
): Promise<ReturnType<typeof sendingFailureOf> | null> {
  const next = { ...posted, fees };
  const ready = await sender.prepare(next);
  const withHash = (hash: Hex): Posted => ({ ...next, hashes: [...new Set([...posted.hashes, hash])] });
  if (ready.hash !== null) outbox.put(withHash(ready.hash));
  try {
    outbox.put(withHash(await ready.broadcast()));
    return null;
  } catch (thrown) {
    const failure = sendingFailureOf(thrown);
    // What stands in the pool offers more than was known: the next raise begins above this one.
    if (failure === "underpriced") outbox.put(ready.hash === null ? next : withHash(ready.hash));
    else if (failure !== "known" && failure !== "unanswered") outbox.put(posted);
    return failure === "known" ? null : failure;
  }
}
