import { createHash } from "node:crypto";

import { endOf, lineOf, startOf, type Node, type Source } from "../sources/ast.ts";

/** One small change of one source. */
export interface Mutant {
  /** Of the source's text and the change: results of an older text are not taken for this one's. */
  readonly id: string;
  readonly path: string;
  readonly line: number;
  readonly operator: string;
  readonly before: string;
  readonly after: string;
  readonly start: number;
  readonly end: number;
}

export function mutantAt(
  source: Source,
  start: number,
  end: number,
  operator: string,
  after: string,
): Mutant {
  const { path, text } = source;
  const hash = createHash("sha256").update(JSON.stringify([path, text, start, end, after]));
  return {
    id: hash.digest("hex").slice(0, 16),
    path,
    line: lineOf(source, start),
    operator,
    before: text.slice(start, end),
    after,
    start,
    end,
  };
}

export function mutantOf(source: Source, node: Node, operator: string, after: string): Mutant {
  return mutantAt(source, startOf(node), endOf(node), operator, after);
}

export const mutated = ({ text }: Source, { start, end, after }: Mutant): string =>
  text.slice(0, start) + after + text.slice(end);

const short = (code: string): string => code.replace(/\s+/g, " ").slice(0, 80);

export const nameOf = ({ path, line, operator, before, after }: Mutant): string =>
  `${path}:${line} ${operator}: ${short(before)}${after === "" || after === "{}" ? "" : ` -> ${short(after)}`}`;
