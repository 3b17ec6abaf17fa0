import type { ChainPort } from "../../src/chain/port.ts";
import type { Message } from "../../src/protocol/messages.ts";
import type { Log, Store } from "../../src/store/port.ts";
import type { Transport } from "../../src/transport/port.ts";

/** Numbers everything that one run of a node does to the outside, and ends the run at one of these points. */
export class CrashPlan {
  points = 0;
  dead = false;
  readonly #at: number;
  readonly #ends: (() => void)[] = [];

  /** `at`: the point to die at, from 1; Infinity only counts. */
  constructor(at: number) {
    this.#at = at;
  }

  /** What the death of the process does to the world around it, such as ending its connections. */
  onDeath(end: () => void): void {
    this.#ends.push(end);
  }

  /** Whether the run goes on after the next point. */
  passes(): boolean {
    if (this.dead) return false;
    if (++this.points < this.#at) return true;
    this.dead = true;
    for (const end of this.#ends) end();
    return false;
  }
}

/** What a dead process waits for. */
const never = (): Promise<never> => new Promise(() => undefined);

/** Dies before a write, or when it is durable but nobody knows yet. `onDurable` hears of each record. */
export function crashingStore(store: Store, plan: CrashPlan, onDurable: (record: Uint8Array) => void): Store {
  return {
    open: async (owner) => {
      const opened = await store.open(owner);
      plan.onDeath(() => void opened.log.close());
      const around = async (work: () => Promise<void>): Promise<void> => {
        if (!plan.passes()) return never();
        await work();
        if (!plan.passes()) return never();
      };
      const append = async (records: readonly Uint8Array[]): Promise<void> => {
        await opened.log.append(records);
        records.forEach(onDurable);
      };
      const log: Log = {
        append: (records) => around(() => append(records)),
        writeSnapshot: (state) => around(() => opened.log.writeSnapshot(state)),
        close: () => opened.log.close(),
      };
      return { ...opened, log };
    },
  };
}

export interface CrashingTransportOptions {
  /** Hears of each message that left. */
  readonly onSent: (message: Message) => void;
  /** Whether what is on its way is lost with the connection, or still arrives. */
  readonly losesSent: boolean;
}

/** Dies after a message has left. */
export function crashingTransport(
  transport: Transport,
  plan: CrashPlan,
  { onSent, losesSent }: CrashingTransportOptions,
): Transport {
  plan.onDeath(() => {
    if (losesSent) void transport.stop();
    else setImmediate(() => void transport.stop());
  });
  return {
    id: transport.id,
    get address() {
      return transport.address;
    },
    start: (listener) => transport.start(listener),
    connect: (peer, address) => transport.connect(peer, address),
    send: (to, message) => {
      if (plan.dead) return false;
      const isSent = transport.send(to, message);
      onSent(message);
      plan.passes();
      return isSent;
    },
    stop: () => transport.stop(),
  };
}

/** Dies after a transaction was submitted. */
export function crashingChain(chain: ChainPort, plan: CrashPlan): ChainPort {
  plan.onDeath(() => void chain.stop());
  return {
    start: (from, listener) => chain.start(from, listener),
    submit: (transaction) => {
      if (plan.dead) return;
      chain.submit(transaction);
      plan.passes();
    },
    stop: () => chain.stop(),
  };
}
