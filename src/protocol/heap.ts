/** A binary heap that gives the least item first. */
export class Heap<T> {
  private readonly items: T[] = [];
  private readonly isLess: (a: T, b: T) => boolean;

  constructor(isLess: (a: T, b: T) => boolean) {
    this.isLess = isLess;
  }

  push(item: T): void {
    const { items, isLess } = this;
    let at = items.length;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = items[parent];
      if (above === undefined || !isLess(item, above)) break;
      items[at] = above;
      at = parent;
    }
    items[at] = item;
  }

  pop(): T | undefined {
    const { items } = this;
    const least = items[0];
    const last = items.pop();
    if (last !== undefined && items.length > 0) this.sink(last);
    return least;
  }

  private sink(item: T): void {
    const { items, isLess } = this;
    let at = 0;
    for (;;) {
      const left = 2 * at + 1;
      const [first, second] = [items[left], items[left + 1]];
      if (first === undefined) break;
      const takesSecond = second !== undefined && isLess(second, first);
      const child = takesSecond ? second : first;
      if (!isLess(child, item)) break;
      items[at] = child;
      at = takesSecond ? left + 1 : left;
    }
    items[at] = item;
  }
}
