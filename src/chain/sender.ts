import type { TransactionReceipt } from "ethers";
import type { Due, Transaction } from "../protocol/chain-facts.ts";
import type { Crypto } from "../protocol/crypto.ts";
import type { Hex } from "../protocol/types.ts";
import type { Account } from "./account.ts";
import type { Call } from "./call.ts";
import type { Contracts } from "./contracts.ts";
import { failureOf } from "./failure.ts";
import type { Posted } from "./outbox.ts";
import type { ChainListener } from "./port.ts";
import { whyReverted } from "./receipt.ts";
import type { Trouble } from "./tending.ts";
import { callsOf } from "./transactions.ts";

export interface SenderOptions {
  readonly contracts: Contracts;
  readonly account: Account;
  readonly crypto: Crypto;
  readonly listener: ChainListener;
  /** A transaction without a deadline that so many blocks did not take is sent again with a higher fee. */
  readonly replaceAfterBlocks: number;
}

/** Sends what the core wants, each wish once at a time; what its account sent before a restart counts as sent. */
export class TransactionSender {
  readonly #options: SenderOptions;
  /** Places of wishes that are on their way to the account. */
  readonly #leaving = new Set<string>();
  /** Numbers of mined transactions, with their blocks, which may be replaced yet. */
  readonly #mined = new Map<number, number>();
  /** What was told of those that wait: each once. */
  readonly #told = new Set<string>();

  constructor(options: SenderOptions) {
    this.#options = options;
  }

  /** Resolves when the chain's node has taken all of it or refused; never rejects. */
  async submit(transaction: Transaction): Promise<void> {
    const { contracts, crypto, account } = this.#options;
    const { key, due = null } = transaction;
    const calls = callsOf(contracts, crypto, transaction);
    await Promise.all(
      calls.map(async (call, index) => {
        const place = placeOf(key, index);
        if (this.#leaving.has(place)) return;
        if (account.posted().some((one) => one.key === place)) account.setDue(place, due);
        else await this.#send(place, call, due);
      }),
    );
  }

  /** Looks what became of what was sent. Throws if the chain cannot be read now. True if something was mined. */
  async check(): Promise<boolean> {
    const { contracts, account, replaceAfterBlocks } = this.#options;
    const posted = account.posted();
    if (posted.length === 0) return false;
    const { provider } = contracts;
    const used = await provider.getTransactionCount(account.address);
    const block = await provider.getBlock("latest");
    if (block === null) return false;
    const mined = await Promise.all(posted.map((one) => this.#follow(one, used)));
    const { number, timestamp: time } = block;
    const troubles = await account.tend({ block: number, time, used, replaceAfterBlocks });
    for (const trouble of troubles) this.#tell(trouble);
    return mined.includes(true);
  }

  /** The core knows the facts up to this block: what was mined by then may be wished for again. */
  forgetUpTo(block: number): void {
    for (const [nonce, minedIn] of this.#mined) {
      if (minedIn > block) continue;
      this.#forget(nonce);
    }
  }

  async #send(place: string, call: Call, due: Due | null): Promise<void> {
    this.#leaving.add(place);
    try {
      await this.#options.account.send(call, { key: place, due });
    } catch (thrown) {
      this.#fail(place, thrown);
    } finally {
      this.#leaving.delete(place);
    }
  }

  /** True if it is newly mined. One that a reorganisation has taken out of its block waits again. */
  async #follow(posted: Posted, used: number): Promise<boolean> {
    const { nonce, key, call, hashes } = posted;
    const receipt = await this.#receiptOf(hashes);
    if (receipt === null) {
      this.#mined.delete(nonce);
      if (nonce < used) {
        this.#forget(nonce);
        if (key !== null) this.#fail(key, new Error("another transaction of the account took its place"));
      }
      return false;
    }
    if (receipt.status === 0 && key !== null) {
      this.#forget(nonce);
      this.#fail(key, await whyReverted(this.#options.account, call, receipt));
      return true;
    }
    const isNew = !this.#mined.has(nonce);
    this.#mined.set(nonce, receipt.blockNumber);
    return isNew;
  }

  async #receiptOf(hashes: readonly Hex[]): Promise<TransactionReceipt | null> {
    const { provider } = this.#options.contracts;
    const receipts = await Promise.all(hashes.map((hash) => provider.getTransactionReceipt(hash)));
    return receipts.find((receipt) => receipt !== null) ?? null;
  }

  #forget(nonce: number): void {
    this.#mined.delete(nonce);
    this.#options.account.forget(nonce);
  }

  #tell(trouble: Trouble): void {
    const { kind, posted } = trouble;
    const mark = `${kind} ${posted.nonce} ${posted.key ?? ""}`;
    if (this.#told.has(mark)) return;
    this.#told.add(mark);
    const key = posted.key === null ? "" : keyOf(posted.key);
    this.#options.listener.onProblem({ kind, key, message: messageOf(trouble) });
  }

  #fail(place: string, thrown: unknown): void {
    const { message, overtaken } = failureOf(thrown);
    const key = keyOf(place);
    this.#options.listener.onProblem(
      overtaken
        ? { kind: "transactionOvertaken", key, message }
        : { kind: "transactionFailed", key, message },
    );
  }
}

/** A number for further calls of the same wish. */
function placeOf(key: string, index: number): string {
  return `${key}#${index}`;
}

function keyOf(place: string): string {
  return place.slice(0, place.lastIndexOf("#"));
}

function messageOf(trouble: Trouble): string {
  const { posted, market } = trouble;
  const { nonce, key, fees, due, gasLimit } = posted;
  const name = key === null ? `transaction ${nonce}` : `transaction ${nonce} (${keyOf(key)})`;
  const end = due === null ? "no deadline" : `deadline ${due.by}`;
  const stands =
    `${name}, ${end}, waits at ${fees?.maxFeePerGas ?? 0n} wei for each of ${gasLimit} gas, ` +
    `and blocks ask for ${market.baseFee + market.tip}`;
  return trouble.kind === "feeCapReached"
    ? `${stands}; its budget allows ${trouble.cap}: raise the fee budget in the config if it is worth more`
    : `${stands}; the account lacks ${trouble.missing} wei to offer more: send ETH to it`;
}
