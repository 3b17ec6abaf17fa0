import { endOf, nodeAt, nodesAt, startOf, type Node, type Source } from "../sources/ast.ts";
import type { Edits } from "../sources/edits.ts";
import { ASSEMBLY_HELPERS } from "./helpers.ts";
import type { Points } from "./points.ts";

/** After these other statements may not be reached. */
const JUMPS = ["YulIf", "YulSwitch", "YulForLoop", "YulBlock"];

/** Writes points into one `assembly` block. */
class AssemblyInstrument {
  readonly #source: Source;
  readonly #points: Points;
  readonly #edits: Edits;

  constructor(source: Source, points: Points, edits: Edits) {
    this.#source = source;
    this.#points = points;
    this.#edits = edits;
  }

  block(node: Node): void {
    let hit: number | null = null;
    for (const statement of nodesAt(node, "statements")) {
      if (hit === null) {
        hit = this.#points.newHits(1);
        this.#edits.insert(startOf(statement), `yulHit(${hit}) `);
      }
      this.#points.statement(this.#source, statement, hit);
      this.#inner(statement);
      if (JUMPS.includes(statement.nodeType)) hit = null;
    }
  }

  #inner(node: Node): void {
    switch (node.nodeType) {
      case "YulIf":
        this.#condition(nodeAt(node, "condition"));
        return this.block(nodeAt(node, "body"));
      case "YulForLoop":
        this.#condition(nodeAt(node, "condition"));
        return this.block(nodeAt(node, "body"));
      case "YulSwitch":
        return this.#cases(node);
      case "YulBlock":
        return this.block(node);
      case "YulVariableDeclaration":
      case "YulAssignment":
      case "YulExpressionStatement":
      case "YulBreak":
        return;
      default:
        throw new Error(`Coverage knows no ${node.nodeType} (${this.#source.path}, byte ${startOf(node)}).`);
    }
  }

  #condition(node: Node): void {
    const hit = this.#points.newHits(2);
    this.#points.condition(this.#source, node, hit);
    this.#edits.insert(startOf(node), "yulBoth(");
    this.#edits.insert(endOf(node), `, ${hit})`);
  }

  #cases(node: Node): void {
    const cases = nodesAt(node, "cases");
    if (cases.every(({ value }) => value !== "default")) {
      throw new Error(
        `Coverage needs a default in the switch of ${this.#source.path}, byte ${startOf(node)}.`,
      );
    }
    for (const one of cases) {
      const hit = this.#points.newHits(1);
      const body = nodeAt(one, "body");
      this.#points.branch(this.#source, one, hit);
      this.#edits.insert(startOf(body) + 1, ` yulHit(${hit})`);
      this.block(body);
    }
  }
}

export function instrumentAssembly(source: Source, node: Node, points: Points, edits: Edits): void {
  edits.insert(startOf(node) + 1, ASSEMBLY_HELPERS);
  new AssemblyInstrument(source, points, edits).block(node);
}
