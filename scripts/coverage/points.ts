import { lineOf, startOf, textOf, type Node, type Source } from "../sources/ast.ts";

/** Something that tests must come to. */
export interface Point {
  /** Several statements of assembly share one: without a jump between them all are run or none. */
  readonly hit: number;
  readonly path: string;
  readonly line: number;
  readonly kind: "statement" | "branch";
  /** The code, shortened; of a branch with its outcome. It names the point for as long as the code stays. */
  readonly name: string;
}

const MOST_NAME = 100;

/** Numbers the points of all sources. */
export class Points {
  readonly all: Point[] = [];
  #next = 1;

  newHits(count: number): number {
    const first = this.#next;
    this.#next += count;
    return first;
  }

  statement(source: Source, node: Node, hit: number): void {
    this.#add(source, node, "statement", "", hit);
  }

  /** Both outcomes of a condition: `hit` if it holds, the next one if not. */
  condition(source: Source, node: Node, hit: number): void {
    this.#add(source, node, "branch", " => true", hit);
    this.#add(source, node, "branch", " => false", hit + 1);
  }

  /** A case of a switch or a clause of a try. */
  branch(source: Source, node: Node, hit: number): void {
    this.#add(source, node, "branch", " => taken", hit);
  }

  #add(source: Source, node: Node, kind: Point["kind"], outcome: string, hit: number): void {
    const code = textOf(source, node).replace(/\s+/g, " ").slice(0, MOST_NAME);
    const line = lineOf(source, startOf(node));
    this.all.push({ hit, path: source.path, line, kind, name: code + outcome });
  }
}
