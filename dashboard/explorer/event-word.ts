import { WORDS, type WordName } from "../parts/words.ts";

/** A kind that this page does not know is told as it is. */
export function eventWord(kind: string): WordName {
  const name = `event_${kind}`;
  return name in WORDS ? (name as WordName) : "unknown";
}
