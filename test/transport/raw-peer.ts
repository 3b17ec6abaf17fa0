import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { TLSSocket, type ConnectionOptions } from "node:tls";
import { WebSocket } from "ws";
import { concatBytes } from "../../src/protocol/bytes.ts";
import { SUBPROTOCOL } from "../../src/transport/carrier.ts";
import {
  decodeAuth,
  decodeHello,
  encodeAuth,
  makeHello,
  PROTOCOLS,
  signAuth,
  type Hello,
  type Introduction,
  type Transcript,
} from "../../src/transport/handshake.ts";
import type { Identity } from "../../src/transport/negotiation.ts";
import { decodeRefusal, showRefusal } from "../../src/transport/refusal.ts";
import { createOneTimeKey, createSealing, NO_SEALING, type Sealing } from "../../src/transport/sealing.ts";
import type { Security } from "../../src/transport/security.ts";

export type Kind = Security["kind"];

export interface RawOptions extends ConnectionOptions {
  readonly perMessageDeflate?: boolean;
  readonly headers?: Record<string, string>;
  /** Subprotocols that are offered. */
  readonly protocols?: readonly string[];
}

/** The dialling end of a WebSocket, driven by hand: what a hostile or broken peer might do. */
export class RawPeer {
  readonly webSocket: WebSocket;
  readonly kind: Kind;
  closeCode = 0;
  ended = false;
  #socket: Socket | null = null;
  #frames: Uint8Array[] = [];
  #waiters: (() => void)[] = [];

  constructor(address: string, kind: Kind, options: RawOptions = {}) {
    this.kind = kind;
    const scheme = kind === "tls" ? "wss" : "ws";
    const { protocols = [SUBPROTOCOL], ...others } = options;
    const asked = { rejectUnauthorized: false, perMessageDeflate: false, ...others };
    this.webSocket = new WebSocket(`${scheme}://${address}/`, [...protocols], asked);
    this.webSocket.on("upgrade", ({ socket }: IncomingMessage) => (this.#socket = socket));
    this.webSocket.on("message", (data) => {
      this.#frames.push(data as Buffer);
      this.#wake();
    });
    this.webSocket.on("error", () => undefined);
    this.webSocket.on("close", (code) => {
      this.closeCode = code;
      this.ended = true;
      this.#wake();
    });
  }

  async open(): Promise<this> {
    await once(this.webSocket, "open");
    return this;
  }

  get socket(): Socket {
    if (this.#socket === null) throw new Error("not open yet");
    return this.#socket;
  }

  /** Null without TLS. */
  get exporter(): Uint8Array | null {
    const { socket } = this;
    if (!(socket instanceof TLSSocket)) return null;
    return socket.exportKeyingMaterial(32, "EXPORTER-Channel-Binding", Buffer.alloc(0));
  }

  frame(content: Uint8Array): void {
    this.webSocket.send(content, { binary: true });
  }

  /** Under the WebSocket, as if it were one that knows no rules. */
  write(bytes: Uint8Array): void {
    this.socket.write(bytes);
  }

  /** The next frame, or null when the other end has closed. */
  async next(): Promise<Uint8Array | null> {
    for (;;) {
      const frame = this.#frames.shift();
      if (frame !== undefined) return frame;
      if (this.ended) return null;
      await new Promise<void>((resolve) => this.#waiters.push(resolve));
    }
  }

  async hello(): Promise<Hello> {
    const frame = await this.next();
    const hello = frame === null ? null : decodeHello(frame);
    if (hello === null) throw new Error("expected a hello");
    return hello;
  }

  /** The refusal that the other end sent before it closed, or how it ended else. */
  async refusal(): Promise<string> {
    for (;;) {
      const frame = await this.next();
      if (frame === null) return "closed without a word";
      const refusal = decodeRefusal(frame);
      if (refusal !== null) return showRefusal(refusal);
    }
  }

  async close(): Promise<void> {
    this.webSocket.terminate();
    this.#socket?.destroy();
    if (!this.ended) await once(this.webSocket, "close");
  }

  #wake(): void {
    for (const waiter of this.#waiters.splice(0)) waiter();
  }
}

export interface Introduced extends Transcript {
  readonly peer: RawPeer;
  /** Null if nothing is sealed. */
  readonly sealingOf: (theirs: Hello) => Sealing;
}

/** Hellos are exchanged. `change`: what is said otherwise than it should be. */
export async function introduce(
  peer: RawPeer,
  identity: Identity,
  change: Partial<Introduction> = {},
): Promise<Introduced> {
  const { signer, domain, crypto } = identity;
  const key = createOneTimeKey();
  const binding = peer.kind === "tls" ? "exporter" : "sealed";
  const said = { protocols: PROTOCOLS, id: signer.address, domain, binding, once: key.publicBytes } as const;
  const ours = makeHello({ ...said, features: new Set(), ...change });
  peer.frame(ours.bytes);
  const sealingOf = (theirs: Hello): Sealing => {
    if (peer.kind === "tls") return NO_SEALING;
    const transcript = crypto.keccak256(concatBytes(ours.bytes, theirs.bytes));
    const sealing = createSealing("dialler", key, theirs.once, transcript);
    if (sealing === null) throw new Error("no keys");
    return sealing;
  };
  return { peer, ours, theirs: await peer.hello(), exporter: peer.exporter, sealingOf };
}

/** The handshake is done as it should be. */
export async function befriend(
  peer: RawPeer,
  identity: Identity,
  change: Partial<Introduction> = {},
): Promise<{ readonly peer: RawPeer; readonly sealing: Sealing }> {
  const introduced = await introduce(peer, identity, change);
  peer.frame(encodeAuth(signAuth(identity.crypto, identity.signer, "dialler", introduced)));
  const frame = await peer.next();
  if (frame === null || decodeAuth(frame) === null) throw new Error("expected an auth");
  return { peer, sealing: introduced.sealingOf(introduced.theirs) };
}
