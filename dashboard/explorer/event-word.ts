import type { Say } from "../parts/settings.ts";
import { WORDS, type WordName } from "../parts/words.ts";

/** A detail that this page does not know is told by the name that it has in the API. */
export function detailText(name: string, say: Say): string {
  const word = `detail_${name}`;
  return word in WORDS ? say(word as WordName) : name;
}

/** A kind that this page does not know is told as it is. */
export function eventWord(kind: string): WordName {
  const name = `event_${kind}`;
  return name in WORDS ? (name as WordName) : "unknown";
}
