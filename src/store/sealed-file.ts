import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { asciiBytes, concatBytes, fromHex, toHex } from "../protocol/bytes.ts";
import { HashlaneError } from "../protocol/error.ts";
import type { NodeId } from "../protocol/types.ts";
import { writeWhole } from "./files.ts";

/*
 * A sealed file is
 *   magic 8 | format u16 | id of the node 20 | salt 32 | nonce 12 | sealed content | tag 16
 * big endian. The content is sealed by ChaCha20-Poly1305, everything before it being bound to it, under HKDF-SHA256 of
 * the node's key with the salt: whoever has the words can open it, and nobody else.
 */
const MAGIC = asciiBytes("HLBACKUP");
const FORMAT = 1;
const SALT_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const NODE_AT = MAGIC.length + 2;
const SALT_AT = NODE_AT + 20;
const NONCE_AT = SALT_AT + SALT_BYTES;
const HEADER_BYTES = NONCE_AT + NONCE_BYTES;
const CIPHER = "chacha20-poly1305";
const PURPOSE = asciiBytes("hashlane backup");

/** A node and the 32 bytes of its key. */
export interface SealingKey {
  readonly address: NodeId;
  readonly privateKey: Uint8Array;
}

export function sealContent(key: SealingKey, content: Uint8Array): Uint8Array {
  const header = new Uint8Array(HEADER_BYTES);
  header.set(MAGIC, 0);
  new DataView(header.buffer).setUint16(MAGIC.length, FORMAT);
  header.set(fromHex(key.address), NODE_AT);
  header.set(randomBytes(SALT_BYTES + NONCE_BYTES), SALT_AT);
  const cipher = createCipheriv(CIPHER, keyOf(key, header), nonceOf(header), { authTagLength: TAG_BYTES });
  cipher.setAAD(header, { plaintextLength: content.length });
  const sealed = Buffer.concat([cipher.update(content), cipher.final()]);
  return concatBytes(header, sealed, cipher.getAuthTag());
}

/** Rejects with `backup_damaged`, or `backup_foreign` if it is another node's. */
export function openContent(path: string, key: SealingKey, bytes: Uint8Array): Uint8Array {
  if (bytes.length < HEADER_BYTES + TAG_BYTES || MAGIC.some((byte, at) => bytes[at] !== byte))
    throw damaged(path, "this is no backup, or only the beginning of one");
  const header = bytes.subarray(0, HEADER_BYTES);
  const format = new DataView(bytes.buffer, bytes.byteOffset).getUint16(MAGIC.length);
  if (format !== FORMAT) throw unknownFormat(path, format);
  const node = toHex<NodeId>(header.slice(NODE_AT, SALT_AT), 20);
  if (node !== key.address) throw foreign(path, node, key.address);
  const opened = createDecipheriv(CIPHER, keyOf(key, header), nonceOf(header), { authTagLength: TAG_BYTES });
  const sealed = bytes.subarray(HEADER_BYTES, -TAG_BYTES);
  opened.setAAD(header, { plaintextLength: sealed.length });
  opened.setAuthTag(bytes.subarray(-TAG_BYTES));
  const content = opened.update(sealed);
  try {
    opened.final();
  } catch {
    throw damaged(path, "it is not as it was written");
  }
  return new Uint8Array(content);
}

/** Replaces the file, whole or not at all, and durably. */
export function writeSealed(path: string, bytes: Uint8Array): Promise<void> {
  return writeWhole(path, [bytes]);
}

export async function readSealed(path: string, key: SealingKey): Promise<Uint8Array> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new HashlaneError(
      "backup_missing",
      {
        failed: "the backup cannot be read",
        given: { file: path, reason },
        next: "Name the file that the config calls backupFile, or one that hashlane backup --to has written.",
      },
      { cause },
    );
  }
  return openContent(path, key, bytes);
}

function keyOf({ privateKey }: SealingKey, header: Uint8Array): Uint8Array {
  return new Uint8Array(hkdfSync("sha256", privateKey, header.subarray(SALT_AT, NONCE_AT), PURPOSE, 32));
}

function nonceOf(header: Uint8Array): Uint8Array {
  return header.subarray(NONCE_AT, HEADER_BYTES);
}

function damaged(file: string, problem: string): HashlaneError {
  return new HashlaneError("backup_damaged", {
    failed: `the backup cannot be opened: ${problem}`,
    given: { file },
    next: "Bring the file back from another copy; an older one does too.",
  });
}

function foreign(file: string, node: string, given: string): HashlaneError {
  return new HashlaneError("backup_foreign", {
    failed: "the backup is that of another node",
    given: { file, node, given },
    next: "Name the backup of this node, or give the words of the other.",
  });
}

function unknownFormat(file: string, format: number): HashlaneError {
  return new HashlaneError("backup_damaged", {
    failed: "the backup has a format that this version does not know",
    given: { file, format, known: FORMAT },
    next: "Use the version that wrote it, or a later one.",
  });
}
