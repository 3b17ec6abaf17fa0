import type { Hex } from "./types.ts";

const BUCKETS = 256;

function bucketOf(key: Hex): number {
  return Number.parseInt(key.slice(2, 4), 16);
}

/**
 * An immutable map with hex keys. A change copies one of 256 buckets, so that a node with thousands of channels does
 * not copy them all for each message. Iterates in an order that depends only on the history of each bucket.
 */
export class Table<K extends Hex, V> {
  readonly size: number;
  private readonly buckets: readonly (ReadonlyMap<K, V> | undefined)[];

  private constructor(buckets: readonly (ReadonlyMap<K, V> | undefined)[], size: number) {
    this.buckets = buckets;
    this.size = size;
  }

  static empty<K extends Hex, V>(): Table<K, V> {
    return new Table<K, V>(new Array<undefined>(BUCKETS).fill(undefined), 0);
  }

  static of<K extends Hex, V>(entries: Iterable<readonly [K, V]>): Table<K, V> {
    const buckets = new Array<Map<K, V> | undefined>(BUCKETS).fill(undefined);
    for (const [key, value] of entries) (buckets[bucketOf(key)] ??= new Map()).set(key, value);
    const size = buckets.reduce((sum, bucket) => sum + (bucket?.size ?? 0), 0);
    return new Table(buckets, size);
  }

  get(key: K): V | undefined {
    return this.buckets[bucketOf(key)]?.get(key);
  }

  has(key: K): boolean {
    return this.buckets[bucketOf(key)]?.has(key) ?? false;
  }

  with(key: K, value: V): Table<K, V> {
    const at = bucketOf(key);
    const had = this.buckets[at]?.has(key) ?? false;
    return this.replace(at, new Map(this.buckets[at]).set(key, value), had ? 0 : 1);
  }

  without(key: K): Table<K, V> {
    const at = bucketOf(key);
    const bucket = new Map(this.buckets[at]);
    return bucket.delete(key) ? this.replace(at, bucket.size === 0 ? undefined : bucket, -1) : this;
  }

  /** The same keys with other values, in the same order. */
  map<W>(change: (value: V) => W): Table<K, W> {
    const buckets = this.buckets.map(
      (bucket) => bucket && new Map([...bucket].map(([key, value]) => [key, change(value)])),
    );
    return new Table(buckets, this.size);
  }

  *entries(): IterableIterator<readonly [K, V]> {
    for (const bucket of this.buckets) if (bucket !== undefined) yield* bucket;
  }

  *keys(): IterableIterator<K> {
    for (const [key] of this.entries()) yield key;
  }

  *values(): IterableIterator<V> {
    for (const [, value] of this.entries()) yield value;
  }

  /** Keys whose value is not the same object in both. Costs little if one came from the other by few changes. */
  *differences(other: Table<K, V>): IterableIterator<K> {
    for (let at = 0; at < BUCKETS; at++) {
      const [ours, theirs] = [this.buckets[at], other.buckets[at]];
      if (ours === theirs) continue;
      for (const [key, value] of ours ?? []) if (theirs?.get(key) !== value) yield key;
      for (const key of theirs?.keys() ?? []) if (!ours?.has(key)) yield key;
    }
  }

  private replace(at: number, bucket: ReadonlyMap<K, V> | undefined, grown: number): Table<K, V> {
    const buckets = this.buckets.slice();
    buckets[at] = bucket;
    return new Table(buckets, this.size + grown);
  }
}
