import { once } from "node:events";
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { HashlaneError } from "../protocol/error.ts";
import type { Message } from "../protocol/messages.ts";
import type { NodeId } from "../protocol/types.ts";
import { decodeMessage, encodeMessage, MAX_MESSAGE_BYTES } from "../protocol/wire.ts";
import type { BackOff } from "./back-off.ts";
import { Connection, type ConnectionEvents, type Identity, type Limits } from "./connection.ts";
import { Dialler } from "./dialler.ts";
import type { Role } from "./handshake.ts";
import type { Transport, TransportListener } from "./port.ts";
import { realTimers, type Timers } from "./timers.ts";

export interface SocketTransportOptions {
  readonly identity: Identity;
  /** Where others can connect to; port 0 lets the system choose. Null: nobody can, we only dial. */
  readonly listen: { readonly host: string; readonly port: number } | null;
  readonly limits?: Partial<Limits>;
  /** Connections at one time, proven or not. */
  readonly maxConnections?: number;
  readonly backOff?: BackOff;
  readonly timers?: Timers;
}

const LIMITS: Limits = {
  handshakeMs: 10_000,
  pingMs: 15_000,
  frameBytes: MAX_MESSAGE_BYTES,
  outboxBytes: 8 * MAX_MESSAGE_BYTES,
  inboxBytes: MAX_MESSAGE_BYTES,
};
const MAX_CONNECTIONS = 1000;
const BACK_OFF: BackOff = { firstMs: 250, longestMs: 30_000, random: Math.random };

/** Connections over TCP, sealed, each end proven by its node's key. */
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
  #server: Server | null = null;

  constructor(options: SocketTransportOptions) {
    this.id = options.identity.signer.address;
    this.#options = options;
    this.#limits = { ...LIMITS, ...options.limits };
    this.#timers = options.timers ?? realTimers;
    this.#dialler = new Dialler({
      timers: this.#timers,
      backOff: options.backOff ?? BACK_OFF,
      isConnected: (peer) => this.#peers.has(peer),
      onSocket: (socket, peer) => this.#addConnection(socket, "dialler", peer),
    });
  }

  get address(): string | null {
    const address = this.#server?.address() ?? null;
    if (address === null || typeof address === "string") return null;
    return addressText(address);
  }

  async start(listener: TransportListener): Promise<void> {
    this.#listener = listener;
    const { listen } = this.#options;
    if (listen === null) return;
    const server = createServer((socket) => this.#onIncoming(socket));
    server.listen(listen.port, listen.host);
    try {
      await once(server, "listening");
    } catch (cause) {
      throw listenFailed(listen, cause);
    }
    this.#server = server;
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
    const server = this.#server;
    this.#server = null;
    if (server === null) return;
    server.close();
    await once(server, "close");
  }

  #onIncoming(socket: Socket): void {
    if (this.#all.size >= (this.#options.maxConnections ?? MAX_CONNECTIONS)) {
      socket.destroy();
      this.#listener?.onProblem(
        `a connection was turned away: ${this.#all.size} are open, which is the most allowed`,
      );
      return;
    }
    this.#addConnection(socket, "listener", null);
  }

  #addConnection(socket: Socket, role: Role, expected: NodeId | null): void {
    const { identity } = this.#options;
    const events = this.#eventsOf(expected);
    const setup = { socket, role, expected, identity, limits: this.#limits, timers: this.#timers, events };
    this.#all.add(new Connection(setup));
  }

  #eventsOf(expected: NodeId | null): ConnectionEvents {
    return {
      onEstablished: (connection) => this.#onEstablished(connection),
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

function listenFailed(
  listen: { readonly host: string; readonly port: number },
  cause: unknown,
): HashlaneError {
  return new HashlaneError(
    "listen_failed",
    {
      failed: "no connections can be taken at this address",
      given: { ...listen, reason: cause instanceof Error ? cause.message : String(cause) },
      next: "Choose a free port of this machine, or stop the program that uses it.",
    },
    { cause },
  );
}
