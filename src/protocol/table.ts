import type { Hex } from "./types.ts";

/** Children by the next hex digit of their keys. */
type Branch<K extends Hex, V> = readonly (Node<K, V> | undefined)[];

class Leaf<K extends Hex, V> {
  readonly key: K;
  readonly value: V;

  constructor(key: K, value: V) {
    this.key = key;
    this.value = value;
  }
}

type Node<K extends Hex, V> = Leaf<K, V> | Branch<K, V>;

const DIGITS = 16;
/** Of the first digit of a key, after its `0x`. */
const TOP = 2;

function digitOf(key: Hex, at: number): number {
  const code = key.charCodeAt(at);
  return code < 58 ? code - 48 : code - 87;
}

/**
 * An immutable map with hex keys of one length. A change copies the few branches above it, so that a node with millions
 * of entries pays no more for one than a node with hundreds. Iterates in the order of the keys.
 */
export class Table<K extends Hex, V> {
  readonly size: number;
  private readonly root: Node<K, V> | undefined;

  private constructor(root: Node<K, V> | undefined, size: number) {
    this.root = root;
    this.size = size;
  }

  static empty<K extends Hex, V>(): Table<K, V> {
    return new Table<K, V>(undefined, 0);
  }

  static of<K extends Hex, V>(entries: Iterable<readonly [K, V]>): Table<K, V> {
    let table = Table.empty<K, V>();
    for (const [key, value] of entries) table = table.with(key, value);
    return table;
  }

  get(key: K): V | undefined {
    const leaf = this.leafOf(key);
    return leaf?.value;
  }

  has(key: K): boolean {
    return this.leafOf(key) !== undefined;
  }

  /** The value of the one key that begins so; undefined if there is none or more than one. */
  find(beginning: Hex): V | undefined {
    let node = this.root;
    for (let at = TOP; node !== undefined; at++) {
      if (node instanceof Leaf) return node.key.startsWith(beginning) ? node.value : undefined;
      // A branch has two leaves at least.
      if (at === beginning.length) return undefined;
      node = node[digitOf(beginning, at)];
    }
    return undefined;
  }

  with(key: K, value: V): Table<K, V> {
    const had = this.has(key);
    return new Table(put(this.root, new Leaf(key, value), TOP), had ? this.size : this.size + 1);
  }

  without(key: K): Table<K, V> {
    return this.has(key) ? new Table(cut(this.root, key, TOP), this.size - 1) : this;
  }

  /** The same keys with other values. */
  map<W>(change: (value: V) => W): Table<K, W> {
    return new Table(mapped(this.root, change), this.size);
  }

  entries(): IterableIterator<readonly [K, V]> {
    return leavesOf(this.root)
      .map(({ key, value }): readonly [K, V] => [key, value])
      .values();
  }

  keys(): IterableIterator<K> {
    return leavesOf(this.root)
      .map(({ key }) => key)
      .values();
  }

  values(): IterableIterator<V> {
    return leavesOf(this.root)
      .map(({ value }) => value)
      .values();
  }

  /** Keys whose value is not the same object in both. Costs little if one came from the other by few changes. */
  *differences(other: Table<K, V>): IterableIterator<K> {
    yield* differing(this.root, other.root);
  }

  private leafOf(key: K): Leaf<K, V> | undefined {
    let node = this.root;
    for (let at = TOP; node !== undefined; at++) {
      if (node instanceof Leaf) return node.key === key ? node : undefined;
      node = node[digitOf(key, at)];
    }
    return undefined;
  }
}

function put<K extends Hex, V>(node: Node<K, V> | undefined, leaf: Leaf<K, V>, at: number): Node<K, V> {
  if (node === undefined) return leaf;
  if (!(node instanceof Leaf)) {
    const digit = digitOf(leaf.key, at);
    return replaced(node, digit, put(node[digit], leaf, at + 1));
  }
  return node.key === leaf.key ? leaf : split(node, leaf, at);
}

function replaced<K extends Hex, V>(
  branch: Branch<K, V>,
  digit: number,
  child: Node<K, V> | undefined,
): Branch<K, V> {
  const copy = branch.slice();
  copy[digit] = child;
  return copy;
}

function split<K extends Hex, V>(old: Leaf<K, V>, leaf: Leaf<K, V>, at: number): Branch<K, V> {
  if (at >= Math.min(old.key.length, leaf.key.length)) {
    throw new RangeError(`keys of a table have one length; given: ${old.key} and ${leaf.key}`);
  }
  const branch = new Array<Node<K, V> | undefined>(DIGITS).fill(undefined);
  const [mine, other] = [digitOf(leaf.key, at), digitOf(old.key, at)];
  if (mine === other) branch[mine] = split(old, leaf, at + 1);
  else [branch[mine], branch[other]] = [leaf, old];
  return branch;
}

/** A branch that one leaf is left of becomes that leaf, so that the same content has the same form. */
function cut<K extends Hex, V>(node: Node<K, V> | undefined, key: K, at: number): Node<K, V> | undefined {
  if (node === undefined || node instanceof Leaf) return undefined;
  const digit = digitOf(key, at);
  const rest = replaced(node, digit, cut(node[digit], key, at + 1));
  let only: Node<K, V> | undefined;
  for (const child of rest) {
    if (child === undefined) continue;
    if (only !== undefined) return rest;
    only = child;
  }
  return only instanceof Leaf ? only : rest;
}

function mapped<K extends Hex, V, W>(
  node: Node<K, V> | undefined,
  change: (value: V) => W,
): Node<K, W> | undefined {
  if (node === undefined) return undefined;
  if (node instanceof Leaf) return new Leaf(node.key, change(node.value));
  return node.map((child) => mapped(child, change));
}

function leavesOf<K extends Hex, V>(
  node: Node<K, V> | undefined,
  into: Leaf<K, V>[] = [],
): readonly Leaf<K, V>[] {
  if (node instanceof Leaf) into.push(node);
  else if (node !== undefined) for (const child of node) leavesOf(child, into);
  return into;
}

function* differing<K extends Hex, V>(
  a: Node<K, V> | undefined,
  b: Node<K, V> | undefined,
): IterableIterator<K> {
  if (a === b) return;
  if (a instanceof Leaf || b instanceof Leaf || a === undefined || b === undefined) {
    yield* differingLeaves(a, b);
    return;
  }
  for (let digit = 0; digit < DIGITS; digit++) yield* differing(a[digit], b[digit]);
}

/** Where one of them is a leaf or nothing. */
function* differingLeaves<K extends Hex, V>(
  a: Node<K, V> | undefined,
  b: Node<K, V> | undefined,
): IterableIterator<K> {
  const [ours, theirs] = [a, b].map((node) => new Map(leavesOf(node).map(({ key, value }) => [key, value])));
  if (ours === undefined || theirs === undefined) return;
  for (const [key, value] of ours) if (!theirs.has(key) || theirs.get(key) !== value) yield key;
  for (const key of theirs.keys()) if (!ours.has(key)) yield key;
}
