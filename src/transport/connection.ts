import type { Socket } from "node:net";
import { concatBytes } from "../protocol/bytes.ts";
import type { Crypto, Signer } from "../protocol/crypto.ts";
import type { Domain, NodeId } from "../protocol/types.ts";
import { encodeFrame, FrameReader } from "./frame-reader.ts";
import {
  checkAuth,
  checkHello,
  decodeHandshakeFrame,
  encodeAuth,
  encodeRefusal,
  makeHello,
  MAX_HANDSHAKE_BYTES,
  signAuth,
  type Hello,
  type Refused,
  type Role,
} from "./handshake.ts";
import { createOneTimeKey, createSealing, TAG_BYTES, type Sealing } from "./sealing.ts";
import type { Timers } from "./timers.ts";

export interface Limits {
  readonly handshakeMs: number;
  /** Something is sent at least this often; a peer silent for three times as long is given up. */
  readonly pingMs: number;
  /** Longest content of a frame. */
  readonly frameBytes: number;
  /** Bytes that wait to be sent; above, the connection ends and the nodes resume on the next one. */
  readonly outboxBytes: number;
  /** Bytes of a peer's messages that wait to be dealt with; above, the peer is not read. */
  readonly inboxBytes: number;
}

/** Who we are, with what it takes to prove it. */
export interface Identity {
  readonly signer: Signer;
  readonly crypto: Crypto;
  readonly domain: Domain;
}

export interface ConnectionEvents {
  onEstablished(connection: Connection): void;
  onFrame(connection: Connection, content: Uint8Array, done: () => void): void;
  /** Once, also if it was never established. */
  onClosed(connection: Connection, why: string): void;
}

export interface ConnectionSetup {
  readonly socket: Socket;
  readonly role: Role;
  /** Whom we dialled; null if they came to us. */
  readonly expected: NodeId | null;
  readonly identity: Identity;
  readonly limits: Limits;
  readonly timers: Timers;
  readonly events: ConnectionEvents;
}

const SILENT_ROUNDS = 3;

/** One socket: first the handshake, then sealed frames both ways. */
export class Connection {
  readonly role: Role;
  readonly #setup: ConnectionSetup;
  readonly #key = createOneTimeKey();
  readonly #hello: Hello;
  readonly #reader = new FrameReader();
  #theirs: Hello | null = null;
  #sealing: Sealing | null = null;
  #established = false;
  #closed = false;
  #reading = false;
  #waitingBytes = 0;
  #silentRounds = 0;
  #cancelTimer: () => void;

  constructor(setup: ConnectionSetup) {
    const { socket, identity, limits, timers } = setup;
    this.#setup = setup;
    this.role = setup.role;
    this.#hello = makeHello(identity.signer.address, identity.domain, this.#key.publicBytes);
    this.#cancelTimer = timers.after(limits.handshakeMs, () =>
      this.#refuse({ code: "too_slow", message: `no handshake within ${limits.handshakeMs} ms` }),
    );
    socket.setNoDelay(true);
    socket.on("data", (chunk: Buffer) => this.#onData(chunk));
    socket.on("error", (error) => this.close(error.message));
    socket.on("close", () => this.close("the peer ended the connection"));
    this.#write(this.#hello.bytes);
  }

  /** The proven peer; null before that. */
  get peer(): NodeId | null {
    return this.#established ? (this.#theirs?.id ?? null) : null;
  }

  send(content: Uint8Array): void {
    if (this.#sealing === null || this.#closed) return;
    const { socket, limits } = this.#setup;
    this.#write(this.#sealing.seal(content));
    if (socket.writableLength > limits.outboxBytes) {
      this.close(
        `the peer does not read: ${socket.writableLength} bytes wait to be sent, more than ${limits.outboxBytes}`,
      );
    }
  }

  /** Says nothing, to which a peer that is gone cannot be silent. */
  ping(): void {
    this.send(new Uint8Array(0));
  }

  close(why: string): void {
    if (this.#closed) return;
    this.#setup.socket.destroy();
    this.#ended(why);
  }

  #write(content: Uint8Array): void {
    const { socket } = this.#setup;
    if (!socket.writableCorked) {
      socket.cork();
      process.nextTick(() => socket.uncork());
    }
    socket.write(encodeFrame(content));
  }

  #refuse({ code, message }: Refused): void {
    if (this.#closed) return;
    this.#setup.socket.end(encodeFrame(encodeRefusal(code)));
    this.#setup.socket.destroySoon();
    this.#ended(message);
  }

  #ended(why: string): void {
    this.#closed = true;
    this.#cancelTimer();
    this.#setup.events.onClosed(this, why);
  }

