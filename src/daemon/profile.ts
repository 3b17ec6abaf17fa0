import type { ConfigFile } from "./config.ts";

/** `local`: among people who know each other, or on one machine. `public`: forwards for anybody. */
export const PROFILES = ["local", "public"] as const;
export type Profile = (typeof PROFILES)[number];

/** 5 % of the amount in a year: what the money would earn elsewhere [FEE-2]. */
const RENT_PPM = 137;
/**
 * A tenth of the base fee: an honest payment hardly notices it, and a lane whose 512 places somebody else fills for a
 * day, 8 times for 3 hours, earns as much as with 410 payments.
 */
const ETH_SLOT_FEE = "0.0000001";
/** About the same in a token worth about a dollar. */
const DOLLAR_SLOT_FEE = "0.0003";
const DOLLAR_SLOT_FEE_DECIMALS = 4;

export function settingsOf(profile: Profile): ConfigFile {
  return profile === "public" ? { shares: true } : {};
}

export function rentOfEth(profile: Profile): ConfigFile {
  return profile === "public" ? { slotFee: ETH_SLOT_FEE, rentPpm: RENT_PPM } : {};
}

/** A token that is not divided finely enough asks for the time alone. */
export function rentOfDollar(profile: Profile, decimals: number): ConfigFile {
  if (profile === "local") return {};
  const slotFee = decimals < DOLLAR_SLOT_FEE_DECIMALS ? "0" : DOLLAR_SLOT_FEE;
  return { slotFee, rentPpm: RENT_PPM };
}
