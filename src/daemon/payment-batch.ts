import { readFields, type Read } from "../api/fields.ts";
import { documentOf } from "../api/problem.ts";
import { ROUTES } from "../api/routes.ts";
import type { Payment, PaymentBatch } from "../api/views.ts";
import type { Caller } from "./capabilities.ts";
import type { EventLog } from "./events.ts";
import { toProblem } from "./failure.ts";
import type { Payments } from "./payments.ts";

type Request = Read<(typeof ROUTES.payMany)["fields"]>;
type Entry = PaymentBatch["entries"][number];

/** All of them at once, each as if it had come alone; one that is refused stops none of the others. */
export async function payMany(
  { payments, events }: { readonly payments: Payments; readonly events: EventLog },
  { payments: requests, waitSeconds = 0 }: Request,
  caller: Caller,
): Promise<PaymentBatch> {
  const ends = waitSeconds > 0 ? new Ends(events) : null;
  try {
    const entries = await Promise.all(requests.map((request) => entryOf(payments, request, caller)));
    if (ends === null) return { entries };
    const pending = entries.flatMap(({ payment }) => (payment?.ended === null ? [payment.hash] : []));
    await ends.wait(pending, waitSeconds);
    return {
      entries: entries.map((entry) =>
        entry.payment?.ended === null ? { payment: payments.one(entry.payment.id), problem: null } : entry,
      ),
    };
  } finally {
    ends?.stop();
  }
}

async function entryOf(payments: Payments, request: unknown, caller: Caller): Promise<Entry> {
  try {
    return { payment: await start(payments, request, caller), problem: null };
  } catch (thrown) {
    return { payment: null, problem: documentOf(toProblem(thrown)) };
  }
}

function start(payments: Payments, request: unknown, caller: Caller): Promise<Payment> {
  const isInvoice = typeof request === "object" && request !== null && "invoice" in request;
  return isInvoice
    ? payments.pay(readFields(ROUTES.pay.fields, request), caller)
    : payments.send(readFields(ROUTES.send.fields, request), caller);
}

/** Which payments have ended since this was made. */
class Ends {
  readonly #ended = new Set<unknown>();
  readonly stop: () => void;
  #onEnd: () => void = () => undefined;

  constructor(events: EventLog) {
    this.stop = events.on(({ kind, data }) => {
      if (kind !== "payment_succeeded" && kind !== "payment_failed") return;
      this.#ended.add(data.hash);
      this.#onEnd();
    });
  }

  /** Until all of these have ended, or the time is over. */
  async wait(hashes: readonly string[], seconds: number): Promise<void> {
    const left = new Set<unknown>(hashes);
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      timer = setTimeout(resolve, seconds * 1000);
      this.#onEnd = () => {
        for (const hash of this.#ended) left.delete(hash);
        this.#ended.clear();
        if (left.size === 0) resolve();
      };
      this.#onEnd();
    });
    clearTimeout(timer);
  }
}
