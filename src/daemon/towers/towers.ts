import type { Tower as TowerView } from "../../api/views.ts";
import { problem, type Problem } from "../../api/problem.ts";
import { reasonOf } from "../../chain/failure.ts";
import type { HashlaneNode } from "../../node/hashlane-node.ts";
import type { Crypto, Signer } from "../../protocol/crypto.ts";
import type { WitnessDue } from "../../protocol/tower.ts";
import type { Address, ChannelId, Domain, Secret } from "../../protocol/types.ts";
import type { EventLog } from "../events.ts";
import type { Logger } from "../log.ts";
import { consultTowers, proofOf } from "./consult.ts";
import { TowerBook, type KnownTower } from "./tower-book.ts";
import { lookAtTower } from "./tower-client.ts";
import { TowerLink, type LinkView } from "./tower-link.ts";

export interface TowersParts {
  /** Of the book. */
  readonly file: string;
  readonly signer: Signer;
  readonly crypto: Crypto;
  readonly domain: Domain;
  readonly events: EventLog;
  readonly logger: Logger;
  /** See `consultTowers`. */
  readonly acceptsLoss: boolean;
}

/** A payment under way is paid within moments: a witness is handed over only if it is not. */
const RIPE_MS = 2000;

/** The towers that guard this node. */
export class Towers {
  readonly #parts: TowersParts;
  readonly #book: TowerBook;
  readonly #links = new Map<Address, TowerLink>();
  /** When an unpaid witness was seen first. */
  #unpaid = new Map<Secret, number>();
  #node: HashlaneNode | null = null;
  #stopListening: () => void = () => undefined;

  constructor(parts: TowersParts) {
    this.#parts = parts;
    this.#book = new TowerBook(parts.file);
  }

  get known(): readonly KnownTower[] {
    return this.#book.towers();
  }

  /** Those of the config that are not known yet, as after a restore. */
  async addConfigured(urls: readonly string[]): Promise<void> {
    const known = new Set(this.#book.towers().map(({ url }) => url));
    const added = urls.filter((url) => !known.has(url)).map((url) => this.#addOne(url));
    for (const one of await Promise.allSettled(added)) {
      if (one.status === "fulfilled") continue;
      this.#parts.logger.warn("a tower of the config was not added", { reason: reasonOf(one.reason) });
    }
  }

  consult(node: HashlaneNode): Promise<void> {
    const warn = this.#parts.logger.warn.bind(this.#parts.logger);
    return consultTowers(node, { ...this.#parts, towers: this.#book.towers(), warn });
  }

  start(node: HashlaneNode): void {
    this.#node = node;
    for (const known of this.#book.towers()) this.#connect(known);
    this.#stopListening = node.guarded.onDurable(() => {
      for (const link of this.#links.values()) link.wake();
    });
  }

  stop(): void {
    this.#stopListening();
    for (const link of this.#links.values()) link.stop();
    this.#book.close();
  }

  list(): readonly TowerView[] {
    return [...this.#links.values()].map(({ view }) => show(view));
  }

  /** What it may know more is heeded at once. */
  async add(url: string): Promise<TowerView> {
    const known = await this.#addOne(url);
    const link = this.#connect(known);
    if (this.#node?.guarded.isRestored() === true) await this.consult(this.#node);
    return show(link.view);
  }

  remove(id: string): TowerView {
    const link = this.#links.get(id.toLowerCase() as Address);
    if (link === undefined) {
      const next = "List the towers and name one of them.";
      throw problem(404, "unknown_tower", "this node has no such tower", next, { tower: id.slice(0, 100) });
    }
    const { view } = link;
    link.stop();
    this.#links.delete(view.tower);
    this.#book.remove(view.tower);
    return show(view);
  }

  async #addOne(url: string): Promise<KnownTower> {
    const { domain } = this.#parts;
    const place = readUrl(url);
    const { info, tower, certificate } = await lookAtTower(place);
    const { id, contract } = info.chain;
    if (id !== domain.chainId.toString() || contract !== domain.contract) {
      const next = "Use a tower of the chain and contract that hashlane info names.";
      const values = { url: place, chain: id, contract };
      throw problem(409, "tower_elsewhere", "this tower guards channels of another network", next, values);
    }
    const known = { tower, url: place, certificate };
    this.#book.add(known);
    return known;
  }

  #connect(known: KnownTower): TowerLink {
    this.#links.get(known.tower)?.stop();
    const { signer, crypto, domain } = this.#parts;
    const link = new TowerLink({
      ...{ known, book: this.#book, signer, crypto, domain },
      lanes: () => this.#node?.guarded.lanes() ?? [],
      unpaid: () => this.#ripe(),
      after: (ms, then) => {
        const timer = setTimeout(then, ms);
        return () => clearTimeout(timer);
      },
      onNewer: (channel) => void this.#heed(known, link, channel),
      onReach: (why) => this.#tell(known, why),
    });
    this.#links.set(known.tower, link);
    link.wake();
    return link;
  }

  #ripe(): readonly WitnessDue[] {
    const now = performance.now();
    const all = this.#node?.guarded.unpaid() ?? [];
    this.#unpaid = new Map(all.map(({ secret }) => [secret, this.#unpaid.get(secret) ?? now]));
    return all.filter(({ secret }) => now - (this.#unpaid.get(secret) ?? now) >= RIPE_MS);
  }

  /** A tower that holds what we do not know: another process works on a copy of this store, or this is the copy. */
  async #heed(known: KnownTower, link: TowerLink, channel: ChannelId): Promise<void> {
    const { logger, crypto, domain } = this.#parts;
    try {
      const ours = this.#node?.guarded.known().find((one) => one.channel === channel);
      if (ours === undefined) return;
      const warn = logger.warn.bind(logger);
      const found = await proofOf(link.client, known, ours, { crypto, domain, warn });
      if (found !== null) await this.#node?.heedTower(found.proof);
    } catch (thrown) {
      logger.warn("a tower that claims to hold a newer state did not show it", {
        ...{ url: known.url, channel, reason: reasonOf(thrown) },
      });
    }
  }

  #tell({ tower, url }: KnownTower, why: Problem | null): void {
    const { events, logger } = this.#parts;
    const reason = why?.values.reason ?? why?.message ?? "";
    if (why === null) logger.info("a tower answers", { url });
    else logger.warn(`a tower does not answer: ${why.message}`, { url, reason });
    const data = { tower, url, ...(why === null ? {} : { code: why.code, reason }) };
    events.publish(events.add(why === null ? "tower_reached" : "tower_lost", data));
  }
}

function readUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url !== null && /^https?:$/.test(url.protocol) && url.pathname === "/" && url.search === "")
    return url.origin;
  const next = "Give one such as https://tower.example:9740, as its operator says.";
  throw problem(400, "bad_address", "this is no URL of a tower", next, { url: text.slice(0, 200) });
}

function show({ tower, url, problem: why, info, ...view }: LinkView): TowerView {
  const { guarded, behind, refused, lastReceipt } = view;
  return {
    ...{ tower, url, guarded, behind },
    state: why !== null ? "unreachable" : info === null ? "unknown" : "reachable",
    problem: why?.message ?? null,
    refused: [...refused].map(([channel, code]) => ({ channel, code })),
    lastReceipt: lastReceipt === null ? null : new Date(lastReceipt * 1000).toISOString(),
  };
}
