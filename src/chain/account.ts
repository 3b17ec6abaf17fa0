import { Wallet } from "ethers";
import type { JsonRpcApiProvider } from "ethers";
import { toHex } from "../protocol/bytes.ts";
import type { Due } from "../protocol/chain-facts.ts";
import { must, parseAddress } from "../protocol/checked.ts";
import type { Address } from "../protocol/types.ts";
import type { Call } from "./call.ts";
import { sendingFailureOf } from "./failure.ts";
import { marketOf, type Fees } from "./fees.ts";
import { bidOf, budgetOf, lower, USUAL_FEE_TERMS, type FeeTerms } from "./ladder.ts";
import { memoryOutbox, type Outbox, type Posted } from "./outbox.ts";
import { signerOfKey, signerOfNode, type Sender } from "./signing.ts";
import { resendDropped, tendQueue, type Head, type Trouble } from "./tending.ts";

/** What a call of the core's wish has besides. */
export interface WishTerms {
  readonly key: string;
  readonly due: Due | null;
}

/** An account that pays for transactions and sends them one after the other. */
export interface Account {
  readonly address: Address;
  readonly provider: JsonRpcApiProvider;
  /** Sent and not forgotten, by number. */
  posted(): readonly Posted[];
  /** Whether somebody calls `tend` and `forget`; else whoever has its receipt forgets it. */
  readonly isTended: boolean;
  /** Rejects with what ethers throws; `failureOf` reads it. */
  send(call: Call, wish?: WishTerms): Promise<Posted>;
  /** Sends again what the chain's node has dropped, and offers more for what waits [HOP-2]. */
  tend(head: Head): Promise<readonly Trouble[]>;
  /** What hangs on a wish may have changed. */
  setDue(key: string, due: Due | null): void;
  /** It is final, or can never be mined. */
  forget(nonce: number): void;
  /** 64 bytes: (r, vs) [EIP-712] [EIP-2098]. */
  readonly signTyped: Sender["signTyped"];
}

export interface AccountOptions {
  /** Where it keeps what it has sent; in memory if left out. */
  readonly outbox?: Outbox;
  readonly fees?: FeeTerms;
}

/** For a receiver whose code burns the whole gas of its push, which the estimate did not see. */
const PUSH_RESERVE_GAS = 450_000n;

/** `privateKey`: 32 bytes. */
export function accountFromKey(
  provider: JsonRpcApiProvider,
  privateKey: Uint8Array,
  options: AccountOptions = {},
): Account {
  const wallet = new Wallet(toHex(privateKey, 32), provider);
  return accountOf(provider, signerOfKey(provider, wallet), options);
}

/** An account that the chain's node signs for: those of a development chain. */
export async function accountOfNode(
  provider: JsonRpcApiProvider,
  address: Address,
  options: AccountOptions = {},
): Promise<Account> {
  return accountOf(provider, signerOfNode(await provider.getSigner(address)), options);
}

function accountOf(provider: JsonRpcApiProvider, sender: Sender, options: AccountOptions): Account {
  const queue = new AccountQueue(provider, sender, options);
  return {
    address: must(parseAddress(sender.address.toLowerCase())),
    provider,
    isTended: options.outbox !== undefined,
    posted: () => queue.posted,
    send: (call, wish) => queue.send(call, wish),
    tend: (head) => queue.tend(head),
    setDue: (key, due) => queue.setDue(key, due),
    forget: (nonce) => queue.forget(nonce),
    signTyped: (...what) => sender.signTyped(...what),
  };
}

class AccountQueue {
  readonly #provider: JsonRpcApiProvider;
  readonly #sender: Sender;
  readonly #outbox: Outbox;
  readonly #terms: FeeTerms;
  #last: Promise<unknown> = Promise.resolve();

