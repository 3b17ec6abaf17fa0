import type { TransactionReceipt } from "ethers";
import type { Transaction } from "../protocol/chain-facts.ts";
import type { Crypto } from "../protocol/crypto.ts";
import type { Account, Call, Sent } from "./account.ts";
import type { Contracts } from "./contracts.ts";
import { failureOf } from "./failure.ts";
import type { ChainListener } from "./port.ts";
import { whyReverted } from "./receipt.ts";
import { callsOf } from "./transactions.ts";

export interface SenderOptions {
  readonly contracts: Contracts;
  readonly account: Account;
  readonly crypto: Crypto;
  readonly listener: ChainListener;
  /** A transaction that so many blocks did not take is sent again with a higher fee. */
  readonly replaceAfterBlocks: number;
}

/** How far a call of a wish has come. */
type Step =
  | { readonly kind: "queued" }
  /** `sent`: the first and its replacements, of which one will be mined. */
  | { readonly kind: "sent"; readonly sent: readonly Sent[]; readonly atBlock: number }
  | { readonly kind: "mined"; readonly block: number };

interface Wish {
  readonly key: string;
  readonly call: Call;
  step: Step;
}

/** Sends what the core wants, each wish once at a time. */
export class TransactionSender {
  readonly #options: SenderOptions;
  /** Under the key, with a number for further calls of the same wish. */
  readonly #wishes = new Map<string, Wish>();

  constructor(options: SenderOptions) {
    this.#options = options;
  }

  /** Resolves when the chain's node has taken all of it or refused; never rejects. */
  async submit(transaction: Transaction): Promise<void> {
    const { contracts, crypto } = this.#options;
    const { key } = transaction;
    const calls = callsOf(contracts, crypto, transaction);
    await Promise.all(
      calls.map(async (call, index) => {
        const place = `${key}#${index}`;
        if (this.#wishes.has(place)) return;
        const wish: Wish = { key, call, step: { kind: "queued" } };
        this.#wishes.set(place, wish);
        await this.#send(place, wish);
      }),
    );
  }

  /** Looks what became of what was sent. Throws if the chain cannot be read now. True if something was mined. */
  async check(): Promise<boolean> {
    const { contracts, account } = this.#options;
    const sent = [...this.#wishes].filter(([, { step }]) => step.kind === "sent");
    if (sent.length === 0) return false;
    const used = await contracts.provider.getTransactionCount(account.address);
    const block = await contracts.provider.getBlockNumber();
    const mined = await Promise.all(sent.map(([place, wish]) => this.#follow(place, wish, { used, block })));
    return mined.includes(true);
  }

  /** The core knows the facts up to this block: what was mined by then may be wished for again. */
  forgetUpTo(block: number): void {
    for (const [place, { step }] of this.#wishes) {
      if (step.kind === "mined" && step.block <= block) this.#wishes.delete(place);
    }
  }

  async #send(place: string, wish: Wish): Promise<void> {
    const { account, contracts } = this.#options;
    try {
      const sent = await account.send(wish.call);
      wish.step = { kind: "sent", sent: [sent], atBlock: await contracts.provider.getBlockNumber() };
    } catch (thrown) {
      this.#giveUp(place, wish, thrown);
    }
  }

  async #follow(
    place: string,
    wish: Wish,
    now: { readonly used: number; readonly block: number },
  ): Promise<boolean> {
    if (wish.step.kind !== "sent") return false;
    const { sent, atBlock } = wish.step;
    const receipt = await this.#receiptOf(sent);
    if (receipt !== null) {
      await this.#onReceipt(place, wish, receipt);
      return true;
    }
    if (sent.some(({ nonce }) => nonce < now.used)) {
      this.#giveUp(place, wish, new Error("another transaction of the account took its place"));
    } else if (now.block - atBlock >= this.#options.replaceAfterBlocks) {
      await this.#replace(wish, sent, now.block);
    }
    return false;
  }

  async #receiptOf(sent: readonly Sent[]): Promise<TransactionReceipt | null> {
    const { provider } = this.#options.contracts;
    const receipts = await Promise.all(sent.map(({ hash }) => provider.getTransactionReceipt(hash)));
    return receipts.find((receipt) => receipt !== null) ?? null;
  }

  async #onReceipt(place: string, wish: Wish, receipt: TransactionReceipt): Promise<void> {
    if (receipt.status === 0) {
      this.#giveUp(place, wish, await whyReverted(this.#options.account, wish.call, receipt));
    } else {
      wish.step = { kind: "mined", block: receipt.blockNumber };
    }
  }

  async #replace(wish: Wish, sent: readonly Sent[], block: number): Promise<void> {
    const last = sent.at(-1);
    if (last === undefined) return;
    try {
      const next = await this.#options.account.replace(last);
      wish.step = { kind: "sent", sent: [...sent, next], atBlock: block };
    } catch {
      // The old one was mined meanwhile or the new fee does not do: the next look decides.
      wish.step = { kind: "sent", sent, atBlock: block };
    }
  }

  #giveUp(place: string, { key }: Wish, thrown: unknown): void {
    this.#wishes.delete(place);
    const { message, overtaken } = failureOf(thrown);
    this.#options.listener.onProblem(
      overtaken
        ? { kind: "transactionOvertaken", key, message }
        : { kind: "transactionFailed", key, message },
    );
  }
}
