import type { Value } from "./abi.ts";

/** A call that is refused changes nothing. No name: it fails without a word. */
export class Refusal extends Error {
  readonly values: readonly Value[];

  constructor(name: string, ...values: readonly Value[]) {
    super(name);
    this.values = values;
  }
}
