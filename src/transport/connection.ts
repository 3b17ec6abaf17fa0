import type { NodeId } from "../protocol/types.ts";
import type { Carrier } from "./carrier.ts";
import { MAX_HANDSHAKE_BYTES, type Role } from "./handshake.ts";
import { Inbox } from "./inbox.ts";
import type { Limits } from "./limits.ts";
import { Negotiation, type Admit, type Identity, type Step } from "./negotiation.ts";
import { encodeRefusal, refused, showRefusal, type Refused } from "./refusal.ts";
import { NO_SEALING, type Sealing } from "./sealing.ts";
import type { Timers } from "./timers.ts";

export interface ConnectionEvents {
  onEstablished(connection: Connection): void;
  onFrame(connection: Connection, content: Uint8Array, done: () => void): void;
  /** Once, also if it was never established. */
  onClosed(connection: Connection, why: string): void;
}

export interface ConnectionSetup {
  readonly carrier: Carrier;
  readonly role: Role;
  /** Whom we dialled; null if they came to us. */
  readonly expected: NodeId | null;
  readonly identity: Identity;
  readonly admit: Admit;
  readonly limits: Limits;
  readonly timers: Timers;
  readonly events: ConnectionEvents;
}

/** Of messages since the connection stands. */
export interface Traffic {
  readonly receivedBytes: number;
  readonly receivedMessages: number;
  readonly sentBytes: number;
  readonly sentMessages: number;
}

const SILENT_ROUNDS = 3;
/** Before the proof: two frames, and what a WebSocket says around them. */
const MOST_UNPROVEN_BYTES = 4 * MAX_HANDSHAKE_BYTES;

/** One WebSocket: first the handshake, then messages both ways. */
export class Connection {
  readonly role: Role;
  readonly #setup: ConnectionSetup;
  readonly #inbox: Inbox;
  readonly #traffic = { receivedBytes: 0, receivedMessages: 0, sentBytes: 0, sentMessages: 0 };
  #negotiation: Negotiation | null = null;
  #peer: NodeId | null = null;
  #sealing: Sealing = NO_SEALING;
  #closed = false;
  #unprovenBytes = 0;
  #silentRounds = 0;
  #cancelTimer: () => void;

  constructor(setup: ConnectionSetup) {
    const { carrier, limits, timers, events } = setup;
    this.#setup = setup;
    this.role = setup.role;
    this.#inbox = new Inbox({
      limits,
      timers,
      deliver: (content, done) => events.onFrame(this, content, done),
      onRoom: () => carrier.resume(),
    });
    this.#cancelTimer = timers.after(limits.handshakeMs, () =>
      this.#refuse(refused("too_slow", `no handshake within ${limits.handshakeMs} ms`)),
    );
    carrier.begin({
      onOpen: (exporter) => this.#onOpen(exporter),
      onFrame: (frame) => this.#onFrame(frame),
      onBytes: (count) => this.#onBytes(count),
      onClosed: (why) => this.#ended(why),
    });
  }

  /** The proven peer; null before that. */
  get peer(): NodeId | null {
    return this.#peer;
  }

  get traffic(): Traffic {
    return { ...this.#traffic };
  }

  send(content: Uint8Array): void {
    this.#traffic.sentBytes += content.length;
    this.#traffic.sentMessages++;
    this.#say(content);
  }

  /** Says nothing, to which a peer that is gone cannot be silent. */
  ping(): void {
    this.#say(new Uint8Array(0));
  }

  close(why: string): void {
    if (this.#closed) return;
    this.#setup.carrier.destroy();
    this.#ended(why);
  }

  #say(content: Uint8Array): void {
    if (this.#peer === null || this.#closed) return;
    this.#setup.carrier.send(this.#sealing.seal(content));
    this.#checkOutbox();
  }

  #checkOutbox(): void {
    const { carrier, limits } = this.#setup;
    const { waitingBytes } = carrier;
    if (waitingBytes <= limits.outboxBytes) return;
    this.close(
      `the peer does not read: ${waitingBytes} bytes wait to be sent, more than ${limits.outboxBytes}`,
    );
  }

  #refuse(why: Refused): void {
    if (this.#closed) return;
    this.#setup.carrier.refuse(encodeRefusal(why), showRefusal(why));
    this.#ended(why.message);
  }

  #ended(why: string): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#cancelTimer();
    this.#inbox.stop();
    this.#setup.events.onClosed(this, why);
  }

  #onOpen(exporter: Uint8Array | null): void {
    const { identity, role, expected, carrier, admit } = this.#setup;
    this.#negotiation = new Negotiation(identity, role, expected, exporter, admit);
    carrier.send(this.#negotiation.hello);
  }

  /** After the frames that these bytes completed. */
  #onBytes(count: number): void {
    this.#silentRounds = 0;
    if (this.#peer === null) this.#unprovenBytes += count;
    if (this.#unprovenBytes > MOST_UNPROVEN_BYTES)
      return this.close(`the peer sent more than ${MOST_UNPROVEN_BYTES} bytes and did not prove who it is`);
    // The answers to pings wait too if a peer does not read.
    if (!this.#closed) this.#checkOutbox();
  }

  #onFrame(frame: Uint8Array): void {
    if (this.#closed) return;
    if (this.#peer === null) return this.#onStep(this.#negotiation?.take(frame));
    const content = this.#sealing.open(frame);
    if (content === null) return this.close("a frame does not open: it was changed on the way");
    if (content.length === 0) return;
    this.#traffic.receivedBytes += content.length;
    this.#traffic.receivedMessages++;
    this.#inbox.push(content);
    if (this.#inbox.isFull) this.#setup.carrier.pause();
  }

  #onStep(step: Step | undefined): void {
    switch (step?.kind) {
      case "say":
        return this.#setup.carrier.send(step.frame);
      case "proven":
        return this.#establish(step.peer, step.sealing);
      case "refuse":
        return this.#refuse(step.why);
      case "refused":
        return this.close(`the peer refused the connection: ${showRefusal(step.refusal)}`);
      case undefined:
        return;
    }
  }

  #establish(peer: NodeId, sealing: Sealing): void {
    this.#peer = peer;
    this.#sealing = sealing;
    this.#unprovenBytes = 0;
    this.#cancelTimer();
    this.#schedulePing();
    this.#setup.events.onEstablished(this);
  }

  #schedulePing(): void {
    const { timers, limits, carrier } = this.#setup;
    this.#cancelTimer = timers.after(limits.pingMs, () => {
      if (!carrier.isPaused) this.#silentRounds++;
      if (this.#silentRounds > SILENT_ROUNDS)
        return this.close(`the peer was silent for ${limits.pingMs * SILENT_ROUNDS} ms`);
      this.ping();
      if (!this.#closed) this.#schedulePing();
    });
  }
}
