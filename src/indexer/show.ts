import type { Money } from "../api/amounts.ts";
import type {
  ChannelLine,
  ExplorerEvent,
  FiguresView,
  GrowthDay,
  NodeLine,
  SpreadView,
} from "../api/explorer-views.ts";
import type { Declared } from "../chain/channel-change.ts";
import type { Address, NodeId, UnixSeconds } from "../protocol/types.ts";
import { capacityOf, type ChannelLife } from "./channel-life.ts";
import type { AssetFigures, Figures, Spread } from "./figures.ts";
import type { Day } from "./growth.ts";
import type { KeptEvent } from "./index-store.ts";
import type { NodeRecord } from "./network.ts";

/** What turns base units and ids into what people read. */
export interface Words {
  money(amount: bigint, token: Address): Money;
  aliasOf(node: NodeId): string | null;
}

export function isoOf(seconds: UnixSeconds): string {
  return new Date(seconds * 1000).toISOString();
}

export function showFigures(words: Words, figures: Figures): FiguresView {
  return { ...figures, assets: figures.assets.map((asset) => showAsset(words, asset)) };
}

function showAsset(words: Words, { token, channels, capacity, channelCapacity }: AssetFigures) {
  const money = (amount: bigint): Money => words.money(amount, token);
  return { token, channels, capacity: money(capacity), channelCapacity: mapSpread(channelCapacity, money) };
}

function mapSpread<T, U>({ p10, median, p90, most }: Spread<T>, map: (value: T) => U): SpreadView<U> {
  return { p10: map(p10), median: map(median), p90: map(p90), most: map(most) };
}

export function showDay(words: Words, { capacity, ...day }: Day): GrowthDay {
  return { ...day, capacity: moneys(words, capacity) };
}

function moneys(words: Words, amounts: ReadonlyMap<Address, bigint>): readonly Money[] {
  return [...amounts].map(([token, amount]) => words.money(amount, token));
}

export function showNode(words: Words, { node, lives, open, capacity }: NodeRecord): NodeLine {
  return {
    ...{ node, alias: words.aliasOf(node), channels: open },
    capacity: moneys(words, capacity),
    since: isoOf(lives[0]?.opened.time ?? 0),
  };
}

export function showChannel(words: Words, life: ChannelLife): ChannelLine {
  const { channel, signerA, signerB, phase, token, opened, deadline, ended } = life;
  return {
    ...{ channel, phase, token },
    nodes: [signerA, signerB],
    aliases: [words.aliasOf(signerA), words.aliasOf(signerB)],
    capacity: words.money(capacityOf(life), token),
    opened: isoOf(opened.time),
    deadline: deadline === null ? null : isoOf(deadline),
    how: ended?.how ?? null,
  };
}

/** `life`: of its channel, if that is still known. */
export function showEvent(words: Words, event: KeptEvent, life: ChannelLife | null): ExplorerEvent {
  const { cursor, block, time, transaction, channel, change } = event;
  const money = (units: string): Money => words.money(BigInt(units), life?.token ?? ("0x" as Address));
  return {
    ...{ cursor, kind: change.kind, block, at: isoOf(time), transaction, channel },
    nodes: life === null ? null : [life.signerA, life.signerB],
    details: detailsOf(change, money),
  };
}

function detailsOf(change: KeptEvent["change"], money: (units: string) => Money): ExplorerEvent["details"] {
  switch (change.kind) {
    case "opened":
      return { life: change.life, depositA: money(change.depositA), depositB: money(change.depositB) };
    case "deposited":
    case "resized":
      return { depositA: money(change.depositA), depositB: money(change.depositB) };
    case "closing":
      return { ...declaredOf(change.record, money), deadline: isoOf(change.deadline) };
    case "answered":
    case "settled":
      return declaredOf(change.record, money);
    case "ended":
      return { paidA: money(change.paidA), paidB: money(change.paidB) };
    case "convicted": {
      const { closer, spoils, tower, reward } = change;
      const told = BigInt(reward) === 0n ? {} : { tower, reward: money(reward) };
      return { closer, spoils: money(spoils), ...told };
    }
    case "undone":
      return { events: change.events };
  }
}

function declaredOf(record: Declared, money: (units: string) => Money): ExplorerEvent["details"] {
  const { closer, humble, own, theirs, answered } = record;
  const locked = own.locked || theirs.locked || answered.locked;
  const shown = answered.seq === 0 ? {} : { answeredSeq: answered.seq, answeredSent: money(answered.sent) };
  return {
    ...{ closer, humble, locked, ownSeq: own.seq, ownSent: money(own.sent) },
    ...{ theirSeq: theirs.seq, theirSent: money(theirs.sent), ...shown },
  };
}
