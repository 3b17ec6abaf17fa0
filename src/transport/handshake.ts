import { asciiBytes, concatBytes, fromHex, readUint, toHex, writeUint } from "../protocol/bytes.ts";
import type { Crypto, Signer } from "../protocol/crypto.ts";
import type { Address, Digest, Domain, NodeId, Signature } from "../protocol/types.ts";

/*
 * Both ends of a new connection say
 *   hello: type u8 | protocol u16 | node id 20 | chain id 32 | contract 20 | one-time X25519 key 32
 * and, when they have the other's,
 *   auth: type u8 | signature 64 over the role of the signer and both hellos.
 * The one-time keys are also the nonces. As each signature covers both of them and both ids, nobody in between can
 * pass for either end, and the keys derived from them are known to these two alone. Everything later is sealed.
 */
const TYPES = { hello: 1, auth: 2, refusal: 3 } as const;
const PROTOCOL = 1;
const HELLO_BYTES = 1 + 2 + 20 + 32 + 20 + 32;
const AUTH_BYTES = 1 + 64;
const PREFIX = asciiBytes("Hashlane connection 1\n");

/** Room for what later protocols may add to a hello. */
export const MAX_HANDSHAKE_BYTES = 1024;

/** Which end opened the connection. */
export type Role = "dialler" | "listener";

export const otherRole = (role: Role): Role => (role === "dialler" ? "listener" : "dialler");

export interface Hello {
  readonly protocol: number;
  readonly id: NodeId;
  readonly domain: Domain;
  readonly key: Uint8Array;
  /** As it travels: this is what is signed. */
  readonly bytes: Uint8Array;
}

/** Why one end does not want the connection, told to the other before it closes. */
export const REFUSALS = {
  bad_handshake: 1,
  wrong_protocol: 2,
  wrong_chain: 3,
  wrong_contract: 4,
  wrong_node: 5,
  own_id: 6,
  bad_signature: 7,
  too_slow: 8,
} as const;
export type HandshakeRefusal = keyof typeof REFUSALS;

/** A refusal with what was found, as a sentence. */
export interface Refused {
  readonly code: HandshakeRefusal;
  readonly message: string;
}

export type HandshakeFrame =
  | { readonly kind: "hello"; readonly hello: Hello }
  | { readonly kind: "auth"; readonly signature: Signature }
  | { readonly kind: "refusal"; readonly code: HandshakeRefusal }
  | { readonly kind: "garbage" };

export function makeHello(id: NodeId, domain: Domain, key: Uint8Array): Hello {
  const bytes = new Uint8Array(HELLO_BYTES);
  let at = writeUint(bytes, 0, 1, TYPES.hello);
  at = writeUint(bytes, at, 2, PROTOCOL);
  bytes.set(fromHex(id), at);
  at = writeUint(bytes, at + 20, 32, domain.chainId);
  bytes.set(fromHex(domain.contract), at);
  bytes.set(key, at + 20);
  return { protocol: PROTOCOL, id, domain, key, bytes };
}

export function encodeAuth(signature: Signature): Uint8Array {
  return concatBytes(Uint8Array.of(TYPES.auth), fromHex(signature));
}

export function encodeRefusal(code: HandshakeRefusal): Uint8Array {
  return Uint8Array.of(TYPES.refusal, REFUSALS[code]);
}

/** A later protocol may say more in its hello, but begins the same. */
export function decodeHandshakeFrame(frame: Uint8Array): HandshakeFrame {
  const type = frame[0];
  if (type === TYPES.hello && frame.length >= HELLO_BYTES) return { kind: "hello", hello: readHello(frame) };
  if (type === TYPES.auth && frame.length === AUTH_BYTES) {
    return { kind: "auth", signature: toHex<Signature>(frame.subarray(1), 64) };
  }
  const code = type === TYPES.refusal && frame.length === 2 ? refusalOf(frame[1]) : undefined;
  return code === undefined ? { kind: "garbage" } : { kind: "refusal", code };
}

function readHello(frame: Uint8Array): Hello {
  return {
    protocol: Number(readUint(frame, 1, 2)),
    id: toHex<NodeId>(frame.subarray(3, 23), 20),
    domain: { chainId: readUint(frame, 23, 32), contract: toHex<Address>(frame.subarray(55, 75), 20) },
    key: frame.slice(75, HELLO_BYTES),
    bytes: frame.slice(),
  };
}

function refusalOf(number: number | undefined): HandshakeRefusal | undefined {
  return (Object.keys(REFUSALS) as HandshakeRefusal[]).find((code) => REFUSALS[code] === number);
}

/** `expected`: whom we dialled; null if they came to us. */
export function checkHello(ours: Hello, theirs: Hello, expected: NodeId | null): Refused | null {
  if (theirs.protocol !== ours.protocol) {
    const message = `the peer speaks protocol ${theirs.protocol} and this node ${ours.protocol}: update the older one`;
    return { code: "wrong_protocol", message };
  }
  if (theirs.domain.chainId !== ours.domain.chainId) {
    const message = `the peer is on chain ${theirs.domain.chainId} and this node on ${ours.domain.chainId}`;
    return { code: "wrong_chain", message };
  }
  if (theirs.domain.contract !== ours.domain.contract) {
    const message = `the peer uses the contract ${theirs.domain.contract} and this node ${ours.domain.contract}`;
    return { code: "wrong_contract", message };
  }
  if (theirs.id === ours.id) return { code: "own_id", message: `the peer has this node's own id ${ours.id}` };
  if (expected !== null && theirs.id !== expected) {
    return { code: "wrong_node", message: `the node there is ${theirs.id}, not ${expected}` };
  }
  return null;
}

function authDigest(crypto: Crypto, role: Role, signers: Hello, others: Hello): Digest {
  const text = concatBytes(PREFIX, asciiBytes(role), signers.bytes, others.bytes);
  return toHex<Digest>(crypto.keccak256(text), 32);
}

export function signAuth(crypto: Crypto, signer: Signer, role: Role, ours: Hello, theirs: Hello): Signature {
  return signer.sign(authDigest(crypto, role, ours, theirs));
}

/** `role`: ours. */
export function checkAuth(
  crypto: Crypto,
  role: Role,
  ours: Hello,
  theirs: Hello,
  signature: Signature,
): Refused | null {
  const digest = authDigest(crypto, otherRole(role), theirs, ours);
  if (crypto.recover(digest, signature) === theirs.id) return null;
  return {
    code: "bad_signature",
    message: `the peer does not hold the key of ${theirs.id}, which it claims to be`,
  };
}
