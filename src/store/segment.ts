import { crc32 } from "node:zlib";
import { storeDamaged } from "./errors.ts";
import type { FileHeader } from "./file-header.ts";
import { FRAME_HEADER_BYTES, readFrameHeader, readRecords } from "./frame.ts";

/** A store file whose header was read. */
export interface StoredFile {
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly header: FileHeader;
}

export interface Segment {
  readonly records: readonly Uint8Array[];
  /** Number of the record that comes next. */
  readonly next: number;
  /** Bytes up to the end of the last whole frame; the rest is torn. */
  readonly length: number;
}

/**
 * Reads the frames behind the header. Bytes at the end that a crash has cut short, or of which it has left a sector
 * unwritten, are a write that was never confirmed and so acted on by nobody: they count as torn. Anything else that does
 * not read back is damage: that of a last write, too, may have been acted on.
 */
export function readSegment(file: StoredFile): Segment {
  const records: Uint8Array[] = [];
  let at = file.header.length;
  let next = file.header.first;
  while (at < file.bytes.length) {
    const frame = readFrame(file, at, next);
    if (frame === null) break;
    records.push(...frame.records);
    next += frame.records.length;
    at = frame.end;
  }
  return { records, next, length: at };
}

interface Frame {
  readonly records: readonly Uint8Array[];
  readonly end: number;
}

function readFrame(file: StoredFile, at: number, next: number): Frame | null {
  const { bytes, path } = file;
  const { salt } = file.header;
  const header = readFrameHeader(salt, bytes, at);
  if (header === null) return tornOrDamaged(file, at, { from: at + 1, end: bytes.length }, next);
  if (header.first !== next) {
    throw storeDamaged(path, at, `record ${next} was expected here, not ${header.first}`);
  }
  const end = at + FRAME_HEADER_BYTES + header.length;
  if (end > bytes.length) return null;
  const payload = bytes.subarray(at + FRAME_HEADER_BYTES, end);
  if (crc32(payload, salt) !== header.payloadCrc) return tornOrDamaged(file, at, { from: end, end }, next);
  const records = readRecords(payload, header.count);
  if (records === null) throw storeDamaged(path, at, "the records of a write do not fill it");
  return { records, end };
}

/** A write begins only after the one before it is durable: what has a later frame behind it was whole once. */
function tornOrDamaged(
  file: StoredFile,
  at: number,
  { from, end }: { readonly from: number; readonly end: number },
  next: number,
): null {
  const { bytes, path } = file;
  for (let later = from; later + FRAME_HEADER_BYTES <= bytes.length; later++) {
    const header = readFrameHeader(file.header.salt, bytes, later);
    if (header !== null && header.first > next)
      throw storeDamaged(path, at, `record ${next} does not read back, and record ${header.first} follows`);
  }
  if (bytes.length - at >= FRAME_HEADER_BYTES && !hasHole(bytes, at, end))
    throw storeDamaged(path, at, `record ${next} does not read back, and its write was not cut short`);
  return null;
}

/** Disks write whole sectors, and a file that grew reads as zeros where nothing was written yet. */
const SECTOR_BYTES = 512;

function hasHole(bytes: Uint8Array, from: number, to: number): boolean {
  for (let start = from - (from % SECTOR_BYTES); start < to; start += SECTOR_BYTES) {
    const part = bytes.subarray(Math.max(start, from), Math.min(start + SECTOR_BYTES, to));
    if (part.every((byte) => byte === 0)) return true;
  }
  return false;
}
