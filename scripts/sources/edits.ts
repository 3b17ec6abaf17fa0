/** Insertions into a text, at places of the text as it was. */
export class Edits {
  readonly #edits: { readonly place: number; readonly text: string }[] = [];

  /** Those at one place follow each other in the order in which they are made. */
  insert(place: number, text: string): void {
    this.#edits.push({ place, text });
  }

  apply(text: string): string {
    const sorted = [...this.#edits].sort((left, right) => left.place - right.place);
    const pieces = sorted.map(({ place, text: piece }, index) => {
      const before = sorted[index - 1]?.place ?? 0;
      return text.slice(before, place) + piece;
    });
    return pieces.join("") + text.slice(sorted.at(-1)?.place ?? 0);
  }
}
