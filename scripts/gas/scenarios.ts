import type { Address } from "../../src/protocol/types.ts";
import { ZERO_ADDRESS } from "../../src/protocol/checked.ts";
import { answer, answerByTower, close, settle } from "./closing.ts";
import {
  channelOf,
  closeTogether,
  depositByB,
  fund,
  mustConvictA,
  mustEndWith,
  openWith,
  withdraw,
} from "./channel.ts";
import { hubScenarios } from "./hub-scenarios.ts";
import { lockScenarios, recordScenarios } from "./lock-scenarios.ts";
import { laneOf } from "./lanes.ts";
import { assetsOf, ONE, type GasWorld, type Scenario } from "./world.ts";

const HALF = ONE / 2n;
const FIFTH = ONE / 5n;
const PAID = { A: ONE - HALF + FIFTH, B: ONE + HALF - FIFTH };

/** By key of the report. */
export function scenariosOf(world: GasWorld): ReadonlyMap<string, Scenario> {
  const byAsset = assetsOf(world).flatMap(({ suffix, token }) =>
    Object.entries({
      ...fundingScenarios(world, token),
      ...endingScenarios(world, token),
    }).map(([key, scenario]): [string, Scenario] => [`${key}${suffix}`, scenario]),
  );
  return new Map([
    ...byAsset,
    ["openBothEth", () => fund(world, channelOf(world, "openBothEth", ZERO_ADDRESS))],
    ["answer", () => towerAnswer(world)],
    ...hubScenarios(world),
    ...Object.entries(lockScenarios(world)),
    ...Object.entries(recordScenarios(world)),
  ]);
}

/** Keeps the contract's balances above zero in every scenario. */
export async function warmUp(world: GasWorld): Promise<void> {
  for (const { suffix, token } of assetsOf(world)) {
    await fund(world, channelOf(world, `warm${suffix}`, token));
  }
}

function fundingScenarios(world: GasWorld, token: Address): Record<string, Scenario> {
  const onlyA = { A: ONE, B: 0n };
  return {
    openSingle: async () =>
      (await openWith(world, channelOf(world, "openSingle", token), world.A, onlyA)).gasUsed,
    reopen: async () => {
      const first = channelOf(world, "reopen", token);
      await fund(world, first);
      await closeTogether(world, first);
      return (await openWith(world, channelOf(world, "reopen", token, 2), world.A, onlyA)).gasUsed;
    },
    deposit: async () => {
      const channel = channelOf(world, "deposit", token);
      await openWith(world, channel, world.A, onlyA);
      return (await depositByB(world, channel)).gasUsed;
    },
  };
}

function endingScenarios(world: GasWorld, token: Address): Record<string, Scenario> {
  return {
    withdraw: async () => {
      const channel = channelOf(world, "withdraw", token);
      await fund(world, channel);
      return (await withdraw(world, channel)).gasUsed;
    },
    closeCoop: async () => {
      const channel = channelOf(world, "closeCoop", token);
      await fund(world, channel);
      return (await closeTogether(world, channel)).gasUsed;
    },
    unilateral: async () => {
      const channel = channelOf(world, "unilateral", token);
      await fund(world, channel);
      const own = laneOf({ seq: 9, ack: 7, sent: HALF });
      const closed = await close(world, channel, "A", {
        own,
        theirs: laneOf({ seq: 7, ack: 9, sent: FIFTH }),
      });
      const settled = await settle(world, channel, closed, "A");
      mustEndWith(world, settled, PAID.A, PAID.B);
      return closed.gasUsed + settled.gasUsed;
    },
    convict: async () => {
      const channel = channelOf(world, "convict", token);
      await fund(world, channel);
      const own = laneOf({ seq: 5, ack: 7, sent: FIFTH });
      const closed = await close(world, channel, "A", {
        own,
        theirs: laneOf({ seq: 7, ack: 5, sent: FIFTH }),
      });
      const newest = laneOf({ seq: 9, ack: 7, sent: HALF });
      const answered = await answer(world, channel, closed, "A", newest);
      mustConvictA(world, answered, 2n * ONE);
      return closed.gasUsed + answered.gasUsed;
    },
  };
}

/** The closer declares a state that nobody else has seen; the tower shows the last one that was sent. */
async function towerAnswer(world: GasWorld): Promise<number> {
  const channel = channelOf(world, "answer", ZERO_ADDRESS);
  await fund(world, channel);
  const own = laneOf({ seq: 9, ack: 7, sent: HALF });
  const closed = await close(world, channel, "A", { own, theirs: laneOf({ seq: 7, ack: 5, sent: FIFTH }) });
  const seen = laneOf({ seq: 8, ack: 7, sent: FIFTH });
  return (await answerByTower(world, channel, closed, "A", seen, ONE / 100n)).gasUsed;
}
