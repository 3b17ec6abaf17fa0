import { toHex } from "../../src/protocol/bytes.ts";
import type { LaneHead, LocksRoot } from "../../src/protocol/types.ts";

const NO_LOCKS = toHex<LocksRoot>(new Uint8Array(32));

/** A lane's state; without locks if none are given. */
export function laneOf(state: Omit<LaneHead, "locksRoot"> & { readonly locksRoot?: LocksRoot }): LaneHead {
  return { locksRoot: NO_LOCKS, ...state };
}
