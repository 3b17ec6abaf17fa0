import type { Exception } from "./exceptions.ts";
import type { Point } from "./points.ts";
import type { Measured } from "./run.ts";

export interface Figure {
  readonly all: number;
  readonly met: number;
}

export interface FileReport {
  readonly path: string;
  /** On which a statement begins; met if all that begin there were run. */
  readonly lines: Figure;
  readonly branches: Figure;
  /** Not met and not excepted. */
  readonly missed: readonly Point[];
}

export interface Report {
  readonly files: readonly FileReport[];
  readonly lines: Figure;
  readonly branches: Figure;
  /** That were met, or name nothing. */
  readonly stale: readonly Exception[];
}

const isOf = (point: Point) => (one: Exception) => one.path === point.path && one.name === point.name;

function figureOf<T>(all: readonly T[], missed: readonly T[]): Figure {
  const count = new Set(all).size;
  return { all: count, met: count - new Set(missed).size };
}

function reportOf(path: string, points: readonly Point[], unmet: readonly Point[]): FileReport {
  const linesOf = (some: readonly Point[]): number[] =>
    some.filter(({ kind }) => kind === "statement").map(({ line }) => line);
  const branchesOf = (some: readonly Point[]): readonly Point[] =>
    some.filter(({ kind }) => kind === "branch");
  return {
    path,
    lines: figureOf(linesOf(points), linesOf(unmet)),
    branches: figureOf(branchesOf(points), branchesOf(unmet)),
    missed: unmet,
  };
}

const sumOf = (figures: readonly Figure[]): Figure => ({
  all: figures.reduce((sum, { all }) => sum + all, 0),
  met: figures.reduce((sum, { met }) => sum + met, 0),
});

/** An excepted point is not counted at all, neither among those that are met nor among all. */
export function makeReport({ points, hits }: Measured, exceptions: readonly Exception[]): Report {
  const isMet = ({ hit }: Point): boolean => hits.has(hit);
  const counted = points.filter((point) => isMet(point) || !exceptions.some(isOf(point)));
  const paths = [...new Set(points.map(({ path }) => path))];
  const files = paths.map((path) => {
    const ofFile = counted.filter((point) => point.path === path);
    return reportOf(
      path,
      ofFile,
      ofFile.filter((point) => !isMet(point)),
    );
  });
  const stale = exceptions.filter((one) => !points.some((point) => isOf(point)(one) && !isMet(point)));
  const lines = sumOf(files.map((file) => file.lines));
  return { files, lines, branches: sumOf(files.map(({ branches }) => branches)), stale };
}

export const isComplete = ({ files, stale }: Report): boolean =>
  stale.length === 0 && files.every(({ missed }) => missed.length === 0);

/** Rounded down, so that 100 means all. */
const shareOf = ({ all, met }: Figure): string =>
  `${(all === 0 ? 100 : Math.floor((met / all) * 10_000) / 100).toFixed(2)} % (${met} of ${all})`;

export function textOfReport({ files, lines, branches, stale }: Report): string {
  const rows = files.flatMap((file) => [
    `${file.path}: lines ${shareOf(file.lines)}, branches ${shareOf(file.branches)}`,
    ...file.missed.map(({ line, kind, name }) => `  ${line}: no test comes to the ${kind} ${name}`),
  ]);
  return [
    ...rows,
    ...stale.map(({ path, name }) => `${path}: tests do come to what is excepted, or it is gone: ${name}`),
    `All: lines ${shareOf(lines)}, branches ${shareOf(branches)}`,
  ].join("\n");
}