  #onData(chunk: Buffer): void {
    this.#silentRounds = 0;
    this.#reader.push(chunk);
    this.#readFrames();
  }

  #readFrames(): void {
    if (this.#reading) return;
    this.#reading = true;
    const { frameBytes, inboxBytes } = this.#setup.limits;
    while (!this.#closed && this.#waitingBytes <= inboxBytes) {
      const limit = this.#established ? frameBytes + TAG_BYTES : MAX_HANDSHAKE_BYTES;
      const frame = this.#reader.next(limit);
      if (frame === null) break;
      if (typeof frame === "number")
        this.close(`the peer announced a frame of ${frame} bytes, more than ${limit}`);
      else if (this.#established) this.#onSealed(frame);
      else this.#onHandshake(frame);
    }
    this.#reading = false;
    if (this.#waitingBytes > inboxBytes) this.#setup.socket.pause();
  }

  #onSealed(frame: Uint8Array): void {
    const content = this.#sealing?.open(frame) ?? null;
    if (content === null) return this.close("a frame does not open: it was changed on the way");
    if (content.length === 0) return;
    this.#waitingBytes += content.length;
    let waits = true;
    this.#setup.events.onFrame(this, content, () => {
      if (!waits) return;
      waits = false;
      this.#waitingBytes -= content.length;
      if (this.#closed || this.#waitingBytes > this.#setup.limits.inboxBytes) return;
      this.#setup.socket.resume();
      this.#readFrames();
    });
  }

  #onHandshake(frame: Uint8Array): void {
    const decoded = decodeHandshakeFrame(frame);
    if (decoded.kind === "refusal") return this.close(`the peer refused the connection: ${decoded.code}`);
    if (decoded.kind === "hello" && this.#theirs === null) return this.#onHello(decoded.hello);
    if (decoded.kind === "auth" && this.#theirs !== null) {
      const { crypto } = this.#setup.identity;
      const refused = checkAuth(crypto, this.role, this.#hello, this.#theirs, decoded.signature);
      return refused === null ? this.#establish() : this.#refuse(refused);
    }
    this.#refuse({ code: "bad_handshake", message: "what came is no handshake of this protocol" });
  }

  #onHello(theirs: Hello): void {
    const { identity, expected } = this.#setup;
    const refused = checkHello(this.#hello, theirs, expected);
    if (refused !== null) return this.#refuse(refused);
    const hellos = [this.#hello.bytes, theirs.bytes] as const;
    const [first, second] = this.role === "dialler" ? hellos : [hellos[1], hellos[0]];
    const transcript = identity.crypto.keccak256(concatBytes(first, second));
    this.#sealing = createSealing(this.role, this.#key, theirs.key, transcript);
    if (this.#sealing === null) {
      return this.#refuse({ code: "bad_handshake", message: "the peer's one-time key is none" });
    }
    this.#theirs = theirs;
    this.#write(encodeAuth(signAuth(identity.crypto, identity.signer, this.role, this.#hello, theirs)));
  }

  #establish(): void {
    this.#established = true;
    this.#cancelTimer();
    this.#schedulePing();
    this.#setup.events.onEstablished(this);
  }

  #schedulePing(): void {
    const { timers, limits, socket } = this.#setup;
    this.#cancelTimer = timers.after(limits.pingMs, () => {
      if (!socket.isPaused()) this.#silentRounds++;
      if (this.#silentRounds > SILENT_ROUNDS)
        return this.close(`the peer was silent for ${limits.pingMs * SILENT_ROUNDS} ms`);
      this.ping();
      if (!this.#closed) this.#schedulePing();
    });
  }
}
