import type { NodeId } from "../protocol/types.ts";
import { delayOf, type BackOff } from "./back-off.ts";
import type { Timers } from "./timers.ts";

export interface DiallerParts {
  readonly timers: Timers;
  readonly backOff: BackOff;
  isConnected(peer: NodeId): boolean;
  /** Begins to connect; `ended` must be called once when that is over. */
  dial(address: string, peer: NodeId): void;
}

interface Target {
  address: string;
  failures: number;
  /** Under way or waiting for its time. */
  cancel: (() => void) | null;
  dialling: boolean;
}

/** Keeps trying to connect to the peers that it was told of. */
export class Dialler {
  readonly #parts: DiallerParts;
  readonly #targets = new Map<NodeId, Target>();

  constructor(parts: DiallerParts) {
    this.#parts = parts;
  }

  /** `address`: host and port with a colon between, an IPv6 host in square brackets. */
  add(peer: NodeId, address: string): void {
    checkAddress(address);
    const known = this.#targets.get(peer);
    if (known !== undefined) {
      known.address = address;
      return;
    }
    this.#targets.set(peer, { address, failures: 0, cancel: null, dialling: false });
    this.#dial(peer);
  }

  /** A connection with the peer stands, whoever opened it. */
  succeeded(peer: NodeId): void {
    const target = this.#targets.get(peer);
    if (target !== undefined) target.failures = 0;
  }

  /** The attempt that was begun is over, however it ended. */
  ended(peer: NodeId): void {
    const target = this.#targets.get(peer);
    if (target !== undefined) target.dialling = false;
    this.retry(peer);
  }

  /** Tries again after a while unless that is under way, or needless by then. */
  retry(peer: NodeId): void {
    const target = this.#targets.get(peer);
    if (target === undefined || target.dialling || target.cancel !== null) return;
    const { timers, backOff } = this.#parts;
    target.cancel = timers.after(delayOf(backOff, target.failures), () => {
      target.cancel = null;
      this.#dial(peer);
    });
    target.failures++;
  }

  stop(): void {
    for (const target of this.#targets.values()) target.cancel?.();
    this.#targets.clear();
  }

  #dial(peer: NodeId): void {
    const target = this.#targets.get(peer);
    if (target === undefined || this.#parts.isConnected(peer)) return;
    target.dialling = true;
    this.#parts.dial(target.address, peer);
  }
}

function checkAddress(address: string): void {
  const port = /^(?:\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+):([0-9]{1,5})$/.exec(address)?.[1];
  if (port === undefined || Number(port) > 65_535 || !URL.canParse(`ws://${address}/`)) {
    throw new RangeError(`an address is host:port or [host]:port, such as 127.0.0.1:9735; given: ${address}`);
  }
}
