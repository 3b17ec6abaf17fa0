import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { concatBytes } from "../../src/protocol/bytes.ts";
import type { Identity } from "../../src/transport/connection.ts";
import { encodeFrame, FrameReader } from "../../src/transport/frame-reader.ts";
import {
  decodeHandshakeFrame,
  encodeAuth,
  makeHello,
  signAuth,
  type HandshakeFrame,
  type Hello,
} from "../../src/transport/handshake.ts";
import {
  createOneTimeKey,
  createSealing,
  type OneTimeKey,
  type Sealing,
} from "../../src/transport/sealing.ts";

/** The dialling end of a connection, driven by hand: what a hostile or broken peer might do. */
export class RawPeer {
  readonly socket: Socket;
  readonly #reader = new FrameReader();
  #waiters: (() => void)[] = [];
  ended = false;

  constructor(address: string) {
    const [host = "", port = ""] = address.split(":");
    this.socket = connect({ host, port: Number(port) });
    this.socket.on("data", (chunk: Buffer) => {
      this.#reader.push(chunk);
      this.#wake();
    });
    this.socket.on("error", () => undefined);
    this.socket.on("close", () => {
      this.ended = true;
      this.#wake();
    });
  }

  write(bytes: Uint8Array): void {
    this.socket.write(bytes);
  }

  frame(content: Uint8Array): void {
    this.write(encodeFrame(content));
  }

  /** The next frame, or null when the other end has closed. */
  async next(): Promise<Uint8Array | null> {
    for (;;) {
      const frame = this.#reader.next(1 << 22);
      if (frame instanceof Uint8Array) return frame;
      if (this.ended) return null;
      await new Promise<void>((resolve) => this.#waiters.push(resolve));
    }
  }

  async nextHandshake(): Promise<HandshakeFrame> {
    const frame = await this.next();
    return frame === null ? { kind: "garbage" } : decodeHandshakeFrame(frame);
  }

  async hello(): Promise<Hello> {
    const frame = await this.nextHandshake();
    if (frame.kind !== "hello") throw new Error(`expected a hello, got ${frame.kind}`);
    return frame.hello;
  }

  /** The refusal that the other end sent before it closed, or how it ended else. */
  async refusal(): Promise<string> {
    for (;;) {
      const frame = await this.next();
      if (frame === null) return "closed without a word";
      const decoded = decodeHandshakeFrame(frame);
      if (decoded.kind === "refusal") return decoded.code;
    }
  }

  async close(): Promise<void> {
    this.socket.destroy();
    if (!this.ended) await once(this.socket, "close");
  }

  #wake(): void {
    for (const waiter of this.#waiters.splice(0)) waiter();
  }
}

export interface Introduced {
  readonly peer: RawPeer;
  readonly mine: Hello;
  readonly theirs: Hello;
  readonly key: OneTimeKey;
}

/** Hellos are exchanged. */
export async function introduce(address: string, identity: Identity): Promise<Introduced> {
  const peer = new RawPeer(address);
  const key = createOneTimeKey();
  const mine = makeHello(identity.signer.address, identity.domain, key.publicBytes);
  peer.frame(mine.bytes);
  return { peer, mine, theirs: await peer.hello(), key };
}

/** The handshake is done as it should be. */
export async function befriend(
  address: string,
  identity: Identity,
): Promise<{ peer: RawPeer; sealing: Sealing }> {
  const { peer, mine, theirs, key } = await introduce(address, identity);
  peer.frame(encodeAuth(signAuth(identity.crypto, identity.signer, "dialler", mine, theirs)));
  const auth = await peer.nextHandshake();
  if (auth.kind !== "auth") throw new Error(`expected an auth, got ${auth.kind}`);
  const transcript = identity.crypto.keccak256(concatBytes(mine.bytes, theirs.bytes));
  const sealing = createSealing("dialler", key, theirs.key, transcript);
  if (sealing === null) throw new Error("no keys");
  return { peer, sealing };
}
