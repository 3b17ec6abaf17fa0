import { concatBytes } from "../bytes.ts";
import type { Crypto } from "../crypto.ts";
import { MAX_HOPS } from "./format.ts";
import { hmac, isEqual } from "./mac.ts";

/*
 * Each node on the way back adds a row of marks over what it received, one for each place that it may have: place 0
 * is next to the payer. The rows behind move down and lose the mark for the first place left, which they cannot have
 * any more: row r has the marks for the places r to 19. So everything keeps its size, and a mark for a place covers
 * just those marks behind it that are still there when the payer reads it.
 */
const MARK_BYTES = 4;

function rowStart(row: number): number {
  return (row * (2 * MAX_HOPS + 1 - row) * MARK_BYTES) / 2;
}

function rowBytes(row: number): number {
  return (MAX_HOPS - row) * MARK_BYTES;
}

export const ROWS_BYTES = rowStart(MAX_HOPS);

/** The mark of this row for this place. */
function markAt(rows: Uint8Array, row: number, place: number): Uint8Array {
  const at = rowStart(row) + (place - row) * MARK_BYTES;
  return rows.subarray(at, at + MARK_BYTES);
}

/** Over what a node at this place received, as far as the payer will see it. */
function makeMark(
  crypto: Crypto,
  key: Uint8Array,
  body: Uint8Array,
  rows: Uint8Array,
  place: number,
): Uint8Array {
  const covered = [body];
  for (let row = 0; place + 1 + row < MAX_HOPS; row++) covered.push(markAt(rows, row, place + 1 + row));
  return hmac(crypto, key, ...covered).slice(0, MARK_BYTES);
}

/** The row of a node that received this, whatever its place. */
export function rowOf(crypto: Crypto, key: Uint8Array, body: Uint8Array, rows: Uint8Array): Uint8Array {
  const marks = Array.from({ length: MAX_HOPS }, (_, place) => makeMark(crypto, key, body, rows, place));
  return concatBytes(...marks);
}

/** Puts a row before the others. */
export function shiftIn(own: Uint8Array, rows: Uint8Array): Uint8Array {
  const kept: Uint8Array[] = [own];
  for (let row = 0; row + 1 < MAX_HOPS; row++) {
    kept.push(rows.subarray(rowStart(row) + MARK_BYTES, rowStart(row) + rowBytes(row)));
  }
  return concatBytes(...kept);
}

/** The reverse; what was lost reads as zero. */
export function shiftOut(shifted: Uint8Array): { readonly own: Uint8Array; readonly rows: Uint8Array } {
  const rows = new Uint8Array(ROWS_BYTES);
  for (let row = 0; row + 1 < MAX_HOPS; row++) {
    const from = rowStart(row + 1);
    rows.set(shifted.subarray(from, from + rowBytes(row + 1)), rowStart(row) + MARK_BYTES);
  }
  return { own: shifted.subarray(0, rowBytes(0)), rows };
}

export interface Shown {
  readonly body: Uint8Array;
  readonly rows: Uint8Array;
  readonly own: Uint8Array;
  readonly place: number;
}

/** Whether the node at this place says that it received this. */
export function rowShows(crypto: Crypto, key: Uint8Array, { body, rows, own, place }: Shown): boolean {
  const mark = own.subarray(place * MARK_BYTES, (place + 1) * MARK_BYTES);
  return isEqual(makeMark(crypto, key, body, rows, place), mark);
}
