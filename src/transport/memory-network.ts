import type { Message } from "../protocol/messages.ts";
import type { NodeId } from "../protocol/types.ts";
import { decodeMessage, encodeMessage } from "../protocol/wire.ts";
import type { Transport, TransportListener } from "./port.ts";

/** Connects the nodes of one process. Messages are encoded as for a real connection, and never arrive at once. */
export interface MemoryNetwork {
  createTransport(id: NodeId): Transport;
}

interface Station {
  readonly id: NodeId;
  readonly listener: TransportListener;
  readonly links: Map<NodeId, Link>;
}

/** One direction of a connection. */
interface Link {
  readonly to: Station;
  readonly queue: Uint8Array[];
}

interface Network {
  readonly stations: Map<NodeId, Station>;
  /** Pairs that one of the two asked for, both ways. */
  readonly wanted: Map<NodeId, Set<NodeId>>;
}

export function createMemoryNetwork(): MemoryNetwork {
  const network: Network = { stations: new Map(), wanted: new Map() };
  return { createTransport: (id) => createMemoryTransport(network, id) };
}

function createMemoryTransport(network: Network, id: NodeId): Transport {
  let station: Station | null = null;
  return {
    id,
    get address() {
      return station === null ? null : `memory:${id}`;
    },
    start: async (listener) => {
      station = { id, listener, links: new Map() };
      network.stations.set(id, station);
      for (const peer of network.wanted.get(id) ?? []) link(network, id, peer);
      await Promise.resolve();
    },
    connect: (peer) => {
      want(network, id, peer);
      want(network, peer, id);
      link(network, id, peer);
    },
    send: (to, message) => {
      const sender = station?.links.get(to);
      if (station === null || sender === undefined) return false;
      post(station, sender, message);
      return true;
    },
    stop: async () => {
      if (station !== null) unlink(network, station);
      station = null;
      await Promise.resolve();
    },
  };
}

function want(network: Network, id: NodeId, peer: NodeId): void {
  const peers = network.wanted.get(id) ?? new Set();
  network.wanted.set(id, peers.add(peer));
}

function link(network: Network, a: NodeId, b: NodeId): void {
  const [one, other] = [network.stations.get(a), network.stations.get(b)];
  if (one === undefined || other === undefined || one === other || one.links.has(b)) return;
  for (const [from, to] of [
    [one, other],
    [other, one],
  ] as const) {
    const made: Link = { to, queue: [] };
    from.links.set(to.id, made);
    later(() => {
      if (from.links.get(to.id) === made) from.listener.onConnected(to.id);
    });
  }
}

function unlink(network: Network, station: Station): void {
  network.stations.delete(station.id);
  for (const { to } of station.links.values()) {
    to.links.delete(station.id);
    later(() => {
      if (network.stations.get(to.id) === to) to.listener.onDisconnected(station.id, "the peer has stopped");
    });
  }
  station.links.clear();
}

function post(from: Station, link: Link, message: Message): void {
  link.queue.push(encodeMessage(message));
  if (link.queue.length > 1) return;
  later(() => {
    const { to } = link;
    for (const bytes of link.queue.splice(0)) {
      if (from.links.get(to.id) !== link) return;
      const decoded = decodeMessage(bytes);
      if (!decoded.ok) throw new Error(`a message of ours does not read back: ${decoded.error.code}`);
      to.listener.onMessage(from.id, decoded.message, () => undefined);
    }
  });
}

/** After everything that is under way, as from a socket, and in order. */
function later(work: () => void): void {
  setImmediate(work);
}
