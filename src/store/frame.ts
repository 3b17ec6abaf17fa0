import { crc32 } from "node:zlib";

/*
 * A frame is what one write appended: all its records, behind a header of
 *   length of the payload u32 | count of records u32 | number of the first record u64 |
 *   crc32 of these 16 bytes | crc32 of the payload
 * big endian. The payload is each record behind its length u32. A header has a checksum of its own, so that a damaged
 * length cannot pass for a write that was cut short. The checksums start from the file's random salt: what a peer has
 * us store cannot pass for a frame.
 */
export const FRAME_HEADER_BYTES = 24;
const CHECKED_HEADER_BYTES = 16;

/** Longest payload of one frame: a longer group of records is refused before it is written. */
const MAX_PAYLOAD_BYTES = 2 ** 30;

export interface FrameHeader {
  readonly length: number;
  readonly count: number;
  readonly first: number;
  readonly payloadCrc: number;
}

export function encodeFrame(salt: number, first: number, records: readonly Uint8Array[]): Uint8Array {
  const length = records.reduce((sum, record) => sum + 4 + record.length, 0);
  if (length > MAX_PAYLOAD_BYTES) {
    throw new RangeError(`one write holds at most ${MAX_PAYLOAD_BYTES} bytes of records, not ${length}`);
  }
  const bytes = new Uint8Array(FRAME_HEADER_BYTES + length);
  const view = new DataView(bytes.buffer);
  let at = FRAME_HEADER_BYTES;
  for (const record of records) {
    view.setUint32(at, record.length);
    bytes.set(record, at + 4);
    at += 4 + record.length;
  }
  view.setUint32(0, length);
  view.setUint32(4, records.length);
  view.setBigUint64(8, BigInt(first));
  view.setUint32(16, crc32(bytes.subarray(0, CHECKED_HEADER_BYTES), salt));
  view.setUint32(20, crc32(bytes.subarray(FRAME_HEADER_BYTES), salt));
  return bytes;
}

/** Null if there is no header that its checksum confirms. */
export function readFrameHeader(salt: number, bytes: Uint8Array, at: number): FrameHeader | null {
  if (bytes.length - at < FRAME_HEADER_BYTES) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, FRAME_HEADER_BYTES);
  if (view.getUint32(16) !== crc32(bytes.subarray(at, at + CHECKED_HEADER_BYTES), salt)) return null;
  return {
    length: view.getUint32(0),
    count: view.getUint32(4),
    first: Number(view.getBigUint64(8)),
    payloadCrc: view.getUint32(20),
  };
}

/** The records of a payload whose checksum was confirmed, each a copy; null if the lengths do not add up. */
export function readRecords(payload: Uint8Array, count: number): Uint8Array[] | null {
  const view = new DataView(payload.buffer, payload.byteOffset, payload.length);
  const records: Uint8Array[] = [];
  let at = 0;
  while (at + 4 <= payload.length) {
    const end = at + 4 + view.getUint32(at);
    if (end > payload.length) return null;
    records.push(payload.slice(at + 4, end));
    at = end;
  }
  return at === payload.length && records.length === count ? records : null;
}
