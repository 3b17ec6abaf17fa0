import { recordHash } from "./messages.ts";
import { type Channel, PHASE_NUMBERS } from "./state.ts";

/** The storage word of a channel [ST-1]; the layout is that of the table at the library Slots. */
export function slotOf({ life, phase }: Channel): bigint {
  const head = (PHASE_NUMBERS[phase.kind] << 254n) | (life << 234n);
  switch (phase.kind) {
    case "ended":
      return head;
    case "open": {
      const flags = BigInt(phase.isEth) | (BigInt(phase.consentedA) << 1n) | (BigInt(phase.consentedB) << 2n);
      const deposits = (BigInt.asUintN(96, phase.depositB) << 96n) | BigInt.asUintN(96, phase.depositA);
      return head | (flags << 224n) | (phase.resizes << 192n) | deposits;
    }
    case "closing":
      return head | (phase.deadline << 200n) | (BigInt(recordHash(phase.record)) >> 56n);
  }
}
