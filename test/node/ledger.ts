import type { ChainCursor, ChainListener, ChainPort } from "../../src/chain/port.ts";
import { toHex } from "../../src/protocol/bytes.ts";
import type { Transaction } from "../../src/protocol/chain-facts.ts";
import type { Crypto } from "../../src/protocol/crypto.ts";
import type { Domain, Hex, NodeId } from "../../src/protocol/types.ts";
import { FakeChain, type Block } from "../protocol/node/fake-chain.ts";

export const START = 1_700_000_000;
export const BLOCK_SECONDS = 12;

interface Reader {
  readonly listener: ChainListener;
  read: number;
}

/** The reference chain behind the port: blocks come when the test mines them, and are final at once. */
export class Ledger {
  readonly chain: FakeChain;
  readonly #readers = new Map<NodeId, Reader>();
  /** Transactions that wait for a block, by sender and key. */
  readonly #pending = new Map<string, { readonly from: NodeId; readonly transaction: Transaction }>();

  constructor(crypto: Crypto, domain: Domain) {
    this.chain = new FakeChain(crypto, domain, START);
    this.chain.mine(0);
  }

  get waiting(): number {
    return this.#pending.size;
  }

  portOf(node: NodeId): ChainPort {
    return {
      start: async (from, listener) => {
        await Promise.resolve();
        this.#readers.set(node, { listener, read: from?.number ?? 0 });
        this.#report(node);
      },
      submit: (transaction) => {
        this.#pending.set(`${node} ${transaction.key}`, { from: node, transaction });
      },
      stop: async () => {
        this.#readers.delete(node);
        await Promise.resolve();
      },
    };
  }

  /** Everything that was submitted goes into the next block. */
  mine(seconds = BLOCK_SECONDS): void {
    for (const { from, transaction } of this.#pending.values()) this.chain.apply(from, transaction, seconds);
    this.#pending.clear();
    this.chain.mine(seconds);
    for (const node of this.#readers.keys()) this.#report(node);
  }

  /** All that a reader has not seen, in one report: one that was away catches up at once. */
  #report(node: NodeId): void {
    const reader = this.#readers.get(node);
    const last = this.chain.blocks.at(-1);
    if (reader === undefined || last === undefined || reader.read >= last.number) return;
    const facts = this.chain.blocks.slice(reader.read).flatMap((block) => [...block.facts]);
    reader.read = last.number;
    setImmediate(() => {
      if (this.#readers.get(node) === reader) reader.listener.onReport({ facts, cursor: cursorOf(last) });
    });
  }
}

function cursorOf({ number }: Block): ChainCursor {
  const hash: Hex = toHex(new Uint8Array(32).fill(number % 256));
  return { number, hash };
}
