import { ApiProblem } from "../../src/api/problem.ts";
import type { Invoice, Payment } from "../../src/api/views.ts";
import type { ApiClient } from "../../src/client/api-client.ts";
import { Dice } from "../contracts/dice.ts";
import type { Name, Row } from "./daemon-row.ts";
import { until } from "./daemon-world.ts";

/** A payment that was asked for, from both ends. */
export interface Traffic {
  readonly from: Name;
  readonly to: Name;
  readonly key: string;
  /** Decimal text, in ETH. */
  readonly amount: string;
  readonly invoice: Invoice;
  /** As the payer's node tells it at last. */
  readonly payment: Payment;
}

/** Answers of a node that is up but cannot pay at this moment; nothing has left it. */
const NOT_NOW = new Set(["no_route", "not_enough_balance", "peer_offline", "peer_unknown"]);

/** Repeats a call until the node is up and answers it, as a program that must not lose a payment does. */
async function persistently<T>(client: () => ApiClient, call: (client: ApiClient) => Promise<T>): Promise<T> {
  let answer: { readonly of: T } | null = null;
  await until("a node to answer", async () => {
    try {
      answer = { of: await call(client()) };
      return true;
    } catch (thrown) {
      if (thrown instanceof ApiProblem && thrown.problem.code === "daemon_unreachable") return false;
      throw thrown;
    }
  });
  return (answer as unknown as { readonly of: T }).of;
}

/** One payment from its invoice to its end, over whatever crashes. */
export async function payOnce(row: Row, from: Name, to: Name, key: string, amount: string): Promise<Traffic> {
  const payee = (): ApiClient => row.at(to).client;
  const payer = (): ApiClient => row.at(from).client;
  const invoice = await persistently(payee, (client) => client.call("invoice", { amount, description: key }));
  const request = { invoice: invoice.invoice, idempotencyKey: key };
  let begun: Payment | null = null;
  let refusal = "";
  const begins = (): string => `${from} to begin ${key}; it says ${refusal}`;
  await until(begins, async () => {
    try {
      begun = await persistently(payer, (client) => client.call("pay", request));
      return true;
    } catch (thrown) {
      if (!(thrown instanceof ApiProblem) || !NOT_NOW.has(thrown.problem.code)) throw thrown;
      refusal = JSON.stringify(thrown.problem);
      return false;
    }
  });
  const { id } = begun as unknown as Payment;
  let payment: Payment | null = null;
  await until(`${key} from ${from} to end`, async () => {
    payment = await persistently(payer, (client) => client.call("paymentOf", {}, { id }));
    return payment.ended !== null;
  });
  return { from, to, key, amount, invoice, payment: payment as unknown as Payment };
}

/** Payments both ways between the ends of the row, so many at a time; which ones a seed repeats. */
export class Crowd {
  readonly ended: Traffic[] = [];
  readonly #row: Row;
  readonly #seed: number;
  readonly #all: number;
  #begun = 0;
  #going: Promise<void> = Promise.resolve();
  #go: () => void = () => undefined;

  constructor(row: Row, seed: number, all: number) {
    this.#row = row;
    this.#seed = seed;
    this.#all = all;
  }

  get succeeded(): number {
    return this.ended.filter(({ payment }) => payment.status === "succeeded").length;
  }

  /** Those under way go on, but no other is begun. */
  pause(): void {
    this.#going = new Promise((resolve) => (this.#go = resolve));
  }

  resume(): void {
    this.#go();
  }

  get isDone(): boolean {
    return this.ended.length === this.#all;
  }

  /** So many each way, so that whoever stands still leaves those from the other end going. */
  async run(eachWay: number): Promise<void> {
    const workers = Array.from({ length: eachWay }, () => [
      this.#work("wang", "xiaohong"),
      this.#work("xiaohong", "wang"),
    ]);
    await Promise.all(workers.flat());
  }

  async #work(from: Name, to: Name): Promise<void> {
    for (;;) {
      await this.#going;
      if (this.#begun >= this.#all) return;
      const index = this.#begun++;
      const amount = `0.0${String(1 + new Dice(this.#seed + index).below(999)).padStart(3, "0")}`;
      this.ended.push(await payOnce(this.#row, from, to, `payment ${index}`, amount));
    }
  }
}
