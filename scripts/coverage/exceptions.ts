import type { Point } from "./points.ts";

/** A point that no test can come to. */
export interface Exception {
  readonly path: string;
  readonly name: Point["name"];
  readonly why: string;
}

/** One that is come to after all is refused, like one that is missing. There is none. */
export const EXCEPTIONS: readonly Exception[] = [];
