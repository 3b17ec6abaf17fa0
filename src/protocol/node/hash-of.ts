import { fromHex, toHex } from "../bytes.ts";
import type { Crypto } from "../crypto.ts";
import type { PaymentHash, Secret } from "../types.ts";

/** What a witness opens. */
export function hashOf(crypto: Crypto, secret: Secret): PaymentHash {
  return toHex<PaymentHash>(crypto.sha256(fromHex(secret)), 32);
}
