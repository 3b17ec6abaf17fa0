import type { Change } from "./messages.ts";

/** Longest packet that a lock may carry; [LANE-3] does not sign it, so its size is only a matter of the wire. */
export const MAX_PACKET_BYTES = 2048;

const KIND = 1;
const LOCK_ID = 8;
const PAY_AMOUNT = 16;
const WORD = 32;
const LOCK = 50;
const PACKET_LENGTH = 2;

/** Encoded size in bytes of a change. */
export function changeSize(change: Change): number {
  switch (change.kind) {
    case "pay":
      return KIND + PAY_AMOUNT + WORD;
    case "add":
      return KIND + LOCK_ID + LOCK + PACKET_LENGTH + change.packet.length;
    case "win":
    case "drop":
    case "expire":
      return KIND + LOCK_ID;
  }
}
