import { randomBytes } from "node:crypto";
import { concatBytes } from "../protocol/bytes.ts";
import type { Crypto, Signer } from "../protocol/crypto.ts";
import type { Domain, NodeId, Signature } from "../protocol/types.ts";
import type { Features } from "./features.ts";
import {
  decodeAuth,
  decodeHello,
  encodeAuth,
  isProven,
  makeHello,
  MAX_HANDSHAKE_BYTES,
  ONCE_BYTES,
  PROTOCOLS,
  signAuth,
  type Hello,
  type Role,
} from "./handshake.ts";
import {
  badHandshake,
  badSignature,
  checkHello,
  decodeRefusal,
  type Refusal,
  type Refused,
} from "./refusal.ts";
import { createOneTimeKey, createSealing, NO_SEALING, type OneTimeKey, type Sealing } from "./sealing.ts";

/** Who we are, with what it takes to prove it. */
export interface Identity {
  readonly signer: Signer;
  readonly crypto: Crypto;
  readonly domain: Domain;
  /** What we can do beyond the protocol; nothing if left out. */
  readonly features?: Features;
}

/** Who says that it is this node comes in; null: it may. */
export type Admit = (id: NodeId) => Refused | null;

/** What follows from a frame of the other end. */
export type Step =
  | { readonly kind: "say"; readonly frame: Uint8Array }
  | { readonly kind: "proven"; readonly peer: NodeId; readonly sealing: Sealing }
  | { readonly kind: "refuse"; readonly why: Refused }
  | { readonly kind: "refused"; readonly refusal: Refusal };

/** The handshake as one end sees it, from the moment that the carrier stands. */
export class Negotiation {
  readonly #identity: Identity;
  readonly #role: Role;
  readonly #expected: NodeId | null;
  readonly #exporter: Uint8Array | null;
  readonly #admit: Admit;
  /** Null where TLS hides all. */
  readonly #key: OneTimeKey | null;
  readonly #ours: Hello;
  #theirs: Hello | null = null;
  #sealing: Sealing = NO_SEALING;

  /** `expected`: whom we dialled; null if they came to us. `exporter`: null without TLS. */
  constructor(
    identity: Identity,
    role: Role,
    expected: NodeId | null,
    exporter: Uint8Array | null,
    admit: Admit = () => null,
  ) {
    this.#identity = identity;
    this.#admit = admit;
    this.#role = role;
    this.#expected = expected;
    this.#exporter = exporter;
    this.#key = exporter === null ? createOneTimeKey() : null;
    this.#ours = makeHello({
      protocols: PROTOCOLS,
      id: identity.signer.address,
      domain: identity.domain,
      binding: exporter === null ? "sealed" : "exporter",
      once: this.#key?.publicBytes ?? randomBytes(ONCE_BYTES),
      features: identity.features ?? new Set(),
    });
  }

  /** What we say first. */
  get hello(): Uint8Array {
    return this.#ours.bytes;
  }

  take(frame: Uint8Array): Step {
    if (frame.length > MAX_HANDSHAKE_BYTES)
      return refuse(badHandshake(`a frame of ${frame.length} bytes came`));
    const refusal = decodeRefusal(frame);
    if (refusal !== null) return { kind: "refused", refusal };
    const hello = this.#theirs === null ? decodeHello(frame) : null;
    if (hello !== null) return this.#onHello(hello);
    const signature = this.#theirs === null ? null : decodeAuth(frame);
    if (this.#theirs !== null && signature !== null) return this.#onAuth(this.#theirs, signature);
    return refuse(badHandshake("what came is no handshake of this protocol"));
  }

  #onHello(theirs: Hello): Step {
    const { crypto, signer } = this.#identity;
    const why = checkHello(this.#ours, theirs, this.#expected) ?? this.#admit(theirs.id);
    if (why !== null) return refuse(why);
    if (this.#key !== null) {
      const sealing = this.#seal(this.#key, theirs);
      if (sealing === null) return refuse(badHandshake("the peer's one-time key is none"));
      this.#sealing = sealing;
    }
    this.#theirs = theirs;
    return { kind: "say", frame: encodeAuth(signAuth(crypto, signer, this.#role, this.#transcript(theirs))) };
  }

  #onAuth(theirs: Hello, signature: Signature): Step {
    if (!isProven(this.#identity.crypto, this.#role, this.#transcript(theirs), signature)) {
      return refuse(badSignature(theirs));
    }
    return { kind: "proven", peer: theirs.id, sealing: this.#sealing };
  }

  #transcript(theirs: Hello) {
    return { exporter: this.#exporter, ours: this.#ours, theirs };
  }

  #seal(key: OneTimeKey, theirs: Hello): Sealing | null {
    const hellos = [this.#ours.bytes, theirs.bytes] as const;
    const [first, second] = this.#role === "dialler" ? hellos : [hellos[1], hellos[0]];
    const transcript = this.#identity.crypto.keccak256(concatBytes(first, second));
    return createSealing(this.#role, key, theirs.once, transcript);
  }
}

function refuse(why: Refused): Step {
  return { kind: "refuse", why };
}
