import type { Domain } from "../../src/protocol/types.ts";
import type { SocketTransportOptions } from "../../src/transport/socket-transport.ts";
import type { Timers } from "../../src/transport/timers.ts";
import { befriend, introduce, RawPeer } from "./raw-peer.ts";
import { DOMAIN, identityOf, loadOnce, makeTransport } from "./socket-world.ts";
import { Recorder } from "./transport-suite.ts";

/** Timers that run when the test says so. */
export class ManualTimers implements Timers {
  readonly pending = new Set<{ ms: number; work: () => void }>();

  after(ms: number, work: () => void): () => void {
    const timer = { ms, work };
    this.pending.add(timer);
    return () => this.pending.delete(timer);
  }

  fire(ms: number): void {
    for (const timer of [...this.pending].filter((each) => each.ms === ms)) {
      this.pending.delete(timer);
      timer.work();
    }
  }
}

/** Transports and hand-driven peers that are cleaned up after each test of the suite that calls this. */
export function useSockets() {
  before(loadOnce);

  const cleanups: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  });

  async function start(node: number, options: Partial<SocketTransportOptions> = {}) {
    const timers = new ManualTimers();
    const transport = makeTransport(node, { timers, ...options });
    const recorder = new Recorder();
    await transport.start(recorder);
    cleanups.push(() => transport.stop());
    return { transport, recorder, timers, address: transport.address ?? "" };
  }
  async function introduced(address: string, node: number, domain: Domain = DOMAIN) {
    const made = await introduce(address, identityOf(node, domain));
    cleanups.push(() => made.peer.close());
    return made;
  }
  async function befriended(address: string, node: number) {
    const made = await befriend(address, identityOf(node));
    cleanups.push(() => made.peer.close());
    return made;
  }
  function rawPeer(address: string): RawPeer {
    const peer = new RawPeer(address);
    cleanups.push(() => peer.close());
    return peer;
  }

  return { start, introduced, befriended, rawPeer, cleanups };
}
