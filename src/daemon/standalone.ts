import { setTimeout as pause } from "node:timers/promises";
import { accountFromKey } from "../chain/account.ts";
import { connectContracts } from "../chain/contracts.ts";
import { createEthereumChain } from "../chain/ethereum-chain.ts";
import type { NodeKey } from "../chain/keystore.ts";
import { loadCrypto } from "../crypto/native-crypto.ts";
import type { HashlaneNode } from "../node/hashlane-node.ts";
import { plantMark } from "../node/plant-mark.ts";
import { startNode } from "../node/start-node.ts";
import type { ChannelView } from "../node/view.ts";
import type { Notice } from "../protocol/outputs.ts";
import type { Amount, ChannelId, NodeId } from "../protocol/types.ts";
import { createMemoryStore } from "../store/memory-store.ts";
import type { Transport } from "../transport/port.ts";
import { readBackup } from "./backups.ts";
import { readConfig, type Config } from "./config.ts";
import { configTextOf } from "./restore.ts";

export interface StandaloneOptions {
  readonly key: NodeKey;
  readonly backup: string;
  /** That of the backup if left out. */
  readonly rpc?: string;
  /** Until the channels have ended; else until their closes are on chain. */
  readonly wait: boolean;
  readonly onStep: (step: Step) => void;
}

/** What is told of a channel, each time that it changes. */
export interface Step {
  readonly channel: ChannelId;
  readonly peer: NodeId;
  readonly step: "found" | "closing_humbly" | "on_chain" | "ended" | "cannot_close";
  /** Seconds of the chain's clock until its end can be settled; null if that is not known. */
  readonly secondsLeft: number | null;
  /** What the chain paid, at the end. */
  readonly received: Amount | null;
}

const WHY = "closed from a backup alone";

/**
 * Closes every channel from the key, a backup and the chain alone, humbly: no log, no peers. Started again, it goes on
 * where the chain is. Resolves to the channels that only their peers can close.
 */
export async function exitStandalone(options: StandaloneOptions): Promise<readonly ChannelId[]> {
  const { key, backup, rpc, wait, onStep } = options;
  const saved = await readBackup(backup, key);
  const config = readConfig(backup, configTextOf(saved, rpc === undefined ? {} : { rpc }));
  const ended = new Map<ChannelId, Amount>();
  const { node, upTo } = await startAlone(config, key, saved.node, (notice) => {
    if (notice.kind === "channelEnded") ended.set(notice.channel, notice.received);
  });
  try {
    while (node.head().number + config.confirmations < upTo) await pause(config.pollMs);
    for (const { channel, peer } of saved.node.channels) {
      const received = ended.get(channel);
      if (received !== undefined) onStep({ channel, peer, step: "ended", secondsLeft: 0, received });
    }
    return await closeAll({ node, config, wait, onStep, ended });
  } finally {
    await node.stop();
  }
}

async function startAlone(
  config: Config,
  key: NodeKey,
  backup: Parameters<typeof plantMark>[1]["backup"],
  onNotice: (notice: Notice) => void,
): Promise<{ readonly node: HashlaneNode; readonly upTo: number }> {
  const suite = await loadCrypto();
  const { crypto } = suite;
  const contracts = await connectContracts(config.rpc, config);
  const { provider, domain } = contracts;
  const upTo = await provider.getBlockNumber();
  const signer = suite.createSigner(key.privateKey);
  const { claimSeconds: claimTime, owner, confirmations, pollMs } = config;
  const store = createMemoryStore();
  const base = { store, signer, crypto, domain };
  await plantMark(
    { ...base, config: { self: signer.address, claimTime, owner } },
    { why: WHY, upTo, backup },
  );
  const account = accountFromKey(provider, key.privateKey);
  const chain = createEthereumChain({ contracts, account, crypto, confirmations, pollMs });
  const transport = silentTransport(signer.address);
  return { node: await startNode({ ...base, chain, transport, claimTime, owner, onNotice }), upTo };
}

/** Peers are not asked. */
function silentTransport(id: NodeId): Transport {
  return {
    id,
    address: null,
    start: () => Promise.resolve(),
    connect: () => undefined,
    send: () => false,
    stop: () => Promise.resolve(),
  };
}

interface Closing extends Pick<StandaloneOptions, "wait" | "onStep"> {
  readonly node: HashlaneNode;
  readonly config: Config;
  readonly ended: ReadonlyMap<ChannelId, Amount>;
}

async function closeAll({ node, config, wait, onStep, ended }: Closing): Promise<readonly ChannelId[]> {
  const all = node.channels();
  const stuck = all.filter((view) => !canClose(view)).map(({ channel }) => channel);
  for (const view of all) {
    tell(onStep, view, "found", node);
    if (!canClose(view)) tell(onStep, view, "cannot_close", node);
    else if (view.status === "frozen") {
      tell(onStep, view, "closing_humbly", node);
      // What is refused or fails is asked for again at each block.
      node.closeHumbly(view.channel).catch(() => undefined);
    }
  }
  const open = new Map(all.filter(canClose).map((view) => [view.channel, view]));
  const onChain = new Set<ChannelId>();
  while (open.size > 0 && (wait || onChain.size < open.size)) {
    await pause(config.pollMs);
    for (const view of node.channels()) {
      if (!open.has(view.channel) || view.status !== "closing") continue;
      onChain.add(view.channel);
      tell(onStep, view, "on_chain", node);
    }
    for (const [channel, view] of open) {
      const received = ended.get(channel);
      if (received === undefined) continue;
      open.delete(channel);
      onChain.delete(channel);
      onStep({ channel, peer: view.peer, step: "ended", secondsLeft: 0, received });
    }
  }
  return stuck;
}

function canClose({ status, params }: ChannelView): boolean {
  return status === "closing" || params.recoveryPeriod > 0;
}

function tell(
  onStep: StandaloneOptions["onStep"],
  { channel, peer, deadline }: ChannelView,
  step: Step["step"],
  node: HashlaneNode,
): void {
  const secondsLeft = deadline === null ? null : Math.max(0, deadline - node.head().time);
  onStep({ channel, peer, step, secondsLeft, received: null });
}
