import type { Message } from "../protocol/messages.ts";
import type { NodeId } from "../protocol/types.ts";

export interface TransportListener {
  onConnected(peer: NodeId): void;
  /** `why` is for people. What was sent and not answered may be lost. */
  onDisconnected(peer: NodeId, why: string): void;
  /**
   * In the order of sending, each once. `done` is called when the message has been dealt with: a peer of which too
   * much waits is not read meanwhile.
   */
  onMessage(from: NodeId, message: Message, done: () => void): void;
  /** A connection that did not come to be, in one sentence. */
  onProblem(problem: string): void;
}

/** Connections to other nodes, each proven to hold the key of its id; at most one for each peer. */
export interface Transport {
  readonly id: NodeId;
  /** Where others can connect to; null if nowhere or not started. */
  readonly address: string | null;
  /** From now on the listener is called, and others are let in. */
  start(listener: TransportListener): Promise<void>;
  /** Keeps a connection to this peer, with more and more time between attempts while it cannot be reached. */
  connect(peer: NodeId, address: string): void;
  /** False if the peer is not connected; true promises nothing but order. */
  send(to: NodeId, message: Message): boolean;
  /** Ends all connections; the listener is not called any more. */
  stop(): Promise<void>;
}
