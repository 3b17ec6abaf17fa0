import type { Introduction } from "../../src/transport/handshake.ts";
import type { SocketTransportOptions } from "../../src/transport/socket-transport.ts";
import type { Timers } from "../../src/transport/timers.ts";
import { befriend, introduce, RawPeer, type Kind, type RawOptions } from "./raw-peer.ts";
import { identityOf, loadOnce, makeTransport } from "./socket-world.ts";
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
export function useSockets(kind: Kind) {
  before(loadOnce);

  const cleanups: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  });

  async function start(node: number, options: Partial<SocketTransportOptions> = {}) {
    const timers = new ManualTimers();
    const transport = makeTransport(node, kind, { timers, ...options });
    const recorder = new Recorder();
    await transport.start(recorder);
    cleanups.push(() => transport.stop());
    return { transport, recorder, timers, address: transport.address ?? "" };
  }
  async function rawPeer(address: string, options: RawOptions = {}): Promise<RawPeer> {
    const peer = new RawPeer(address, kind, options);
    cleanups.push(() => peer.close());
    return peer.open();
  }
  async function introduced(address: string, node: number, change: Partial<Introduction> = {}) {
    return introduce(await rawPeer(address), identityOf(node), change);
  }
  async function befriended(address: string, node: number, change: Partial<Introduction> = {}) {
    return befriend(await rawPeer(address), identityOf(node), change);
  }

  return { start, introduced, befriended, rawPeer, cleanups };
}
