import type { AssetTerms } from "../../src/daemon/config.ts";
import { ZERO_ADDRESS } from "../../src/protocol/checked.ts";

/** Of an asset without decimals, which is forwarded for nothing, by nobody: payments of up to 1000 with fees of up to 10. */
export const ETH_TERMS: AssetTerms = {
  ...{ symbol: "ETH", token: ZERO_ADDRESS, decimals: 0, feeBase: 0n, feePpm: 0, slotFee: 0n, rentPpm: 0 },
  ...{ minForward: 0n, maxForward: 0n, maxPayment: 1000n, maxFee: 10n, sell: null },
  outflow: { perHour: null, perHourToOne: null },
};
