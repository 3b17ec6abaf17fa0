import type { ChainPort } from "../chain/port.ts";
import type { Crypto, Signer } from "../protocol/crypto.ts";
import { KeyMemory } from "../protocol/onion/key-memory.ts";
import type { Notice } from "../protocol/outputs.ts";
import type { Address, Domain, NodeId } from "../protocol/types.ts";
import type { OpenedLog, Store } from "../store/port.ts";
import type { Transport } from "../transport/port.ts";
import { Engine } from "./engine.ts";
import { createNode, type HashlaneNode } from "./hashlane-node.ts";
import { ownerOfStore } from "./plant-mark.ts";
import { replay } from "./replay.ts";

export interface NodeOptions {
  /** The key that signs in all channels of this node, and gives it its id. */
  readonly signer: Signer;
  readonly crypto: Crypto;
  readonly domain: Domain;
  readonly store: Store;
  readonly transport: Transport;
  readonly chain: ChainPort;
  /** Seconds that this node wants for getting a record on chain [HOP-3]. */
  readonly claimTime: number;
  /** The account that its sides of channels pay: channels that name another are not taken for its own. */
  readonly owner?: Address;
  /** Whether it takes payments that it made no invoice for; it does not if left out. */
  readonly takesSpontaneous?: boolean;
  /** Whether one neighbour's locks may take only a share of a lane [FEE-3]; any may take all if left out. */
  readonly limitsShares?: boolean;
  /** Nodes to keep a connection with. */
  readonly peers?: readonly { readonly id: NodeId; readonly address: string }[];
  /** Batches between two snapshots. */
  readonly snapshotEvery?: number;
  /** Called for everything that happens, from the first moment on. */
  readonly onNotice?: (notice: Notice) => void;
  /** Asks those outside who may know more than the store; what it rejects with keeps the node from starting. */
  readonly consult?: (node: HashlaneNode) => Promise<void>;
  /** Something that an operator should know, in one sentence: repairs, connections given up, a chain out of reach. */
  readonly onProblem?: (problem: string) => void;
}

const SNAPSHOT_EVERY = 10_000;

/** Brings a node back to where its store says that it was, then connects it to the chain and to its peers. */
export async function startNode(options: NodeOptions): Promise<HashlaneNode> {
  const { store, signer, domain, transport } = options;
  if (transport.id !== signer.address) {
    throw new RangeError(`the transport is that of ${transport.id}, the signer that of ${signer.address}`);
  }
  const opened = await store.open(ownerOfStore(signer, domain));
  for (const notice of opened.notices) options.onProblem?.(notice);
  let engine: Engine;
  try {
    engine = await createEngine(options, opened);
  } catch (error) {
    await opened.log.close();
    throw error;
  }
  const node = createNode(engine, options.onNotice);
  try {
    await engine.connect(() => options.consult?.(node) ?? Promise.resolve());
  } catch (error) {
    await engine.stop();
    throw error;
  }
  return node;
}

async function createEngine(options: NodeOptions, opened: OpenedLog): Promise<Engine> {
  const { signer, crypto, domain, claimTime, owner, takesSpontaneous, limitsShares } = options;
  const { snapshotEvery = SNAPSHOT_EVERY } = options;
  const ctx = { signer, crypto, domain, keys: new KeyMemory(crypto, signer) };
  const config = {
    self: signer.address,
    claimTime,
    ...(owner === undefined ? {} : { owner }),
    ...(takesSpontaneous === undefined ? {} : { takesSpontaneous }),
    ...(limitsShares === undefined ? {} : { limitsShares }),
  };
  const replayed = await replay(opened, config, ctx);
  return new Engine({ ...options, ctx, log: opened.log, replayed, snapshotEvery });
}
