import { fromHex } from "../protocol/bytes.ts";

const HALF_ORDER = fromHex("0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0");

/** Whether the second word of `r || s` is at most half the order of secp256k1 [ID-2]. */
export function isLowS(signature: Uint8Array): boolean {
  for (let i = 0; i < 32; i++) {
    const difference = (signature[32 + i] ?? 0) - (HALF_ORDER[i] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return true;
}
