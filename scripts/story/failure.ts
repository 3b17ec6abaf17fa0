/** Something that the person at the terminal can act on: shown as one message, without a stack trace. */
export class StoryFailure extends Error {
  override readonly name = "StoryFailure";
}

/** The message of whatever was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
