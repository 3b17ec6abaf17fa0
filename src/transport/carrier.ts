import type { Socket } from "node:net";
import { TLSSocket } from "node:tls";
import { WebSocket } from "ws";

/** What carries the frames of a connection says this. */
export interface CarrierEvents {
  /** `exporter`: what only the two ends of this TLS session know; null without TLS. Comes first. */
  onOpen(exporter: Uint8Array | null): void;
  onFrame(frame: Uint8Array): void;
  /** Bytes came, be they a frame or not. After what they completed. */
  onBytes(count: number): void;
  /** Once, at the end. */
  onClosed(why: string): void;
}

export const SUBPROTOCOL = "hashlane";
/** Of RFC 9266: the value that binds what is signed to one TLS session. */
const EXPORTER_LABEL = "EXPORTER-Channel-Binding";
const EXPORTER_BYTES = 32;
const NO_CONTEXT = Buffer.alloc(0);
/** We write whole frames; a peer that sends pieces gets no more room by it. */
const MOST_PIECES = 64;
const REFUSED = 1008;
const NO_TEXT = 1003;

/** For both ends: nothing is compressed, and nothing is held that is longer than a frame. */
export function webSocketOptions(frameBytes: number) {
  const most = { maxPayload: frameBytes, maxFragments: MOST_PIECES, maxBufferedChunks: frameBytes >> 6 };
  return { ...most, perMessageDeflate: false, skipUTF8Validation: true } as const;
}

/** One WebSocket, incoming or outgoing. */
export class Carrier {
  readonly #webSocket: WebSocket;
  #socket: Socket | null;
  #events: CarrierEvents | null = null;

  /** `socket`: under a WebSocket that is open; null if it is being dialled. */
  constructor(webSocket: WebSocket, socket: Socket | null) {
    this.#webSocket = webSocket;
    this.#socket = socket;
    webSocket.on("error", (error) => this.#failed(error));
  }

  /** Bytes that wait to be sent. */
  get waitingBytes(): number {
    return this.#webSocket.bufferedAmount;
  }

  get isPaused(): boolean {
    return this.#webSocket.isPaused;
  }

  begin(events: CarrierEvents): void {
    this.#events = events;
    const webSocket = this.#webSocket;
    webSocket.on("message", (data, isBinary) => {
      if (isBinary) this.#events?.onFrame(data as Buffer);
      else this.#refuseText();
    });
    webSocket.on("close", () => this.#ended("the peer ended the connection"));
    if (this.#socket !== null) return this.#opened(this.#socket);
    webSocket.on("upgrade", ({ socket }) => (this.#socket = socket));
    webSocket.on("open", () => {
      if (this.#socket !== null) this.#opened(this.#socket);
    });
  }

  send(frame: Uint8Array): void {
    const socket = this.#socket;
    if (socket !== null && socket.writableCorked === 0) {
      socket.cork();
      process.nextTick(() => socket.uncork());
    }
    this.#webSocket.send(frame, { binary: true }, () => undefined);
  }

  pause(): void {
    this.#webSocket.pause();
  }

  resume(): void {
    this.#webSocket.resume();
  }

  /** Says a last frame and why in words, and closes. Nothing is told of it. */
  refuse(frame: Uint8Array, reason: string): void {
    if (this.#webSocket.readyState === WebSocket.CONNECTING) return this.destroy();
    this.#events = null;
    this.send(frame);
    this.#webSocket.close(REFUSED, reason);
    this.#socket?.destroySoon();
  }

  /** At once, whatever waits. Nothing is told of it. */
  destroy(): void {
    this.#events = null;
    this.#webSocket.terminate();
    this.#socket?.destroy();
  }

  #opened(socket: Socket): void {
    if (socket.destroyed) return;
    socket.setNoDelay(true);
    socket.on("error", (error) => this.#ended(error.message));
    this.#events?.onOpen(
      socket instanceof TLSSocket
        ? socket.exportKeyingMaterial(EXPORTER_BYTES, EXPORTER_LABEL, NO_CONTEXT)
        : null,
    );
    socket.on("data", (chunk: Buffer) => this.#events?.onBytes(chunk.length));
  }

  #refuseText(): void {
    this.#webSocket.close(NO_TEXT, "binary frames only");
    this.#socket?.destroySoon();
    this.#ended("the peer sent a text where only binary frames are spoken");
  }

  #failed(error: Error & { readonly code?: string }): void {
    this.#socket?.destroySoon();
    const isTooLong = error.code === "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH";
    this.#ended(isTooLong ? "the peer announced a frame that is too long" : error.message);
  }

  #ended(why: string): void {
    const events = this.#events;
    this.#events = null;
    events?.onClosed(why);
  }
}
