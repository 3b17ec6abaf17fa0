import { accountFromKey } from "../chain/account.ts";
import { connectContracts } from "../chain/contracts.ts";
import { createEthereumChain } from "../chain/ethereum-chain.ts";
import type { NodeKey } from "../chain/keystore.ts";
import { loadCrypto } from "../crypto/native-crypto.ts";
import type { HashlaneNode } from "../node/hashlane-node.ts";
import { startNode, type NodeOptions } from "../node/start-node.ts";
import { HashlaneError } from "../protocol/error.ts";
import { createFileStore } from "../store/file-store.ts";
import { SocketTransport } from "../transport/socket-transport.ts";
import { Assets, requireDecimals } from "./assets.ts";
import { Backups } from "./backups.ts";
import { Capabilities } from "./capabilities.ts";
import { loadCertificate } from "./certificate.ts";
import type { Config, ConfigFile } from "./config.ts";
import { readText, removeFile, writePrivate, type Places } from "./directory.ts";
import { EventLog } from "./events.ts";
import { createHandlers } from "./handlers.ts";
import { startApi, type Api } from "./http-server.ts";
import { Invoices } from "./invoices.ts";
import { uriOf } from "./info.ts";
import { Journal } from "./journal.ts";
import type { Logger } from "./log.ts";
import { logNotice } from "./log-notice.ts";
import { metricsText } from "./metrics.ts";
import { keptPeers, tellDefaultPolicies } from "./network.ts";
import { journalOutbox } from "./outbox.ts";
import type { Parts } from "./parts.ts";
import { Payments } from "./payments.ts";
import { Recorder } from "./recorder.ts";
import { type NodeSite, openSite } from "./site.ts";
import { Selling } from "./selling.ts";
import { readToken } from "./token.ts";
import { Towers } from "./towers/towers.ts";

export interface DaemonOptions {
  readonly config: Config;
  readonly places: Places;
  readonly key: NodeKey;
  readonly logger: Logger;
  /** Start even if a tower proves that the store is not the newest, as a node that lost data. */
  readonly acceptsLoss?: boolean;
}

/** A running node with its API. */
export interface Daemon {
  readonly apiUrl: string;
  /** NODE@HOST:PORT; null if nobody can connect. */
  readonly uri: string | null;
  /** Resolves when it is down: to null if it was asked to stop. */
  readonly ended: Promise<HashlaneError | null>;
  /** Lets what has come in finish. */
  stop(): Promise<void>;
}

/** Starts everything or nothing. */
export async function startDaemon(options: DaemonOptions): Promise<Daemon> {
  const { config, places, key } = options;
  if (key.address !== config.node) {
    throw new HashlaneError("owner_changed", {
      failed: "the keystore holds the key of another node than the config names",
      given: { node: config.node, keystore: key.address },
      next: "Bring back the keystore or the config that belongs to this directory.",
    });
  }
  const token = readToken(config.tokenFile);
  const journal = new Journal(places.journal);
  try {
    return await startWith(options, journal, token);
  } catch (thrown) {
    journal.close();
    throw thrown;
  }
}

async function startWith(options: DaemonOptions, journal: Journal, token: string): Promise<Daemon> {
  const { places, logger } = options;
  const parts = await startParts(options, journal);
  const { node, events, backups, towers } = parts;
  const site = openSite(parts);
  let api: Api;
  try {
    api = await startServices(parts, site, token);
  } catch (thrown) {
    await site.stop();
    await node.stop();
    towers.stop();
    throw thrown;
  }
  events.on(({ kind }) => {
    if (kind !== "channel_usable") return;
    tellDefaultPolicies(parts).catch((thrown: unknown) =>
      logger.warn(`no fees were told: ${String(thrown)}`),
    );
  });
  writePrivate(places.apiUrl, `${api.url}\n`);
  backups.start();
  towers.start(node);
  warnOfLoss(parts);
  const ended = node.ended.then((failure) => close(parts, api, site).then(() => failure));
  return { apiUrl: api.url, uri: uriOf(parts), ended, stop: () => node.stop() };
}

async function close(
  { places, recorder, backups, towers, journal }: Parts,
  api: Api,
  site: NodeSite,
): Promise<void> {
  removeFile(places.apiUrl);
  await api.stop();
  await site.stop();
  recorder.flush();
  await backups.stop();
  towers.stop();
  journal.close();
}

/** What the API calls, and the API itself. */
async function startServices(parts: Parts, { answerers }: NodeSite, token: string): Promise<Api> {
  const { config, node, recorder, capabilities, events, logger } = parts;
  const payments = new Payments(parts);
  payments.reconcile();
  const invoices = new Invoices(parts);
  invoices.reconcile();
  recorder.attach(node);
  const selling = new Selling(parts);
  const handlers = createHandlers(parts, { payments, invoices, selling });
  await tellDefaultPolicies(parts);
  const metrics = (): string => metricsText(parts);
  const of = { port: config.apiPort, token, capabilities, handlers, events, metrics, logger };
  return startApi({ ...of, site: answerers });
}

