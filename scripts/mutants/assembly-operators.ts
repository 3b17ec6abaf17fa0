import { nodeAt, textOf, type Node, type Source } from "../sources/ast.ts";
import { mutantOf, type Mutant } from "./mutant.ts";

const OTHER_INSTRUCTION: Readonly<Record<string, string>> = {
  lt: "gt",
  gt: "lt",
  slt: "sgt",
  sgt: "slt",
  eq: "xor",
  xor: "eq",
  add: "sub",
  sub: "add",
  mul: "div",
  div: "mul",
  or: "and",
  and: "or",
  shl: "shr",
  shr: "shl",
};

const DROPPED = ["YulExpressionStatement", "YulAssignment", "YulBreak"];

type Operator = (source: Source, node: Node) => readonly Mutant[];

const instruction: Operator = (source, node) => {
  if (node.nodeType !== "YulFunctionCall") return [];
  const name = nodeAt(node, "functionName");
  const other = OTHER_INSTRUCTION[textOf(source, name)];
  return other === undefined ? [] : [mutantOf(source, name, "operator", other)];
};

const condition: Operator = (source, node) => {
  if (node.nodeType !== "YulIf" && node.nodeType !== "YulForLoop") return [];
  const inner = nodeAt(node, "condition");
  return [mutantOf(source, inner, "negate", `iszero(${textOf(source, inner)})`)];
};

const drop: Operator = (source, node) =>
  DROPPED.includes(node.nodeType) ? [mutantOf(source, node, "drop", "{}")] : [];

const literal: Operator = (source, node) => {
  if (node.nodeType !== "YulLiteral" || node.kind !== "number") return [];
  const value = BigInt(textOf(source, node));
  return [mutantOf(source, node, "literal", String(value === 1n ? 0n : value + 1n))];
};

export const ASSEMBLY_OPERATORS: readonly Operator[] = [instruction, condition, drop, literal];
