import { MAX_MESSAGE_BYTES } from "../protocol/wire.ts";

export interface Limits {
  /** For each of: from the first byte to the WebSocket, and from there to the proof of who it is. */
  readonly handshakeMs: number;
  /** Something is sent at least this often; a peer silent for three times as long is given up. */
  readonly pingMs: number;
  /** Longest content of a frame. */
  readonly frameBytes: number;
  /** Bytes that wait to be sent; above, the connection ends and the nodes resume on the next one. */
  readonly outboxBytes: number;
  /** Bytes of a peer's messages that wait to be dealt with; above, the peer is not read. */
  readonly inboxBytes: number;
  /** Bytes of a peer's messages that are read in a second. */
  readonly quotaBytes: number;
  /** Connections of others at one time, proven or not. */
  readonly mostIncoming: number;
  /** Of those from one address, the ones that have not proven who they are. */
  readonly mostUnproven: number;
  /** Of one address, those that have proven who they are. */
  readonly mostOfOneAddress: number;
}

export const LIMITS: Limits = {
  handshakeMs: 10_000,
  pingMs: 15_000,
  frameBytes: MAX_MESSAGE_BYTES,
  outboxBytes: 8 * MAX_MESSAGE_BYTES,
  inboxBytes: MAX_MESSAGE_BYTES,
  quotaBytes: 32 * MAX_MESSAGE_BYTES,
  mostIncoming: 1000,
  mostUnproven: 16,
  mostOfOneAddress: 64,
};
