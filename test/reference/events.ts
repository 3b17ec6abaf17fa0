import type { Hex } from "../../src/protocol/types.ts";
import { encode, type Value } from "./abi.ts";
import { INTERFACES } from "./interfaces.ts";
import type { Happened, Setting } from "./world.ts";
import { bytesOf, joined, keccak } from "./words.ts";

interface Shape {
  readonly topic: Hex;
  readonly indexed: readonly boolean[];
}

const shapes = new Map<string, Shape>(
  INTERFACES.flatMap((each) =>
    each.fragments.flatMap((fragment) => {
      const found = fragment.type === "event" ? each.getEvent(fragment.format()) : null;
      if (found === null) return [];
      const indexed = found.inputs.map((input) => input.indexed === true);
      return [[found.name, { topic: found.topicHash as Hex, indexed }] as const];
    }),
  ),
);

/** One hash over the logs of a call: `keccak256(hash of those before || emitter || topics || data)`, from zero. */
export function hashOfLogs(setting: Setting, events: readonly Happened[]): Hex {
  let hash: Hex = `0x${"00".repeat(32)}`;
  for (const event of events) hash = keccak(joined(bytesOf(hash), logOf(setting, event)));
  return hash;
}

function logOf(setting: Setting, { by, name, values }: Happened): Uint8Array {
  const shape = shapes.get(name);
  if (shape === undefined) throw new RangeError(`there is no event ${name}`);
  const topics: Value[] = [shape.topic, ...values.filter((_, index) => shape.indexed[index] === true)];
  const data = values.filter((_, index) => shape.indexed[index] === false);
  return joined(bytesOf(setting[by]), encode(topics), encode(data));
}
