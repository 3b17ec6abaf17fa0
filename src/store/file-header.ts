import { randomBytes } from "node:crypto";
import { crc32 } from "node:zlib";
import { asciiBytes } from "../protocol/bytes.ts";
import { HashlaneError } from "../protocol/error.ts";
import { storeDamaged } from "./errors.ts";

/*
 * Every file of a store begins with
 *   magic 8 | format u16 | kind u8 | length of the owner u8 | salt u32 | number of the first record u64 | owner |
 *   crc32 of all that
 * big endian.
 */
const MAGIC = asciiBytes("HASHLANE");
const FORMAT = 1;
const FIXED_BYTES = 24;

const KINDS = { segment: 1, snapshot: 2 } as const;
export type FileKind = keyof typeof KINDS;

export interface FileHeader {
  readonly owner: string;
  /** Start of the checksums of this file. */
  readonly salt: number;
  /** Of a segment, the number of its first record; of a snapshot, of the first that it does not cover. */
  readonly first: number;
  readonly length: number;
}

export function encodeFileHeader(
  kind: FileKind,
  owner: string,
  first: number,
): { bytes: Uint8Array; salt: number } {
  if (!/^[ -~]{1,255}$/.test(owner)) {
    throw new RangeError("the owner of a store is named by 1 to 255 printable ASCII characters");
  }
  const bytes = new Uint8Array(FIXED_BYTES + owner.length + 4);
  const view = new DataView(bytes.buffer);
  const salt = randomBytes(4).readUInt32BE();
  bytes.set(MAGIC, 0);
  view.setUint16(8, FORMAT);
  view.setUint8(10, KINDS[kind]);
  view.setUint8(11, owner.length);
  view.setUint32(12, salt);
  view.setBigUint64(16, BigInt(first));
  bytes.set(asciiBytes(owner), FIXED_BYTES);
  view.setUint32(bytes.length - 4, crc32(bytes.subarray(0, -4)));
  return { bytes, salt };
}

/** Files appear under their names only when they are complete, so that a header that does not read is damage. */
export function readFileHeader(path: string, kind: FileKind, bytes: Uint8Array): FileHeader {
  if (bytes.length < FIXED_BYTES || MAGIC.some((byte, i) => bytes[i] !== byte)) {
    throw storeDamaged(path, 0, "this is no file of a store");
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const format = view.getUint16(8);
  if (format !== FORMAT) throw unknownFormat(path, format);
  const end = FIXED_BYTES + view.getUint8(11);
  if (bytes.length < end + 4 || view.getUint32(end) !== crc32(bytes.subarray(0, end))) {
    throw storeDamaged(path, 0, "the header of the file does not read back");
  }
  if (view.getUint8(10) !== KINDS[kind]) throw storeDamaged(path, 10, `this file is no ${kind}`);
  const owner = String.fromCharCode(...bytes.subarray(FIXED_BYTES, end));
  return { owner, salt: view.getUint32(12), first: Number(view.getBigUint64(16)), length: end + 4 };
}

function unknownFormat(path: string, format: number): HashlaneError {
  return new HashlaneError("store_damaged", {
    failed: "the store has a format that this version does not know",
    given: { file: path, format, known: FORMAT },
    next: "Start it with the version that wrote it.",
  });
}