async function startParts(options: DaemonOptions, journal: Journal): Promise<Parts> {
  const { config, places, key, logger } = options;
  const suite = await loadCrypto();
  const { crypto } = suite;
  const { hashlane, chainId, firstBlock, confirmations, pollMs, staleSeconds } = config;
  const staleMs = staleSeconds === null ? null : staleSeconds * 1000;
  const contracts = await connectContracts(config.rpc, { hashlane, chainId, firstBlock });
  await requireDecimals(contracts, config.assets);
  const outbox = journalOutbox(journal);
  const account = accountFromKey(contracts.provider, key.privateKey, { outbox, fees: config.fees });
  const signer = suite.createSigner(key.privateKey);
  const kept = keptIn(journal, config);
  const chain = createEthereumChain({ contracts, account, crypto, confirmations, pollMs, staleMs });
  const identity = { signer, crypto, domain: contracts.domain };
  const transport = await transportOf(config, places, identity);
  const { events } = kept;
  const towers = await towersOf(options, identity, events);
  const around = { ...identity, transport, chain, towers, recorder: kept.recorder };
  const node = await nodeOf(options, journal, around);
  const backups = backupsOf({ places, config, key, node, journal, events, towers, logger });
  const traffic = (): ReturnType<Parts["traffic"]> => transport.traffic();
  const visitors = (): ReturnType<Parts["visitors"]> => transport.visitors();
  const chainParts = { contracts, account, crypto };
  return {
    config,
    places,
    node,
    traffic,
    visitors,
    ...chainParts,
    journal,
    backups,
    towers,
    logger,
    ...kept,
  };
}

type Around = Pick<NodeOptions, "signer" | "crypto" | "domain" | "transport" | "chain"> &
  Pick<Parts, "towers" | "recorder">;

async function nodeOf(
  { config, places, logger }: DaemonOptions,
  journal: Journal,
  { towers, recorder, ...around }: Around,
): Promise<HashlaneNode> {
  try {
    return await startNode({
      ...around,
      store: createFileStore({ directory: places.store }),
      claimTime: config.claimSeconds,
      owner: config.owner,
      takesSpontaneous: config.spontaneous,
      limitsShares: config.shares,
      peers: keptPeers({ journal }),
      onNotice: (notice) => {
        recorder.onNotice(notice);
        logNotice(logger, notice);
      },
      onProblem: (text) => logger.warn(text),
      consult: (node) => towers.consult(node),
    });
  } catch (thrown) {
    towers.stop();
    throw thrown;
  }
}

/** What the journal is for. */
function keptIn(
  journal: Journal,
  config: Config,
): Pick<Parts, "assets" | "events" | "capabilities" | "recorder"> {
  const assets = new Assets(config.assets);
  const events = new EventLog(journal);
  const capabilities = new Capabilities(journal, assets);
  return { assets, events, capabilities, recorder: new Recorder(journal, events, assets, config.lockEvents) };
}

async function transportOf(
  { listen, maxConnections, maxPerAddress }: Config,
  places: Places,
  identity: ConstructorParameters<typeof SocketTransport>[0]["identity"],
): Promise<SocketTransport> {
  const certificate = await loadCertificate(places.certificate);
  const limits = { mostIncoming: maxConnections, mostOfOneAddress: maxPerAddress };
  return new SocketTransport({ identity, security: { kind: "tls", certificate }, listen, limits });
}

/** Known before the node is: they are asked before it says anything. */
async function towersOf(
  { places, config, logger, acceptsLoss = false }: DaemonOptions,
  identity: ConstructorParameters<typeof SocketTransport>[0]["identity"],
  events: EventLog,
): Promise<Towers> {
  const towers = new Towers({ ...identity, file: places.towers, events, logger, acceptsLoss });
  await towers.addConfigured(config.towers);
  return towers;
}

function backupsOf({
  places,
  journal,
  towers,
  ...parts
}: Pick<Parts, "places" | "config" | "node" | "journal" | "events" | "towers" | "logger"> & {
  readonly key: NodeKey;
}): Backups {
  const file = JSON.parse(readText(places.config) ?? "{}") as ConfigFile;
  const configText = (): string =>
    JSON.stringify({ ...file, towers: towers.known.map(({ url }) => url) }, null, 2);
  return new Backups({ ...parts, configText, peers: () => keptPeers({ journal }) });
}

/** Channels that wait for a peer's help need their owner's eyes. */
function warnOfLoss({ node, logger }: Parts): void {
  for (const { channel, peer, recovery } of node.channels()) {
    if (recovery !== "waits_for_peer") continue;
    logger.warn(
      "the data of this channel is not the newest: it closes when its peer is connected and has handed over its " +
        "newest states; if the peer is gone for good, run hashlane channel close --humble",
      { channel, peer },
    );
  }
}
