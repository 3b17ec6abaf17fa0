import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";

/** A node of the tree that the compiler makes of a source. */
export interface Node {
  readonly nodeType: string;
  /** `start:length:file`, in bytes. */
  readonly src: string;
  readonly [key: string]: unknown;
}

export interface Source {
  /** From the root of the repository. */
  readonly path: string;
  /** One character for each byte, so that the compiler's places are places in it. */
  readonly text: string;
  readonly tree: Node;
}

interface Compiled {
  readonly errors?: readonly { readonly severity: string; readonly formattedMessage: string }[];
  readonly sources?: Readonly<Record<string, { readonly ast: Node }>>;
}

const { compile } = createRequire(import.meta.url)("solc") as { readonly compile: (input: string) => string };

/** The contracts that are deployed and their libraries: neither tests, nor mocks, nor interfaces, which have no code. */
export function deployedPaths(): readonly string[] {
  return ["contracts", "contracts/libraries"].flatMap((folder) =>
    readdirSync(folder)
      .filter((name) => name.endsWith(".sol"))
      .sort()
      .map((name) => `${folder}/${name}`),
  );
}

export function parseSources(paths: readonly string[]): readonly Source[] {
  const texts = paths.map((path) => [path, readFileSync(path)] as const);
  const input = {
    language: "Solidity",
    sources: Object.fromEntries(texts.map(([path, bytes]) => [path, { content: bytes.toString() }])),
    settings: { stopAfter: "parsing", outputSelection: { "*": { "": ["ast"] } } },
  };
  const { errors = [], sources = {} } = JSON.parse(compile(JSON.stringify(input))) as Compiled;
  const error = errors.find(({ severity }) => severity === "error");
  if (error !== undefined) throw new Error(error.formattedMessage);
  return texts.map(([path, bytes]) => {
    const tree = sources[path]?.ast;
    if (tree === undefined) throw new Error(`The compiler gave no tree of ${path}.`);
    return { path, text: bytes.toString("latin1"), tree };
  });
}

export function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && "nodeType" in value && "src" in value;
}

/** The node under a key that must have one. */
export function nodeAt(node: Node, key: string): Node {
  const value = node[key];
  if (!isNode(value)) throw new Error(`${node.nodeType} at ${node.src} has no ${key}.`);
  return value;
}

export function nodesAt(node: Node, key: string): readonly Node[] {
  const value = node[key];
  return Array.isArray(value) ? value.filter(isNode) : [];
}

/** All that hangs on a node, in the order of the source. */
export function childrenOf(node: Node): readonly Node[] {
  return Object.values(node)
    .flatMap((value): unknown[] => (Array.isArray(value) ? value : [value]))
    .filter(isNode)
    .sort((left, right) => startOf(left) - startOf(right));
}

export const startOf = ({ src }: Node): number => Number(src.split(":")[0]);

export function endOf({ src }: Node): number {
  const [start, length] = src.split(":");
  return Number(start) + Number(length);
}

export const textOf = ({ text }: Source, node: Node): string => text.slice(startOf(node), endOf(node));

/** Counted from 1. */
export const lineOf = ({ text }: Source, place: number): number => text.slice(0, place).split("\n").length;
