import { once } from "node:events";
import { createServer as createHttpServer, type IncomingMessage, type Server as HttpServer } from "node:http";
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { createServer as createTlsServer, type Server as TlsServer } from "node:tls";
import { WebSocketServer } from "ws";
import { HashlaneError } from "../protocol/error.ts";
import { Carrier, SUBPROTOCOL, webSocketOptions } from "./carrier.ts";
import { Gate, type TurnedAway, type Visit } from "./gate.ts";
import type { Limits } from "./limits.ts";
import { answer, MOST_HEADER_BYTES, refuseUpgrade } from "./page.ts";
import type { Security } from "./security.ts";
import type { Timers } from "./timers.ts";

export interface Place {
  readonly host: string;
  readonly port: number;
}

export interface DoorParts {
  readonly security: Security;
  readonly limits: Limits;
  /** Longest frame that may come. */
  readonly frameBytes: number;
  readonly timers: Timers;
  /** A WebSocket stands; its visit is to be told who it says it is, and when that is proven. */
  onCarrier(carrier: Carrier, visit: Visit): void;
  /** Somebody who came was not let in, in one sentence. */
  onProblem(problem: string): void;
}

export interface Visitors {
  readonly present: number;
  readonly turnedAway: TurnedAway;
}

interface Guest extends Visit {
  /** Its time to get to a WebSocket is over, one way or another. */
  readonly stopClock: () => void;
}

/** TLS begins with this byte, and no request of HTTP does. */
const TLS_RECORD = 0x16;

/** Where others come in: TCP, then TLS, then a WebSocket, within a time and a number. */
export class Door {
  readonly #parts: DoorParts;
  readonly #front: Server;
  readonly #web: HttpServer;
  readonly #hint: HttpServer;
  readonly #tls: TlsServer | null;
  readonly #webSockets: WebSocketServer;
  readonly #gate: Gate;
  readonly #sockets = new Set<Socket>();
  /** By the other end's address and port. */
  readonly #guests = new Map<string, Guest>();

  constructor(parts: DoorParts) {
    const { security, frameBytes, limits } = parts;
    this.#parts = parts;
    const { mostIncoming: most, mostUnproven, mostOfOneAddress: mostOfOne } = limits;
    this.#gate = new Gate({ most, mostUnproven, mostOfOne });
    this.#webSockets = new WebSocketServer({
      ...webSocketOptions(frameBytes),
      noServer: true,
      clientTracking: false,
      handleProtocols: () => SUBPROTOCOL,
    });
    this.#web = this.#createWeb();
    this.#web.on("upgrade", (request, socket, head) => this.#onUpgrade(request, socket, head));
    this.#hint = this.#createWeb();
    this.#tls = security.kind === "tls" ? this.#createTls(security.certificate) : null;
    this.#front = createServer({ noDelay: true }, (socket) => this.#onSocket(socket));
  }

  get address(): AddressInfo | null {
    const address = this.#front.address();
    return typeof address === "string" ? null : address;
  }

  /** Who is there, and who was not let in. */
  get visitors(): Visitors {
    return { present: this.#gate.present, turnedAway: this.#gate.turnedAway };
  }

  async open(place: Place): Promise<void> {
    this.#front.listen(place.port, place.host);
    try {
      await once(this.#front, "listening");
    } catch (cause) {
      throw listenFailed(place, cause);
    }
  }

  async close(): Promise<void> {
    const closed = once(this.#front, "close");
    this.#front.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #createWeb(): HttpServer {
    const web = createHttpServer({ maxHeaderSize: MOST_HEADER_BYTES });
    const isSecure = this.#parts.security.kind === "tls";
    web.on("request", (_, response) => answer(response, isSecure));
    web.on("clientError", (error, socket) => this.#turnAway(socket, error.message));
    return web;
  }

  #createTls({ certificate, privateKey }: { certificate: string; privateKey: string }): TlsServer {
    const versions = { minVersion: "TLSv1.3", maxVersion: "TLSv1.3" } as const;
    const tls = createTlsServer({
      cert: certificate,
      key: privateKey,
      ALPNProtocols: ["http/1.1"],
      ...versions,
    });
    tls.on("secureConnection", (socket) => this.#web.emit("connection", socket));
    tls.on("tlsClientError", (error: NodeJS.ErrnoException, socket) => {
      socket.destroy();
      // Of those who left there is nothing to tell.
      if (error.code !== "ECONNRESET") this.#tell(error.message);
    });
    return tls;
  }

  #onSocket(socket: Socket): void {
    socket.on("error", () => socket.destroy());
    const entry = this.#gate.enter(socket.remoteAddress ?? "");
    if (!entry.ok) {
      socket.destroy();
      if (entry.isFirst) this.#parts.onProblem(entry.problem);
      return;
    }
    this.#welcome(socket, entry.visit);
    if (this.#tls === null) this.#web.emit("connection", socket);
    else this.#tellApart(socket, this.#tls);
  }

  #welcome(socket: Socket, visit: Visit): void {
    const { limits, timers } = this.#parts;
    const key = keyOf(socket);
    const stopClock = timers.after(limits.handshakeMs, () => {
      this.#turnAway(socket, `no WebSocket within ${limits.handshakeMs} ms`);
    });
    this.#guests.set(key, { ...visit, stopClock });
    this.#sockets.add(socket);
    socket.once("close", () => {
      stopClock();
      visit.left();
      this.#guests.delete(key);
      this.#sockets.delete(socket);
    });
  }

  /** Somebody who asks in plain HTTP is told to use TLS, and nothing more. */
  #tellApart(socket: Socket, tls: TlsServer): void {
    socket.once("readable", () => {
      const head = socket.read() as Buffer | null;
      if (head === null) return;
      socket.unshift(head);
      (head[0] === TLS_RECORD ? tls : this.#hint).emit("connection", socket);
    });
  }

  #onUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const offered = request.headers["sec-websocket-protocol"]?.split(/ *, */) ?? [];
    const guest = this.#guests.get(keyOf(request.socket));
    if (guest === undefined) return void socket.destroy();
    if (!offered.includes(SUBPROTOCOL)) return refuseUpgrade(socket);
    request.socket.once("close", () => guest.left());
    this.#webSockets.handleUpgrade(request, socket, head, (webSocket) => {
      guest.stopClock();
      this.#parts.onCarrier(new Carrier(webSocket, request.socket), guest);
    });
  }

  #turnAway(socket: Duplex, why: string): void {
    if (!socket.destroyed) this.#tell(why);
    socket.destroy();
  }

  #tell(why: string): void {
    this.#parts.onProblem(`a connection that came in was given up: ${why}`);
  }
}

function keyOf({ remoteAddress = "", remotePort = 0 }: Socket): string {
  return `${remoteAddress} ${remotePort}`;
}

function listenFailed({ host, port }: Place, cause: unknown): HashlaneError {
  return new HashlaneError(
    "listen_failed",
    {
      failed: "no connections can be taken at this address",
      given: { host, port, reason: cause instanceof Error ? cause.message : String(cause) },
      next: "Choose a free port of this machine, or stop the program that uses it.",
    },
    { cause },
  );
}
