import { endOf, nodeAt, nodesAt, startOf, textOf, type Node, type Source } from "../sources/ast.ts";
import { mutantAt, mutantOf, type Mutant } from "./mutant.ts";

const OTHER_OPERATOR: Readonly<Record<string, string>> = {
  "<": "<=",
  "<=": "<",
  ">": ">=",
  ">=": ">",
  "==": "!=",
  "!=": "==",
  "&&": "||",
  "||": "&&",
  "+": "-",
  "-": "+",
  "*": "/",
  "/": "*",
  "%": "/",
  "|": "&",
  "&": "|",
  "<<": ">>",
  ">>": "<<",
};

const WITH_CONDITION = ["IfStatement", "Conditional", "ForStatement", "WhileStatement"];
const DROPPED = ["RevertStatement", "EmitStatement", "ExpressionStatement", "Return", "Break", "Continue"];

type Operator = (source: Source, node: Node) => readonly Mutant[];

const binary: Operator = (source, node) => {
  const other = OTHER_OPERATOR[String(node.operator)];
  if (node.nodeType !== "BinaryOperation" || other === undefined) return [];
  const from = endOf(nodeAt(node, "leftExpression"));
  const start = source.text.indexOf(String(node.operator), from);
  return [mutantAt(source, start, start + String(node.operator).length, "operator", other)];
};

const assignment: Operator = (source, node) => {
  const operator = String(node.operator);
  const other = OTHER_OPERATOR[operator.slice(0, -1)];
  if (node.nodeType !== "Assignment" || other === undefined) return [];
  const start = source.text.indexOf(operator, endOf(nodeAt(node, "leftHandSide")));
  return [mutantAt(source, start, start + operator.length, "operator", `${other}=`)];
};

const condition: Operator = (source, node) => {
  if (!WITH_CONDITION.includes(node.nodeType)) return [];
  const inner = nodeAt(node, "condition");
  return [mutantOf(source, inner, "negate", `!(${textOf(source, inner)})`)];
};

const drop: Operator = (source, node) => {
  if (!DROPPED.includes(node.nodeType)) return [];
  const rest = /^\s*;/.exec(source.text.slice(endOf(node)))?.[0].length ?? 0;
  // The head of a loop has statements without a semicolon, which cannot be empty blocks.
  if (rest === 0) return [];
  return [mutantAt(source, startOf(node), endOf(node) + rest, "drop", "{}")];
};

const literal: Operator = (source, node) => {
  if (node.nodeType !== "Literal") return [];
  const text = textOf(source, node);
  if (node.kind === "bool") return [mutantOf(source, node, "literal", String(text === "false"))];
  if (node.kind !== "number") return [];
  return [mutantOf(source, node, "literal", text === "1" ? "0" : text === "0" ? "1" : `(${text} + 1)`)];
};

const sides: Operator = (source, node) => {
  const name = String(node.name);
  if (node.nodeType !== "Identifier" || !/[a-z]A$|[a-z]B$/.test(name)) return [];
  const other = name.slice(0, -1) + (name.endsWith("A") ? "B" : "A");
  if (!new RegExp(`\\b${other}\\b`).test(source.text)) return [];
  return [mutantOf(source, node, "side", other)];
};

/** The first two arguments of a call. */
const swap: Operator = (source, node) => {
  const [first, second] = nodesAt(node, "arguments");
  if (node.nodeType !== "FunctionCall" || first === undefined || second === undefined) return [];
  const [left, right] = [textOf(source, first), textOf(source, second)];
  if (left === right) return [];
  const between = source.text.slice(endOf(first), startOf(second));
  return [mutantAt(source, startOf(first), endOf(second), "swap", right + between + left)];
};

const modifier: Operator = (source, node) => {
  if (node.nodeType !== "FunctionDefinition" || node.kind === "constructor") return [];
  return nodesAt(node, "modifiers").map((one) => mutantOf(source, one, "modifier", ""));
};

export const SOLIDITY_OPERATORS: readonly Operator[] = [
  binary,
  assignment,
  condition,
  drop,
  literal,
  sides,
  swap,
  modifier,
];
