import type { Read } from "../api/fields.ts";
import type { EXPLORER_ROUTES, ExplorerRouteName } from "../api/explorer-routes.ts";
import type {
  ChannelDetail,
  ChannelLine,
  ExplorerAnswers,
  ExplorerEvent,
  GraphView,
  NodeDetail,
  NodeLine,
  Overview,
} from "../api/explorer-views.ts";
import type { Money } from "../api/amounts.ts";
import { problem, type ApiProblem } from "../api/problem.ts";
import type { Page } from "../api/views.ts";
import type { Address, ChannelId, NodeId } from "../protocol/types.ts";
import { capacityOf, type ChannelLife } from "./channel-life.ts";
import type { Explorer } from "./explorer.ts";
import { figuresOf } from "./figures.ts";
import { growthOf, type Day } from "./growth.ts";
import type { KeptEvent } from "./index-store.ts";
import { topOf, type NodeRecord } from "./network.ts";
import { searchIn } from "./search.ts";
import { showChannel, showDay, showEvent, showFigures, showNode, type Words } from "./show.ts";

type JsonRoute = Exclude<ExplorerRouteName, "stream">;

export type ExplorerHandlers = {
  readonly [N in JsonRoute]: (
    fields: Read<(typeof EXPLORER_ROUTES)[N]["fields"]>,
    path: Readonly<Record<string, string>>,
  ) => ExplorerAnswers[N];
};

const TOP = 10;
const RECENT = 12;
const DEFAULT_LIMIT = 50;
/** An order by growth is for channels of one asset: the one that most channels are of. */
const NO_CHANNELS = 0n;

/** What each call answers. */
export class ExplorerService {
  readonly explorer: Explorer;
  readonly words: Words;
  #growth: { readonly cursor: number; readonly days: readonly Day[] } | null = null;

  constructor(explorer: Explorer) {
    this.explorer = explorer;
    this.words = {
      money: (amount, token) => explorer.tokens.money(amount, token),
      aliasOf: (node) => explorer.options.gossip?.aliases.get(node) ?? null,
    };
  }

  get handlers(): ExplorerHandlers {
    return {
      status: () => this.explorer.status(),
      overview: () => this.#overview(),
      growth: () => ({ entries: this.#days().map((day) => showDay(this.words, day)), next: null }),
      graph: () => this.#graph(),
      node: (_, { node = "" }) => this.#node(this.#mustNode(node)),
      channelsOf: (page, { node = "" }) => this.#channelsOf(this.#mustNode(node), page),
      channel: (_, { channel = "" }) => this.#channel(this.#mustChannel(channel)),
      search: ({ q }) => ({ entries: searchIn(this.explorer, q), next: null }),
      events: (page) => this.#events(page),
    };
  }

  show(event: KeptEvent): ExplorerEvent {
    return showEvent(this.words, event, this.explorer.network.life(event.channel));
  }

  #overview(): Overview {
    const { network, store, options } = this.explorer;
    const { lives, nodes } = network;
    const figures = figuresOf(lives, options.gossip?.policies() ?? null, store.tip?.time ?? 0);
    const token = figures.assets[0]?.token;
    const records = [...nodes.values()].filter(({ open }) => open > 0);
    const open = lives.filter(({ phase }) => phase === "open");
    const line = (record: NodeRecord): NodeLine => showNode(this.words, record);
    const channel = (life: ChannelLife): ChannelLine => showChannel(this.words, life);
    const capacityIn = ({ capacity }: NodeRecord): bigint =>
      token === undefined ? NO_CHANNELS : (capacity.get(token) ?? NO_CHANNELS);
    const ofAsset = open.filter((life) => life.token === token);
    return {
      status: this.explorer.status(),
      figures: showFigures(this.words, figures),
      top: {
        byCapacity: topOf(records, capacityIn, TOP).map(line),
        byChannels: topOf(records, ({ open: degree }) => BigInt(degree), TOP).map(line),
        largest: topOf(ofAsset, capacityOf, TOP).map(channel),
        newest: topOf(lives, ({ opened }) => BigInt(opened.block), TOP).map(channel),
      },
      recent: store.eventsBefore(Number.MAX_SAFE_INTEGER, RECENT).map((event) => this.show(event)),
    };
  }

  #days(): readonly Day[] {
    const { store } = this.explorer;
    const { cursor } = store;
    if (this.#growth?.cursor !== cursor) this.#growth = { cursor, days: growthOf(store.allEvents()) };
    return this.#growth.days;
  }

  #graph(): GraphView {
    const places = new Map<NodeId, number>();
    const placeOf = (node: NodeId): number => {
      const place = places.get(node) ?? places.size;
      places.set(node, place);
      return place;
    };
    const open = this.explorer.network.lives.filter(({ phase }) => phase === "open");
    const edges = open.map(({ signerA, signerB }) => [placeOf(signerA), placeOf(signerB)] as const);
    const nodes = [...places.keys()];
    return { nodes, aliases: nodes.map((node) => this.words.aliasOf(node)), edges };
  }

