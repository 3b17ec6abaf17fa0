import type { Hex } from "../../../src/protocol/types.ts";
import { checkpointOf } from "../registry.ts";
import { slotOf } from "../slot.ts";
import { balanceOf, creditOf } from "../vault.ts";
import type { World } from "../world.ts";
import { hexOfNumber, ZERO_ADDRESS } from "../words.ts";

/** What is compared after every call. */
export interface Watched {
  readonly kind: "slot" | "balance" | "credit" | "time" | "checkpoint";
  /** Of a balance or credit; of a checkpoint its number, in the same room. */
  readonly token: Hex;
  /** An account, or what the kind is looked up by. */
  readonly key: Hex;
}

/** All that the world knows in the end; what there is not is watched, too. */
export function watchedOf(
  world: World,
  accounts: readonly Hex[],
  paramsIds: readonly Hex[],
): readonly Watched[] {
  const { token, feeToken, notary } = world.setting;
  const none = ZERO_ADDRESS;
  const money = [none, token].flatMap((asset) =>
    accounts.flatMap((key): Watched[] => [
      { kind: "balance", token: asset, key },
      { kind: "credit", token: asset, key },
    ]),
  );
  const checkpoints = [...world.checkpoints].flatMap(([key, known]) =>
    [...known, null].map((_, index): Watched => {
      return { kind: "checkpoint", token: hexOfNumber(BigInt(index + 1), 20), key };
    }),
  );
  return [
    ...paramsIds.map((key): Watched => ({ kind: "slot", token: none, key })),
    ...money,
    { kind: "balance", token: feeToken, key: notary },
    ...[...world.times.keys()].map((key): Watched => ({ kind: "time", token: none, key })),
    ...checkpoints,
  ];
}

export function valuesOf(world: World, watched: readonly Watched[]): readonly bigint[] {
  return watched.map((each) => valueOf(world, each));
}

function valueOf(world: World, { kind, token, key }: Watched): bigint {
  switch (kind) {
    case "slot":
      return slotOf(world.channelAt(key));
    case "balance":
      return balanceOf(world, token, key);
    case "credit":
      return creditOf(world, token, key);
    case "time":
      return world.times.get(key) ?? 0n;
    case "checkpoint": {
      const checkpoint = checkpointOf(world, key, BigInt(token));
      return checkpoint === null ? 0n : (checkpoint.time << 16n) | checkpoint.index;
    }
  }
}