  constructor(provider: JsonRpcApiProvider, sender: Sender, { outbox, fees }: AccountOptions) {
    this.#provider = provider;
    this.#sender = sender;
    this.#outbox = outbox ?? memoryOutbox();
    this.#terms = fees ?? USUAL_FEE_TERMS;
  }

  get posted(): readonly Posted[] {
    return this.#outbox.all();
  }

  send(call: Call, wish?: WishTerms): Promise<Posted> {
    return this.#inTurn(() => this.#send(call, wish ?? null));
  }

  tend(head: Head): Promise<readonly Trouble[]> {
    return this.#inTurn(() => tendQueue(this.#queue(), this.#terms, head));
  }

  setDue(key: string, due: Due | null): void {
    const posted = this.posted.find((one) => one.key === key);
    if (posted !== undefined && !isSameDue(posted.due, due)) this.#outbox.put({ ...posted, due });
  }

  forget(nonce: number): void {
    this.#outbox.remove(nonce);
  }

  #queue() {
    return { provider: this.#provider, sender: this.#sender, outbox: this.#outbox };
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(work);
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  async #send(call: Call, wish: WishTerms | null): Promise<Posted> {
    const { to, data, value } = call;
    const { key = null, due = null } = wish ?? {};
    const gasLimit = limitOf(call, await this.#sender.estimateGas({ to, data, value }));
    await resendDropped(this.#queue());
    const block = await this.#provider.getBlock("latest");
    const { number: atBlock = 0, timestamp: since = 0 } = block ?? {};
    const fees = await this.#firstOffer(gasLimit, wish);
    const nonce = await this.#nextNonce();
    const posted: Posted = { nonce, key, call, gasLimit, due, fees, since, atBlock, hashes: [] };
    return this.#post(posted);
  }

  /** Nobody says what a transaction of its own owner may cost. */
  async #firstOffer(gasLimit: bigint, wish: WishTerms | null): Promise<Fees | null> {
    const market = await marketOf(this.#provider);
    if (market === null) return null;
    const usual = bidOf(market, { since: 0, now: 0, by: null }, 2n * market.baseFee + market.tip);
    if (wish === null) return usual;
    const cap = budgetOf(this.#terms, wish.due) / gasLimit;
    return cap >= usual.maxFeePerGas
      ? usual
      : { maxFeePerGas: cap, maxPriorityFeePerGas: lower(usual.maxPriorityFeePerGas, cap) };
  }

  /** The least that no transaction has which the chain's node counts or this account knows. */
  async #nextNonce(): Promise<number> {
    let nonce = await this.#provider.getTransactionCount(this.#sender.address, "pending");
    const taken = new Set(this.posted.map((one) => one.nonce));
    while (taken.has(nonce)) nonce += 1;
    return nonce;
  }

  /** On disk before it leaves: what the node may have taken is known after a restart. */
  async #post(posted: Posted): Promise<Posted> {
    const { hash, broadcast } = await this.#sender.prepare(posted);
    const kept = hash === null ? posted : { ...posted, hashes: [hash] };
    this.#outbox.put(kept);
    try {
      const sent = { ...posted, hashes: [await broadcast()] };
      this.#outbox.put(sent);
      return sent;
    } catch (thrown) {
      const failure = sendingFailureOf(thrown);
      if (failure === "known") return kept;
      // What nobody answered to goes on as sent: the next look asks for it, and sends it again.
      if (failure === "unanswered" && posted.key !== null && hash !== null) return kept;
      this.#outbox.remove(posted.nonce);
      throw thrown;
    }
  }
}

function limitOf({ pushes }: Call, estimate: bigint): bigint {
  return estimate + estimate / 5n + (pushes ? PUSH_RESERVE_GAS : 0n);
}

function isSameDue(a: Due | null, b: Due | null): boolean {
  const text = (due: Due | null): string =>
    due === null ? "" : [due.by, ...due.stakes.map(({ token, amount }) => `${token}${amount}`)].join();
  return text(a) === text(b);
}