  #node(record: NodeRecord): NodeDetail {
    const { node, lives } = record;
    const count = (is: (life: ChannelLife) => boolean): number => lives.filter(is).length;
    const ownerOf = (life: ChannelLife): Address => (life.signerA === node ? life.ownerA : life.ownerB);
    const closedBy = ({ closed, signerA, signerB }: ChannelLife): NodeId | null =>
      closed === null ? null : closed.closer === "A" ? signerA : signerB;
    const convicted = lives.filter(({ ended }) => ended?.how === "convicted");
    return {
      ...showNode(this.words, record),
      owners: [...new Set(lives.map(ownerOf))],
      closing: count(({ phase }) => phase === "closing"),
      ended: count(({ phase }) => phase === "ended"),
      convicted: convicted.filter((life) => closedBy(life) === node).length,
      victim: convicted.filter((life) => closedBy(life) !== node).length,
    };
  }

  #channelsOf({ lives }: NodeRecord, { cursor, limit = DEFAULT_LIMIT }: PageRequest): Page<ChannelLine> {
    const from = cursorOf(cursor, 0);
    const all = [...lives].reverse();
    const entries = all.slice(from, from + limit).map((life) => showChannel(this.words, life));
    return { entries, next: from + limit < all.length ? String(from + limit) : null };
  }

  #channel(life: ChannelLife): ChannelDetail {
    const { store, network } = this.explorer;
    const { token, closed, ended, opened } = life;
    const money = (units: string): Money => this.words.money(BigInt(units), token);
    const isSame = (other: ChannelLife): boolean =>
      other.channel !== life.channel && ([...PARAMS] as const).every((name) => other[name] === life[name]);
    return {
      ...showChannel(this.words, life),
      owners: [life.ownerA, life.ownerB],
      deposits: [money(life.depositA), money(life.depositB)],
      ...{ life: life.life, resizes: life.resizes, disputed: life.disputed },
      ...{ challengeSeconds: life.challengeSeconds, recoverySeconds: life.recoverySeconds },
      ...{ closer: closed?.closer ?? null, humble: closed?.humble ?? false },
      paid: ended === null ? null : [money(ended.paidA), money(ended.paidB)],
      policies: this.#policiesOf(life),
      events: store.eventsOf(life.channel).map((event) => this.show(event)),
      otherLives: (network.node(life.signerA)?.lives ?? [])
        .filter((other) => isSame(other) && other.opened.block !== opened.block)
        .map(({ channel, life: number }) => ({ channel, life: number })),
    };
  }

  #policiesOf({ channel, token }: ChannelLife): ChannelDetail["policies"] {
    const { gossip } = this.explorer.options;
    if (gossip === null) return null;
    const money = (amount: bigint): Money => this.words.money(amount, token);
    return gossip
      .policies()
      .filter((policy) => policy.channel === channel)
      .map(({ node, feePpm, enabled, claimTime, ...terms }) => ({
        ...{ node, feePpm, enabled, claimSeconds: claimTime, feeBase: money(terms.feeBase) },
        ...{ minAmount: money(terms.minAmount), maxAmount: money(terms.maxAmount) },
      }));
  }

  #events({ cursor, limit = DEFAULT_LIMIT }: PageRequest): Page<ExplorerEvent> {
    const found = this.explorer.store.eventsBefore(cursorOf(cursor, Number.MAX_SAFE_INTEGER), limit + 1);
    const shown = found.slice(0, limit);
    const last = shown.at(-1);
    const next = found.length > limit && last !== undefined ? String(last.cursor) : null;
    return { entries: shown.map((event) => this.show(event)), next };
  }

  #mustNode(given: string): NodeRecord {
    const id = idOf("node", given, 40);
    const record = this.explorer.network.node(id as NodeId);
    if (record !== null) return record;
    throw unknown("node", id, "no channel was ever opened with this key");
  }

  #mustChannel(given: string): ChannelLife {
    const id = idOf("channel", given, 64);
    const life = this.explorer.network.life(id as ChannelId);
    if (life !== null) return life;
    throw unknown("channel", id, "the chain knows no opening of it, up to the newest block that was read");
  }
}

const PARAMS = [
  "ownerA",
  "ownerB",
  "signerA",
  "signerB",
  "token",
  "salt",
  "challengeSeconds",
  "recoverySeconds",
] as const;

interface PageRequest {
  readonly cursor?: string | undefined;
  readonly limit?: number | undefined;
}

function cursorOf(text: string | undefined, first: number): number {
  if (text === undefined) return first;
  if (/^\d{1,15}$/.test(text)) return Number(text);
  const next = "Use `next` of the page before.";
  throw problem(400, "bad_request", "cursor is none of this list", next, { field: "cursor" });
}

function idOf(what: string, given: string, digits: number): string {
  if (/^0x[0-9a-fA-F]*$/.test(given) && given.length === digits + 2) return given.toLowerCase();
  const message = `this is no id of a ${what}: it must be 0x and ${digits} hex digits`;
  throw problem(400, "bad_id", message, "Correct it, or search for its beginning.", {
    id: given.slice(0, 80),
  });
}

function unknown(what: string, id: string, why: string): ApiProblem {
  const next = "Check the id, the chain and the contract; a new one appears with its block.";
  return problem(404, `unknown_${what}`, `no such ${what} is known: ${why}`, next, { id });
}
