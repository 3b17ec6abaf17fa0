import { ApiProblem } from "../../src/api/problem.ts";
import type { Invoice, Payment } from "../../src/api/views.ts";
import type { ApiClient } from "../../src/client/api-client.ts";
import { Dice } from "../contracts/dice.ts";
import type { Name, Row } from "./daemon-row.ts";
import { until } from "./daemon-world.ts";

/** Longer than the longest run. */
const INVOICE_SECONDS = 86_400;

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

/** A payment that is to be made. */
interface Errand {
  readonly from: Name;
  readonly to: Name;
  readonly key: string;
  readonly amount: string;
  readonly invoice: Invoice;
}

/** As the payer's node tells it at last. */
export interface Traffic extends Errand {
  readonly payment: Payment;
}

/** One payment to its end, over whatever crashes. */
async function payOnce(row: Row, errand: Errand): Promise<Traffic> {
  const { from, key, invoice } = errand;
  const payer = (): ApiClient => row.at(from).client;
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
  return { ...errand, payment: payment as unknown as Payment };
}

/** Payments both ways between the ends of the row, so many at a time. */
export class Crowd {
  readonly ended: Traffic[] = [];
  readonly #row: Row;
  readonly #errands: ReadonlyMap<Name, Errand[]>;
  readonly #all: number;
  #going: Promise<void> = Promise.resolve();
  #go: () => void = () => undefined;

  private constructor(row: Row, errands: readonly Errand[]) {
    this.#row = row;
    this.#all = errands.length;
    const of = (name: Name): Errand[] => errands.filter(({ from }) => from === name);
    this.#errands = new Map([
      ["wang", of("wang")],
      ["xiaohong", of("xiaohong")],
    ]);
  }

  /** All invoices are made now, so that a payee that stands still keeps nobody from paying. */
  static async create(row: Row, seed: number, all: number): Promise<Crowd> {
    const dice = new Dice(seed);
    const errands: Errand[] = [];
    for (let index = 0; index < all; index++) {
      const [from, to]: readonly [Name, Name] = index % 2 === 0 ? ["wang", "xiaohong"] : ["xiaohong", "wang"];
      const [key, amount] = [`payment ${index}`, `0.0${String(1 + dice.below(999)).padStart(3, "0")}`];
      const asked = { amount, description: key, validSeconds: INVOICE_SECONDS };
      errands.push({ from, to, key, amount, invoice: await row.at(to).client.call("invoice", asked) });
    }
    return new Crowd(row, errands);
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
    const workers = Array.from({ length: eachWay }, () => [this.#work("wang"), this.#work("xiaohong")]);
    await Promise.all(workers.flat());
  }

  async #work(from: Name): Promise<void> {
    for (;;) {
      await this.#going;
      const errand = this.#errands.get(from)?.pop();
      if (errand === undefined) return;
      this.ended.push(await payOnce(this.#row, errand));
    }
  }
}
