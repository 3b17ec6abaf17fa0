import { childrenOf, endOf, nodeAt, nodesAt, startOf, type Node, type Source } from "../sources/ast.ts";
import { Edits } from "../sources/edits.ts";
import { SOLIDITY_HELPERS } from "./helpers.ts";
import { instrumentAssembly } from "./instrument-assembly.ts";
import type { Points } from "./points.ts";

const BLOCKS = ["Block", "UncheckedBlock"];
/** Their bodies may stand without braces. */
const BODIES = ["trueBody", "falseBody", "body"] as const;
const WITH_CONDITION = ["IfStatement", "Conditional", "ForStatement", "WhileStatement", "DoWhileStatement"];
const DECIDES = ["&&", "||"];

/** Writes points into one source. */
class Instrument {
  readonly #edits = new Edits();
  readonly #source: Source;
  readonly #points: Points;

  constructor(source: Source, points: Points) {
    this.#source = source;
    this.#points = points;
  }

  apply(): string {
    this.#visit(this.#source.tree);
    return this.#edits.apply(this.#source.text) + SOLIDITY_HELPERS;
  }

  #visit(node: Node): void {
    if (node.nodeType === "InlineAssembly") {
      instrumentAssembly(this.#source, nodeAt(node, "AST"), this.#points, this.#edits);
    } else if (BLOCKS.includes(node.nodeType)) {
      for (const statement of nodesAt(node, "statements")) this.#statement(statement);
    } else if (node.nodeType === "TryCatchClause") {
      this.#clause(node);
    } else if (node.nodeType === "BinaryOperation" && DECIDES.includes(String(node.operator))) {
      this.#operands(node);
    } else if (WITH_CONDITION.includes(node.nodeType)) {
      this.#conditional(node);
    } else {
      for (const child of childrenOf(node)) this.#visit(child);
    }
  }

  #statement(node: Node): void {
    if (!BLOCKS.includes(node.nodeType)) {
      const hit = this.#points.newHits(1);
      this.#points.statement(this.#source, node, hit);
      this.#edits.insert(startOf(node), `coverHit(${hit}); `);
    }
    this.#visit(node);
  }

  #conditional(node: Node): void {
    for (const child of childrenOf(node)) {
      const isBody = node.nodeType !== "Conditional" && BODIES.some((key) => node[key] === child);
      if (node.condition === child) this.#condition(child);
      else if (isBody) this.#body(child);
      // What stands in the head of a loop runs with the loop.
      else if (child.nodeType.endsWith("Statement")) childrenOf(child).forEach((each) => this.#visit(each));
      else this.#visit(child);
    }
  }

  #body(node: Node): void {
    if (BLOCKS.includes(node.nodeType)) return this.#visit(node);
    this.#edits.insert(startOf(node), "{ ");
    this.#statement(node);
    const rest = /^\s*;/.exec(this.#source.text.slice(endOf(node)));
    this.#edits.insert(endOf(node) + (rest?.[0].length ?? 0), " }");
  }

  #clause(node: Node): void {
    const block = nodeAt(node, "block");
    const hit = this.#points.newHits(1);
    this.#points.branch(this.#source, node, hit);
    this.#edits.insert(startOf(block) + 1, ` coverHit(${hit});`);
    this.#visit(block);
  }

  /** `a && b || c`: each of the three, both ways. */
  #operands(node: Node): void {
    for (const key of ["leftExpression", "rightExpression"]) {
      const operand = nodeAt(node, key);
      if (isDecision(operand)) this.#visit(operand);
      else this.#condition(operand);
    }
  }

  #condition(node: Node): void {
    const hit = this.#points.newHits(2);
    this.#points.condition(this.#source, node, hit);
    this.#edits.insert(startOf(node), "coverBoth(");
    this.#visit(node);
    this.#edits.insert(endOf(node), `, ${hit})`);
  }
}

function isDecision(node: Node): boolean {
  const [inner] = nodesAt(node, "components");
  if (node.nodeType === "TupleExpression" && inner !== undefined) return isDecision(inner);
  return node.nodeType === "BinaryOperation" && DECIDES.includes(String(node.operator));
}

export function instrument(source: Source, points: Points): string {
  return new Instrument(source, points).apply();
}
