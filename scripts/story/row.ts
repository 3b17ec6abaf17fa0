import type { Amount } from "../../src/protocol/types.ts";
import { eth, parseEth } from "./amount.ts";
import { CLAIM_TIME, type Player } from "./nodes.ts";
import type { Teller } from "./print.ts";
import { within } from "./wait.ts";
import { createPerson, fund, openBetween, walletOf } from "./world.ts";
import type { Person, StoryChannel, World } from "./world.ts";

/** The people of the stories, each of whom pays to the next. */
export const ROW = ["Wang", "Alice", "Bob", "Carol", "Xiaohong"] as const;
/** Wei that everybody has beside what goes into a channel. */
export const GAS_MONEY = parseEth("1", "gas money");

/** Each can pay for a channel with this deposit. */
export async function fundPeople(
  world: World,
  names: readonly string[],
  deposit: Amount,
): Promise<readonly Person[]> {
  const people = names.map((name) => createPerson(world, name));
  for (const person of people) await fund(world, person, deposit + GAS_MONEY);
  return people;
}

export async function tellPeople(teller: Teller, world: World, people: readonly Person[]): Promise<void> {
  const rows = await Promise.all(
    people.map(async (person) => [person.name, eth(await walletOf(world, person)), person.owner.address]),
  );
  teller.table(["who", "ETH", "account"], rows);
}

/** Neighbours in the row share a channel; who is not there takes both of its channels along. */
export async function openRow(
  world: World,
  people: readonly Person[],
  deposit: Amount,
  challengePeriod?: number,
): Promise<readonly StoryChannel[]> {
  const channels: StoryChannel[] = [];
  for (const [index, name] of ROW.entries()) {
    const payer = people.find((person) => person.name === name);
    const payee = people.find((person) => person.name === ROW[index + 1]);
    if (payer === undefined || payee === undefined) continue;
    channels.push(await openBetween(world, payer, payee, deposit, challengePeriod));
  }
  return channels;
}

export function tellChannels(teller: Teller, channels: readonly StoryChannel[]): void {
  teller.table(
    ["channel", "deposit"],
    channels.map(({ payer, payee, deposit }) => [`${payer.name} - ${payee.name}`, eth(deposit)]),
  );
}

/** Wei. */
export interface Terms {
  readonly fee: Amount;
  /** What may pass at once. */
  readonly most: Amount;
}

/** What the player asks for forwarding into this channel of its own, told to all. */
export async function setFee(
  { name, node }: Player,
  channel: StoryChannel["channel"],
  { fee, most }: Terms,
): Promise<void> {
  const policy = {
    channel,
    feeBase: fee,
    feePpm: 0,
    claimTime: CLAIM_TIME,
    minAmount: 1n,
    maxAmount: most,
    enabled: true,
  };
  await within(`${name}'s policy`, node.setPolicy(policy));
}
