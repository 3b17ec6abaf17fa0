import type { Account } from "../../src/chain/account.ts";
import type { Store } from "../../src/store/port.ts";
import { StoryFailure } from "./failure.ts";
import { waitUntil } from "./wait.ts";
import { createWatchedStore } from "./watched-store.ts";
import type { World } from "./world.ts";

/** What a node is given so that a story sees when it is done with a block. */
export interface Watch {
  readonly store: Store;
  readonly account: Account;
  /** Whether the node has acted on this block, and the chain has taken all transactions that came of it. */
  isDoneWith(block: number): boolean;
}

export function createWatch(owner: Account): Watch {
  let seen = -1;
  let sending = 0;
  return {
    isDoneWith: (block) => seen >= block && sending === 0,
    store: createWatchedStore(({ cursor }) => (seen = cursor?.number ?? seen)),
    account: {
      ...owner,
      send: async (...what) => {
        sending += 1;
        try {
          return await owner.send(...what);
        } finally {
          sending -= 1;
        }
      },
    },
  };
}

/** Moves the chain's clock on, a step at a time, each small enough for what must be done in it. */
export interface Clock {
  /** How many steps were taken so far. */
  readonly steps: number;
  /** Steps on until the condition holds; a story that takes too many has gone wrong. */
  runUntil(what: string, condition: () => boolean): Promise<void>;
}

export function createClock(
  { chain, contracts }: World,
  watches: readonly Watch[],
  limits: { readonly stepSeconds: number; readonly mostSteps: number },
): Clock {
  const { stepSeconds, mostSteps } = limits;
  let steps = 0;
  /** What the nodes do because of a block may make the next one, and that is waited for too. */
  const isQuiet = async (): Promise<boolean> => {
    const block = await contracts.provider.getBlockNumber();
    return watches.every((watch) => watch.isDoneWith(block));
  };
  return {
    get steps() {
      return steps;
    },
    runUntil: async (what, condition) => {
      await waitUntil("the nodes to see the chain", isQuiet);
      while (!condition()) {
        if (steps >= mostSteps)
          throw new StoryFailure(`${what} has not come about after ${steps} steps in time.`);
        steps += 1;
        await chain.travelTo((await chain.time()) + stepSeconds);
        await waitUntil("the nodes to see the chain", isQuiet);
      }
    },
  };
}
