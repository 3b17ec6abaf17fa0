import type { Command } from "commander";

import { reserveOf } from "../../src/protocol/lane.ts";
import type { Amount } from "../../src/protocol/types.ts";
import { eth, parseEth, parsePositiveEth } from "./amount.ts";
import { openChain } from "./chain.ts";
import { mustEqual } from "./check.ts";
import { StoryFailure } from "./failure.ts";
import { playerOf, startNodes, type PlayOptions, type Player } from "./nodes.ts";
import type { Teller } from "./print.ts";
import { storyCommand } from "./run.ts";
import { within } from "./wait.ts";
import {
  createPerson,
  deployWorld,
  fund,
  openBetween,
  walletOf,
  type StoryChannel,
  type World,
} from "./world.ts";

/** Options of the stories in which Alice pays the site 1024 by the minute. */
export interface StreamOptions {
  readonly network: string;
  readonly json: boolean;
  readonly minutes: string;
  readonly price: string;
  readonly deposit: string;
}

export interface StreamPlan {
  readonly minutes: number;
  /** Wei a minute. */
  readonly price: Amount;
  readonly deposit: Amount;
  readonly total: Amount;
}

/** Alice's channel with the site, with a node for each, before the first minute. */
export interface Stream {
  readonly world: World;
  readonly alice: Player;
  readonly site: Player;
  readonly channel: StoryChannel;
  /** What both held before the channel was opened, in wei. */
  readonly before: { readonly alice: Amount; readonly site: Amount };
  /** The block of the first transaction of the story. */
  readonly firstBlock: number;
}

const SITE = "1024";
const MOST_MINUTES = 1440;
const MOST_ROWS = 30;
const MINUTE = 60;
const GAS_MONEY = parseEth("1", "gas money");

export function streamCommand(name: string, description: string): Command {
  return storyCommand(name, description)
    .option("--minutes <number>", "how long Alice watches", "30")
    .option("--price <eth>", "what a minute costs", "0.001")
    .option("--deposit <eth>", "what Alice puts into the channel", "1");
}

/** Refuses what the deposit cannot pay, before anything is done. `leastMinutes`: of this story. */
export function planStream(options: StreamOptions, leastMinutes = 1): StreamPlan {
  const minutes = parseMinutes(options.minutes, leastMinutes);
  const price = parsePositiveEth(options.price, "--price");
  const deposit = parsePositiveEth(options.deposit, "--deposit");
  const total = price * BigInt(minutes);
  const reserve = reserveOf({ A: deposit, B: 0n });
  if (total + reserve <= deposit) return { minutes, price, deposit, total };
  const most = (deposit - reserve) / price;
  const least = (total * 100n + 98n) / 99n;
  throw new StoryFailure(
    `${minutes} minutes at ${eth(price)} ETH cost ${eth(total)} ETH, more than a deposit of ${eth(deposit)} ETH can ` +
      `pay: ${eth(reserve)} ETH of it stay in reserve, so that a cheater always has something to lose. ` +
      `It lasts for ${most} minutes; take no more, or a --deposit of at least ${eth(least)}.`,
  );
}

function parseMinutes(text: string, least: number): number {
  const minutes = /^\d{1,6}$/.test(text) ? Number(text) : -1;
  if (minutes < least || minutes > MOST_MINUTES) {
    throw new StoryFailure(
      `--minutes ${text} does not do. Write a whole number from ${least} to ${MOST_MINUTES}.`,
    );
  }
  return minutes;
}

/** Puts up a chain with Alice and the site on it, and opens the channel in one transaction. */
export async function openStream(
  teller: Teller,
  network: string,
  plan: StreamPlan,
  play: PlayOptions = {},
): Promise<Stream> {
  const chain = await openChain(network);
  const { world } = await deployWorld(chain);
  const [alice, site] = [createPerson(world, "Alice"), createPerson(world, SITE)];
  await fund(world, alice, plan.deposit + GAS_MONEY);
  await fund(world, site, GAS_MONEY);
  const before = { alice: await walletOf(world, alice), site: await walletOf(world, site) };
  const firstBlock = (await world.contracts.provider.getBlockNumber()) + 1;

  teller.part(`Alice opens a channel with the site ${SITE} (${chain.name})`);
  const channel = await openBetween(world, alice, site, plan.deposit);
  const players = await startNodes(world, [alice, site], [channel], play);
  const stream = {
    world,
    alice: playerOf(players, alice),
    site: playerOf(players, site),
    channel,
    before,
    firstBlock,
  };
  const reserve = reserveOf({ A: plan.deposit, B: 0n });
  mustEqual("what Alice can spend", viewOf(stream.alice, channel).spendable, plan.deposit - reserve);
  teller.say(
    `She puts ${eth(plan.deposit)} ETH into it, in one transaction. Of it ${eth(reserve)} ETH stay in reserve.`,
  );
  return stream;
}

/** Pays minute after minute, each payment signed by Alice and acknowledged by the site, and moves the chain's clock. */
export async function watchVideo(teller: Teller, plan: StreamPlan, stream: Stream): Promise<void> {
  const { alice, site, channel, world } = stream;
  teller.part(`Alice watches for ${plan.minutes} minutes at ${eth(plan.price)} ETH a minute`);
  const every = Math.ceil(plan.minutes / MOST_ROWS);
  const rows: string[][] = [];
  const start = await world.chain.time();
  for (let minute = 1; minute <= plan.minutes; minute += 1) {
    const payment = alice.node.payDirect({ channel: channel.channel, amount: plan.price });
    await within(`the site to acknowledge minute ${minute}`, payment);
    const { balance } = viewOf(site, channel);
    const paid = plan.price * BigInt(minute);
    mustEqual(`what the site has after minute ${minute}`, balance.ours, paid);
    mustEqual(`what Alice has after minute ${minute}`, balance.theirs, plan.deposit - paid);
    if (minute % every === 0 || minute === 1 || minute === plan.minutes)
      rows.push([String(minute), eth(balance.theirs), eth(balance.ours)]);
    await world.chain.travelTo(start + minute * MINUTE);
  }
  teller.table(["minute", "Alice", SITE], rows);
}

/** How many payments both have signed; what either knows must agree. */
export function countPayments({ alice, site, channel }: Stream, { price, minutes }: StreamPlan): number {
  const acknowledged = alice.notices.filter(
    (notice) => notice.kind === "directAcknowledged" && notice.channel === channel.channel,
  );
  const received = site.notices.filter(
    (notice) =>
      notice.kind === "directReceived" && notice.channel === channel.channel && notice.amount === price,
  );
  mustEqual("the number of payments that the site acknowledged", acknowledged.length, minutes);
  mustEqual("the number of payments that the site received", received.length, minutes);
  return acknowledged.length;
}

function viewOf({ name, node }: Player, { channel }: StoryChannel): ReturnType<typeof node.channels>[number] {
  const view = node.channels().find((one) => one.channel === channel);
  if (view === undefined) throw new StoryFailure(`${name}'s node has lost the channel.`);
  return view;
}
