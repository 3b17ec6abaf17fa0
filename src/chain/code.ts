import { keccak256 } from "ethers";
import { fromHex, toHex } from "../protocol/bytes.ts";
import type { Hex } from "../protocol/types.ts";

/** Where in deployed code the constructor wrote values: the first byte of each word of 32. */
export type Immutables = readonly number[];

/** Hash of deployed code without what its constructor wrote into it: the same on every chain and at every address. */
export function codeHashOf(code: Hex, immutables: Immutables): Hex {
  const bytes = fromHex(code);
  for (const start of immutables) bytes.fill(0, start, start + 32);
  return keccak256(toHex(bytes)) as Hex;
}
