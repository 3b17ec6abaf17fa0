import { toHex } from "../bytes.ts";
import type { Crypto, Signer } from "../crypto.ts";
import type { Hex, NodeId, UnixSeconds } from "../types.ts";
import { type HopKeys, openKeys } from "./route-keys.ts";

/** Keys of a peer's payers in each of two generations. */
const MAX_GENERATION = 512;
const MAX_GENERATION_SECONDS = 3600;

interface Generations {
  newer: Map<Hex, HopKeys>;
  older: Map<Hex, HopKeys>;
  since: UnixSeconds;
}

/**
 * Remembers what was agreed with payers, so that a payment with known route keys costs no public-key cryptography.
 * What is forgotten is computed again: it changes the time that a packet takes and nothing else, and so it is no part
 * of a node's state. For each peer at most 1024 keys, none of which was last used more than two hours ago.
 */
export class KeyMemory {
  readonly #crypto: Crypto;
  readonly #signer: Signer;
  readonly #peers = new Map<NodeId, Generations>();

  constructor(crypto: Crypto, signer: Signer) {
    this.#crypto = crypto;
    this.#signer = signer;
  }

  /** Null if the point is none. `from`: the peer that the packet came from. `now`: time of the chain. */
  open(from: NodeId, point: Uint8Array, now: UnixSeconds): HopKeys | null {
    const generations = this.#generationsOf(from, now);
    const name = toHex(point);
    const known = generations.newer.get(name);
    if (known !== undefined) return known;
    const keys = generations.older.get(name) ?? openKeys(this.#crypto, this.#signer, point);
    if (keys !== null) generations.newer.set(name, keys);
    return keys;
  }

  /** Of a peer that is gone. */
  forget(peer: NodeId): void {
    this.#peers.delete(peer);
  }

  #generationsOf(peer: NodeId, now: UnixSeconds): Generations {
    const known = this.#peers.get(peer);
    if (known === undefined) {
      const fresh = { newer: new Map<Hex, HopKeys>(), older: new Map<Hex, HopKeys>(), since: now };
      this.#peers.set(peer, fresh);
      return fresh;
    }
    if (now - known.since >= 2 * MAX_GENERATION_SECONDS) known.newer = new Map();
    if (known.newer.size >= MAX_GENERATION || now - known.since >= MAX_GENERATION_SECONDS) {
      known.older = known.newer;
      known.newer = new Map();
      known.since = now;
    }
    return known;
  }
}
