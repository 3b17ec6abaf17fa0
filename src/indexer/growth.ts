import type { Address } from "../protocol/types.ts";
import { afterChange, capacityOf, type ChannelLife } from "./channel-life.ts";
import type { KeptEvent } from "./index-store.ts";

/** What holds at the end of a UTC day, and what happened in it. */
export interface Day {
  /** Such as 2026-11-24. */
  readonly day: string;
  readonly nodes: number;
  readonly channels: number;
  /** By token, of those that ever had a channel. */
  readonly capacity: ReadonlyMap<Address, bigint>;
  readonly opened: number;
  readonly closed: number;
  readonly loneCloses: number;
  readonly disputes: number;
  readonly convictions: number;
}

const DAY = 86_400;

/** Every day from the first event's to the last one's. `events`: all of channels, in the order of the chain. */
export function growthOf(events: Iterable<KeptEvent>): readonly Day[] {
  const days: Day[] = [];
  const tally = new Tally();
  let today: number | null = null;
  for (const event of events) {
    const day = Math.floor(event.time / DAY);
    for (today ??= day; today < day; today++) days.push(tally.endDay(today));
    tally.take(event);
  }
  return today === null ? [] : [...days, tally.endDay(today)];
}

class Tally {
  readonly #lives = new Map<string, ChannelLife>();
  readonly #degrees = new Map<Address, number>();
  readonly #capacity = new Map<Address, bigint>();
  #channels = 0;
  #today = { opened: 0, closed: 0, loneCloses: 0, disputes: 0, convictions: 0 };

  take({ channel, change, block, time, transaction }: KeptEvent): void {
    if (change.kind === "undone") return;
    const before = this.#lives.get(channel) ?? null;
    const after = afterChange(before, channel, change, { block, time, transaction });
    this.#lives.set(channel, after);
    if (before?.phase === "open") this.#count(before, -1);
    if (after.phase === "open") this.#count(after, 1);
    const today = this.#today;
    if (before === null) today.opened++;
    if (after.closed !== null && (before?.closed ?? null) === null) today.loneCloses++;
    if (after.disputed && before?.disputed !== true) today.disputes++;
    if (after.ended !== null) today.closed++;
    if (after.ended?.how === "convicted") today.convictions++;
  }

  endDay(day: number): Day {
    const date = new Date(day * DAY * 1000).toISOString().slice(0, 10);
    const { size: nodes } = this.#degrees;
    const counts = { nodes, channels: this.#channels, capacity: new Map(this.#capacity), ...this.#today };
    this.#today = { opened: 0, closed: 0, loneCloses: 0, disputes: 0, convictions: 0 };
    return { day: date, ...counts };
  }

  #count(life: ChannelLife, step: 1 | -1): void {
    this.#channels += step;
    const { token, signerA, signerB } = life;
    this.#capacity.set(token, (this.#capacity.get(token) ?? 0n) + BigInt(step) * capacityOf(life));
    for (const node of [signerA, signerB]) {
      const degree = (this.#degrees.get(node) ?? 0) + step;
      if (degree === 0) this.#degrees.delete(node);
      else this.#degrees.set(node, degree);
    }
  }
}
