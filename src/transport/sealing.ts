import {
  createCipheriv,
  createDecipheriv,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  hkdfSync,
  type KeyObject,
} from "node:crypto";
import { concatBytes } from "../protocol/bytes.ts";
import { otherRole, type Role } from "./handshake.ts";

const CIPHER = "chacha20-poly1305";
export const TAG_BYTES = 16;
const OPTIONS = { authTagLength: TAG_BYTES };

/** A key for one connection: that a node's key is stolen later does not open what was said before. */
export interface OneTimeKey {
  readonly publicBytes: Uint8Array;
  readonly privateKey: KeyObject;
}

export function createOneTimeKey(): OneTimeKey {
  const { publicKey, privateKey } = generateKeyPairSync("x25519");
  const { x = "" } = publicKey.export({ format: "jwk" });
  return { publicBytes: new Uint8Array(Buffer.from(x, "base64url")), privateKey };
}

/** Seals what we say and opens what the peer says, each frame once and in order. */
export interface Sealing {
  seal(content: Uint8Array): Uint8Array;
  /** Null if this is not the peer's next frame. */
  open(frame: Uint8Array): Uint8Array | null;
}

/** Where TLS hides all. */
export const NO_SEALING: Sealing = { seal: (content) => content, open: (frame) => frame };

/** `transcript`: what both ends agree on, dialler first. Null if the peer's key is none. */
export function createSealing(
  role: Role,
  own: OneTimeKey,
  peerKey: Uint8Array,
  transcript: Uint8Array,
): Sealing | null {
  const shared = agree(own, peerKey);
  if (shared === null) return null;
  const keyOf = (writer: Role) => new Uint8Array(hkdfSync("sha256", shared, transcript, writer, 32));
  const [ourKey, theirKey] = [keyOf(role), keyOf(otherRole(role))];
  const ourNonce = createNonces();
  const theirNonce = createNonces();
  return {
    seal: (content) => {
      const cipher = createCipheriv(CIPHER, ourKey, ourNonce(), OPTIONS);
      const hidden = cipher.update(content);
      cipher.final();
      return concatBytes(hidden, cipher.getAuthTag());
    },
    open: (frame) => {
      if (frame.length < TAG_BYTES) return null;
      const end = frame.length - TAG_BYTES;
      const decipher = createDecipheriv(CIPHER, theirKey, theirNonce(), OPTIONS);
      decipher.setAuthTag(frame.subarray(end));
      const content = decipher.update(frame.subarray(0, end));
      try {
        decipher.final();
      } catch {
        return null;
      }
      return content;
    },
  };
}

function agree(own: OneTimeKey, peerKey: Uint8Array): Uint8Array | null {
  const x = Buffer.from(peerKey).toString("base64url");
  try {
    const publicKey = createPublicKey({ key: { kty: "OKP", crv: "X25519", x }, format: "jwk" });
    return diffieHellman({ privateKey: own.privateKey, publicKey });
  } catch {
    // A point of small order: every private key gives the same secret.
    return null;
  }
}

/** Counts up: no nonce is used twice with a key, and no frame can be repeated, dropped or moved unseen. */
function createNonces(): () => Uint8Array {
  const nonce = new Uint8Array(12);
  const view = new DataView(nonce.buffer);
  let count = 0n;
  return () => {
    view.setBigUint64(4, count++);
    return nonce;
  };
}
