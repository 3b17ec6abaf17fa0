import { asciiBytes, concatBytes, fromHex, readUint, toHex, writeUint } from "../protocol/bytes.ts";
import type { Crypto, Signer } from "../protocol/crypto.ts";
import type { Address, Digest, Domain, NodeId, Signature } from "../protocol/types.ts";
import { decodeFeatures, encodeFeatures, MAX_FEATURE_BYTES, type Features } from "./features.ts";

/*
 * Both ends of a new connection say
 *   hello: type u8 | protocol from u16, to u16 | node id 20 | chain id 32 | contract 20 | binding u8 | once 32
 *          | length of features u8 | features
 * and, when they have the other's,
 *   auth: type u8 | signature 64 over the role of the signer, the binding's value and both hellos.
 * `once` is made for one connection, so that no signature is of use in another. What binds the signatures to the bytes
 * that follow is told by `binding`: with `exporter` they cover a value that only the two ends of one TLS session know,
 * with `sealed` the two `once` are keys from which those of all later frames are derived. Either way nobody in between
 * can pass for either end.
 */
const TYPES = { hello: 1, auth: 2 } as const;
const BINDINGS = { exporter: 1, sealed: 2 } as const;
const HELLO_BYTES = 1 + 2 + 2 + 20 + 32 + 20 + 1 + 32 + 1;
const ONCE_AT = HELLO_BYTES - 33;
const AUTH_BYTES = 1 + 64;
const PREFIX = asciiBytes("Hashlane connection 2\n");

export const ONCE_BYTES = 32;
/** Room for what later protocols may add to a hello. */
export const MAX_HANDSHAKE_BYTES = 1024;

/** The protocols that this program speaks, both included. */
export interface Protocols {
  readonly from: number;
  readonly to: number;
}

export const PROTOCOLS: Protocols = { from: 2, to: 2 };

/** Which end opened the connection. */
export type Role = "dialler" | "listener";
export type Binding = keyof typeof BINDINGS;

export const otherRole = (role: Role): Role => (role === "dialler" ? "listener" : "dialler");

/** What an end says of itself. */
export interface Introduction {
  readonly protocols: Protocols;
  readonly id: NodeId;
  readonly domain: Domain;
  readonly binding: Binding;
  readonly once: Uint8Array;
  readonly features: Features;
}

export interface Hello extends Omit<Introduction, "binding"> {
  /** Null if it is none that we know. */
  readonly binding: Binding | null;
  /** As it travels: this is what is signed. */
  readonly bytes: Uint8Array;
}

export function makeHello(introduction: Introduction): Hello {
  const { protocols, id, domain, binding, once, features } = introduction;
  const flags = encodeFeatures(features);
  const bytes = new Uint8Array(HELLO_BYTES + flags.length);
  let at = writeUint(bytes, 0, 1, TYPES.hello);
  at = writeUint(bytes, at, 2, protocols.from);
  at = writeUint(bytes, at, 2, protocols.to);
  bytes.set(fromHex(id), at);
  at = writeUint(bytes, at + 20, 32, domain.chainId);
  bytes.set(fromHex(domain.contract), at);
  at = writeUint(bytes, at + 20, 1, BINDINGS[binding]);
  bytes.set(once, at);
  at = writeUint(bytes, at + ONCE_BYTES, 1, flags.length);
  bytes.set(flags, at);
  return { ...introduction, bytes };
}

export function encodeAuth(signature: Signature): Uint8Array {
  return concatBytes(Uint8Array.of(TYPES.auth), fromHex(signature));
}

/** Null if it is none. A later protocol may say more in its hello, but begins the same. */
export function decodeHello(frame: Uint8Array): Hello | null {
  const flagBytes = frame[HELLO_BYTES - 1] ?? 0;
  if (frame[0] !== TYPES.hello || frame.length < HELLO_BYTES + flagBytes) return null;
  if (frame.length > MAX_HANDSHAKE_BYTES || flagBytes > MAX_FEATURE_BYTES) return null;
  return {
    protocols: { from: Number(readUint(frame, 1, 2)), to: Number(readUint(frame, 3, 2)) },
    id: toHex<NodeId>(frame.subarray(5, 25), 20),
    domain: { chainId: readUint(frame, 25, 32), contract: toHex<Address>(frame.subarray(57, 77), 20) },
    binding: bindingOf(frame[77]),
    once: frame.slice(ONCE_AT, ONCE_AT + ONCE_BYTES),
    features: decodeFeatures(frame.subarray(HELLO_BYTES, HELLO_BYTES + flagBytes)),
    bytes: frame.slice(),
  };
}

/** Null if it is none. */
export function decodeAuth(frame: Uint8Array): Signature | null {
  const isAuth = frame[0] === TYPES.auth && frame.length === AUTH_BYTES;
  return isAuth ? toHex<Signature>(frame.subarray(1), 64) : null;
}

function bindingOf(number: number | undefined): Binding | null {
  return (Object.keys(BINDINGS) as Binding[]).find((name) => BINDINGS[name] === number) ?? null;
}

/** What both signatures of a connection are over. */
export interface Transcript {
  /** With `sealed` nothing: the keys stand in the hellos. */
  readonly exporter: Uint8Array | null;
  readonly ours: Hello;
  readonly theirs: Hello;
}

const NO_EXPORTER = new Uint8Array(32);

function authDigest(
  crypto: Crypto,
  role: Role,
  exporter: Uint8Array | null,
  signers: Hello,
  others: Hello,
): Digest {
  const hellos = concatBytes(crypto.keccak256(signers.bytes), crypto.keccak256(others.bytes));
  const text = concatBytes(PREFIX, asciiBytes(`${role}\n`), exporter ?? NO_EXPORTER, hellos);
  return toHex<Digest>(crypto.keccak256(text), 32);
}

/** `role`: ours. */
export function signAuth(
  crypto: Crypto,
  signer: Signer,
  role: Role,
  { exporter, ours, theirs }: Transcript,
): Signature {
  return signer.sign(authDigest(crypto, role, exporter, ours, theirs));
}

/** Whether the other end holds the key of the id that it gave, and says the same. `role`: ours. */
export function isProven(
  crypto: Crypto,
  role: Role,
  { exporter, ours, theirs }: Transcript,
  signature: Signature,
): boolean {
  return crypto.recover(authDigest(crypto, otherRole(role), exporter, theirs, ours), signature) === theirs.id;
}
