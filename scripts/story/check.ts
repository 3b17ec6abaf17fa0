import { StoryFailure } from "./failure.ts";

/** Compares what a story expects with what the chain or a node says; a difference ends the story. */
export function mustEqual<T extends bigint | number | string | boolean>(
  what: string,
  actual: T,
  expected: T,
): void {
  if (actual === expected) return;
  throw new StoryFailure(
    `${what} is ${String(actual)}, but must be ${String(expected)}. This is a fault of Hashlane: please report it.`,
  );
}
