import { HashlaneError } from "../protocol/error.ts";
import type { Step } from "../protocol/node/step.ts";
import type { Notice } from "../protocol/outputs.ts";
import type { Amount, ChannelId, PaymentHash, PaymentTag, Secret } from "../protocol/types.ts";

/** A request for payment that can be shown to the payer. */
export interface CreatedInvoice {
  readonly hash: PaymentHash;
  /** Begins with `hl1`. */
  readonly text: string;
}

export interface PaymentReceipt {
  readonly hash: PaymentHash;
  /** Proof that the payee was paid: its sha256 is the hash that the invoice signs. */
  readonly secret: Secret;
  readonly amount: Amount;
  readonly fee: Amount;
  /** Paid with all its locks, those that came back included. */
  readonly rent: Amount;
}

export interface DirectReceipt {
  readonly channel: ChannelId;
  readonly amount: Amount;
  readonly tag: PaymentTag;
}

export interface ChannelEnd {
  readonly channel: ChannelId;
  readonly how: "cooperative" | "settled" | "convicted";
  /** What the chain paid to us. */
  readonly received: Amount;
}

export interface Waiter<T> {
  resolve(value: T): void;
  reject(error: HashlaneError): void;
}

/** What is to happen when a command was not refused; `notices` are those that answer it. */
export type Accepted<T> = (waiter: Waiter<T>, notices: readonly Notice[]) => void;

class Waiters<K extends string, T> {
  readonly #waiting = new Map<K, Waiter<T>[]>();

  add(key: K, waiter: Waiter<T>): void {
    this.#waiting.set(key, [...(this.#waiting.get(key) ?? []), waiter]);
  }

  resolve(key: K, value: T): void {
    for (const waiter of this.#take(key)) waiter.resolve(value);
  }

  /** Equal requests are answered one by one. */
  resolveFirst(key: K, value: T): void {
    const [first, ...rest] = this.#take(key);
    first?.resolve(value);
    if (rest.length > 0) this.#waiting.set(key, rest);
  }

  reject(error: HashlaneError, concerns: (key: K) => boolean = () => true): void {
    for (const key of [...this.#waiting.keys()].filter(concerns)) {
      for (const waiter of this.#take(key)) waiter.reject(error);
    }
  }

  #take(key: K): readonly Waiter<T>[] {
    const waiters = this.#waiting.get(key) ?? [];
    this.#waiting.delete(key);
    return waiters;
  }
}

type DirectKey = `${ChannelId} ${PaymentTag}`;

/** Gives the core's notices to whoever asked for them by a command. */
export class Pending {
  /** Commands that are not in a durable batch yet. */
  readonly #asked = new Set<Waiter<never>>();
  readonly #payments = new Waiters<PaymentHash, PaymentReceipt>();
  readonly #directs = new Waiters<DirectKey, DirectReceipt>();
  readonly #ends = new Waiters<ChannelId, ChannelEnd>();

  /** Takes the command's place until its batch is done; gives what is to be called then. */
  ask<T>(waiter: Waiter<T>, accepted: Accepted<T>): (step: Step, index: number) => void {
    this.#asked.add(waiter);
    return (step, index) => {
      this.#asked.delete(waiter);
      const notices = answersOf(step).get(index) ?? [];
      const refused = notices.find((notice) => notice.kind === "commandRefused");
      if (refused === undefined) accepted(waiter, notices);
      else waiter.reject(new HashlaneError(refused.refusal.code, refused.refusal.message));
    };
  }

  payment(hash: PaymentHash, waiter: Waiter<PaymentReceipt>): void {
    this.#payments.add(hash, waiter);
  }

  direct(channel: ChannelId, tag: PaymentTag, waiter: Waiter<DirectReceipt>): void {
    this.#directs.add(`${channel} ${tag}`, waiter);
  }

  end(channel: ChannelId, waiter: Waiter<ChannelEnd>): void {
    this.#ends.add(channel, waiter);
  }

  onNotice(notice: Notice): void {
    if (notice.kind === "paymentSucceeded") {
      const { hash, secret, amount, fee, rent } = notice;
      this.#payments.resolve(hash, { hash, secret, amount, fee, rent });
    } else if (notice.kind === "paymentFailed") {
      const error = new HashlaneError(notice.code, notice.message);
      this.#payments.reject(error, (hash) => hash === notice.hash);
    } else if (notice.kind === "directAcknowledged") {
      const { channel, amount, tag } = notice;
      this.#directs.resolveFirst(`${channel} ${tag}`, { channel, amount, tag });
    } else if (notice.kind === "channelEnded") {
      const { channel, how, received } = notice;
      this.#directs.reject(notAcknowledged(channel), (key) => key.startsWith(channel));
      this.#ends.resolve(channel, { channel, how, received });
    }
  }

  rejectAll(error: HashlaneError): void {
    for (const waiter of this.#asked) waiter.reject(error);
    this.#asked.clear();
    this.#payments.reject(error);
    this.#directs.reject(error);
    this.#ends.reject(error);
  }
}

const answers = new WeakMap<Step, ReadonlyMap<number, readonly Notice[]>>();

/** Notices that answer the commands of a batch, by their places in it; a batch may hold a thousand. */
function answersOf(step: Step): ReadonlyMap<number, readonly Notice[]> {
  const known = answers.get(step);
  if (known !== undefined) return known;
  const byIndex = new Map<number, Notice[]>();
  for (const output of step.outputs) {
    if (output.kind !== "notice" || !("index" in output.notice)) continue;
    const { notice } = output;
    const others = byIndex.get(output.notice.index);
    if (others === undefined) byIndex.set(output.notice.index, [notice]);
    else others.push(notice);
  }
  answers.set(step, byIndex);
  return byIndex;
}

function notAcknowledged(channel: ChannelId): HashlaneError {
  return new HashlaneError("not_acknowledged", {
    failed:
      "the channel ended before the payee had acknowledged the payment, so that it may or may not count",
    given: { channel },
    next: "Compare what the chain paid with what you had before, or ask the payee.",
  });
}
