import type { AddressInfo } from "node:net";
import type { Message } from "../protocol/messages.ts";
import type { NodeId } from "../protocol/types.ts";
import { decodeMessage, encodeMessage } from "../protocol/wire.ts";
import type { BackOff } from "./back-off.ts";
import type { Carrier } from "./carrier.ts";
import { Connection, type ConnectionEvents, type Traffic } from "./connection.ts";
import { dial } from "./dial.ts";
import { Dialler } from "./dialler.ts";
import { Door, type Place, type Visitors } from "./door.ts";
import type { Visit } from "./gate.ts";
import type { Role } from "./handshake.ts";
import { LIMITS, type Limits } from "./limits.ts";
import type { Admit, Identity } from "./negotiation.ts";
import type { Transport, TransportListener } from "./port.ts";
import { tooManyHere, type Refused } from "./refusal.ts";
import { TAG_BYTES } from "./sealing.ts";
import type { Security } from "./security.ts";
import { realTimers, type Timers } from "./timers.ts";

export interface SocketTransportOptions {
  readonly identity: Identity;
  /** How all connections are hidden, incoming and outgoing. */
  readonly security: Security;
  /** Where others can connect to; port 0 lets the system choose. Null: nobody can, we only dial. */
  readonly listen: Place | null;
  readonly limits?: Partial<Limits>;
  readonly backOff?: BackOff;
  readonly timers?: Timers;
}

/** What was exchanged with a peer since it connected last. */
export interface PeerTraffic extends Traffic {
  readonly peer: NodeId;
}

const BACK_OFF: BackOff = { firstMs: 250, longestMs: 30_000, random: Math.random };

/** Connections over WebSockets, each end proven by its node's key. */
export class SocketTransport implements Transport {
  readonly id: NodeId;
  readonly #options: SocketTransportOptions;
  readonly #limits: Limits;
  readonly #timers: Timers;
  readonly #dialler: Dialler;
  /** Proven ones, by peer. */
  readonly #peers = new Map<NodeId, Connection>();
  readonly #all = new Set<Connection>();
  #listener: TransportListener | null = null;
  #door: Door | null = null;

  constructor(options: SocketTransportOptions) {
    this.id = options.identity.signer.address;
    this.#options = options;
    this.#limits = { ...LIMITS, ...options.limits };
    this.#timers = options.timers ?? realTimers;
    this.#dialler = new Dialler({
      timers: this.#timers,
      backOff: options.backOff ?? BACK_OFF,
      isConnected: (peer) => this.#peers.has(peer),
      dial: (address, peer) => {
        const carrier = dial(address, options.security, this.#frameBytes);
        this.#addConnection(carrier, "dialler", peer, null);
      },
    });
  }

  get address(): string | null {
    const address = this.#door?.address ?? null;
    return address === null ? null : addressText(address);
  }

  /** Of the peers that are connected. */
  traffic(): readonly PeerTraffic[] {
    return [...this.#peers].map(([peer, { traffic }]) => ({ peer, ...traffic }));
  }

  /** Of connections that came in. */
  visitors(): Visitors {
    const nobody = { present: 0, turnedAway: { full: 0, unproven: 0, tooManyHere: 0 } };
    return this.#door?.visitors ?? nobody;
  }

  async start(listener: TransportListener): Promise<void> {
    this.#listener = listener;
    const { listen, security } = this.#options;
    if (listen === null) return;
    const door = new Door({
      security,
      limits: this.#limits,
      frameBytes: this.#frameBytes,
      timers: this.#timers,
      onCarrier: (carrier, visit) => this.#addConnection(carrier, "listener", null, visit),
      onProblem: (problem) => this.#listener?.onProblem(problem),
    });
    await door.open(listen);
    this.#door = door;
  }

  connect(peer: NodeId, address: string): void {
    this.#dialler.add(peer, address);
  }

  send(to: NodeId, message: Message): boolean {
    const connection = this.#peers.get(to);
    if (connection === undefined) return false;
    connection.send(encodeMessage(message));
    return true;
  }

  async stop(): Promise<void> {
    this.#listener = null;
    this.#dialler.stop();
    for (const connection of [...this.#all]) connection.close("this node stops");
    const door = this.#door;
    this.#door = null;
    await door?.close();
  }

  /** As frames travel. */
  get #frameBytes(): number {
    return this.#limits.frameBytes + (this.#options.security.kind === "plain" ? TAG_BYTES : 0);
  }

  #addConnection(carrier: Carrier, role: Role, expected: NodeId | null, visit: Visit | null): void {
    const { identity } = this.#options;
    const events = this.#eventsOf(expected, () => visit?.proven());
    const admit: Admit = (id) => this.#admit(visit, id);
    const parts = { carrier, role, expected, identity, events, admit };
    this.#all.add(new Connection({ ...parts, limits: this.#limits, timers: this.#timers }));
  }

  /** One that is connected already takes the place of its own old connection. */
  #admit(visit: Visit | null, id: NodeId): Refused | null {
    if (visit === null || visit.introduced(this.#peers.has(id))) return null;
    return tooManyHere(this.#limits.mostOfOneAddress);
  }

  #eventsOf(expected: NodeId | null, proven: () => void): ConnectionEvents {
    return {
      onEstablished: (connection) => {
        proven();
        this.#onEstablished(connection);
      },
      onFrame: (connection, content, done) => this.#onFrame(connection, content, done),
      onClosed: (connection, why) => {
        this.#all.delete(connection);
        this.#onClosed(connection, expected, why);
        if (expected !== null) this.#dialler.ended(expected);
      },
    };
  }

  #onEstablished(connection: Connection): void {
    const { peer } = connection;
    if (peer === null) return;
    const present = this.#peers.get(peer);
    if (present !== undefined && !this.#supersedes(connection, present, peer)) {
      connection.close("another connection with this peer stands");
      // It may stand on our side only: then this finds out.
      present.ping();
      return;
    }
    this.#peers.set(peer, connection);
    this.#dialler.succeeded(peer);
    if (present !== undefined) {
      present.close("replaced by a new connection");
      this.#listener?.onDisconnected(peer, "the peer connected anew");
    }
    this.#listener?.onConnected(peer);
  }

  /** Both ends judge alike: of two directions the one that the lower id dialled stands, of one direction the newer. */
  #supersedes(connection: Connection, present: Connection, peer: NodeId): boolean {
    if (connection.role === present.role) return true;
    return connection.role === (this.id < peer ? "dialler" : "listener");
  }

  #onFrame(connection: Connection, content: Uint8Array, done: () => void): void {
    const { peer } = connection;
    if (peer === null || this.#peers.get(peer) !== connection) return done();
    const decoded = decodeMessage(content);
    if (!decoded.ok) return connection.close(`the peer sent what is no message: ${decoded.error.message}`);
    this.#listener?.onMessage(peer, decoded.message, done);
  }

  #onClosed(connection: Connection, expected: NodeId | null, why: string): void {
    const { peer } = connection;
    if (peer === null) {
      const which = expected === null ? "a connection that came in" : `a connection to ${expected}`;
      this.#listener?.onProblem(`${which} was given up: ${why}`);
      return;
    }
    if (this.#peers.get(peer) !== connection) return;
    this.#peers.delete(peer);
    this.#listener?.onDisconnected(peer, why);
    this.#dialler.retry(peer);
  }
}

function addressText({ address, port, family }: AddressInfo): string {
  return family === "IPv6" ? `[${address}]:${port}` : `${address}:${port}`;
}
