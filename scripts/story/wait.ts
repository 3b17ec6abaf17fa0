import { StoryFailure } from "./failure.ts";

const POLL_MS = 5;
const PATIENCE_MS = 60_000;

/** Waits until the condition holds; a story in which nothing goes on any more ends with what it waited for. */
export async function waitUntil(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + PATIENCE_MS;
  while (!(await condition())) {
    if (performance.now() > end) throw inVain(what, PATIENCE_MS);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

/** The same for work that a node has begun: its promise may stay open for as long as a peer or the chain is silent. */
export async function within<T>(what: string, work: Promise<T>, patienceMs = PATIENCE_MS): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(inVain(what, patienceMs)), patienceMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

function inVain(what: string, patienceMs: number): StoryFailure {
  return new StoryFailure(
    `waited ${patienceMs / 1000} s for ${what}, in vain. Run it again; if it stays so, please report it.`,
  );
}
