import type { Deposits, ParamsId } from "../protocol/types.ts";
import type { Contracts } from "./contracts.ts";

/** A channel's slot [ST-1]: `ended` also if its Params were never opened, with life 0. */
export interface Slot {
  readonly phase: "ended" | "open" | "closing";
  readonly life: number;
  /** Net; null unless it is open. */
  readonly deposits: Deposits | null;
}

const PHASES = ["ended", "open", "closing"] as const;
const PHASE_AT = 254n;
const LIFE_AT = 234n;
const LIFE_BITS = 20;
const DEPOSIT_BITS = 96;

/** As of the newest block; its layout is documented at the library Slots. */
export async function readSlot({ hashlane }: Contracts, id: ParamsId): Promise<Slot> {
  const word = await hashlane.slotOf(id);
  const phase = PHASES[Number(word >> PHASE_AT)] ?? "ended";
  const deposit = (at: number): bigint => BigInt.asIntN(DEPOSIT_BITS, word >> BigInt(at));
  return {
    phase,
    life: Number(BigInt.asUintN(LIFE_BITS, word >> LIFE_AT)),
    deposits: phase === "open" ? { A: deposit(0), B: deposit(DEPOSIT_BITS) } : null,
  };
}
