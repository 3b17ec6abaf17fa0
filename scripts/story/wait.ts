import { StoryFailure } from "./failure.ts";

const POLL_MS = 5;
const PATIENCE_MS = 60_000;

/** Waits until the condition holds; a story in which nothing goes on any more ends with what it waited for. */
export async function waitUntil(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + PATIENCE_MS;
  while (!(await condition())) {
    if (performance.now() > end) {
      throw new StoryFailure(
        `waited ${PATIENCE_MS / 1000} s for ${what}, in vain. Run it again; if it stays so, please report it.`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}
