import { USUAL_BOUNDS, type ChallengeBounds } from "../../src/chain/deploy.ts";
import { StoryFailure } from "../story/failure.ts";

export interface BoundsOptions {
  readonly leastChallenge?: string;
  readonly mostChallenge?: string;
}

/** A channel's period has 32 bits. */
const MOST_SECONDS = 2 ** 32 - 1;

/** The bounds that were asked for, else the usual ones. */
export function parseBounds({ leastChallenge, mostChallenge }: BoundsOptions): ChallengeBounds {
  const least = parseSeconds(leastChallenge, "--least-challenge") ?? USUAL_BOUNDS.leastChallenge;
  const most = parseSeconds(mostChallenge, "--most-challenge") ?? USUAL_BOUNDS.mostChallenge;
  if (least <= most) return { leastChallenge: least, mostChallenge: most };
  throw new StoryFailure(
    `the least challenge period, ${least} s, is above the most, ${most} s. No channel could be opened.`,
  );
}

function parseSeconds(text: string | undefined, option: string): number | null {
  if (text === undefined) return null;
  const seconds = /^[0-9]{1,10}$/.test(text) ? Number(text) : 0;
  if (seconds >= 1 && seconds <= MOST_SECONDS) return seconds;
  throw new StoryFailure(
    `${option} ${text} is no number of seconds. Write a whole one from 1 to ${MOST_SECONDS}.`,
  );
}
