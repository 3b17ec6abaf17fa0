import { createFileStore } from "../../src/store/file-store.ts";
import { eth, parseEth, parsePositiveEth } from "../story/amount.ts";
import { openRunningChain } from "../story/chain.ts";
import {
  anchorOf,
  prepareDirectory,
  saveChannel,
  savePerson,
  storeDirectory,
  writeDeployment,
} from "../story/deployment.ts";
import { CLAIM_TIME, playerOf, startNodes, stopNodes, type Player } from "../story/nodes.ts";
import { createTeller, type Teller } from "../story/print.ts";
import { waitUntil, within } from "../story/wait.ts";
import {
  createPerson,
  deployWorld,
  fund,
  openBetween,
  walletOf,
  type Person,
  type StoryChannel,
  type World,
} from "../story/world.ts";
import { checkDeployment, stoodAlready, tellContracts } from "./contracts.ts";

const NAMES = ["Wang", "Alice", "Bob", "Carol", "Xiaohong"] as const;
const GAS_MONEY = parseEth("1", "gas money");

export interface PeopleOptions {
  readonly network: string;
  readonly json: boolean;
  readonly state: string;
  readonly fresh: boolean;
  readonly fee: string;
  readonly deposit: string;
}

interface Plan {
  readonly fee: bigint;
  readonly deposit: bigint;
}

async function tellPeople(teller: Teller, world: World, { deposit }: Plan): Promise<readonly Person[]> {
  teller.part("Everybody gets ETH");
  const people = NAMES.map((name) => createPerson(world, name));
  for (const person of people) await fund(world, person, deposit + GAS_MONEY);
  const rows = await Promise.all(
    people.map(async (person) => [person.name, eth(await walletOf(world, person)), person.owner.address]),
  );
  teller.table(["who", "ETH", "account"], rows);
  return people;
}

async function openChannels(
  teller: Teller,
  world: World,
  { deposit }: Plan,
  people: readonly Person[],
): Promise<readonly StoryChannel[]> {
  teller.part("Neighbours open channels, one transaction each");
  const channels: StoryChannel[] = [];
  for (const [index, payer] of people.entries()) {
    const payee = people[index + 1];
    if (payee !== undefined) channels.push(await openBetween(world, payer, payee, deposit));
  }
  teller.table(
    ["channel", "deposit", "id"],
    channels.map(({ payer, payee, channel }) => [`${payer.name} - ${payee.name}`, eth(deposit), channel]),
  );
  return channels;
}

/** Both ends of each channel ask for the same: later payments go either way. */
async function setFees(
  { fee, deposit }: Plan,
  players: readonly Player[],
  channels: readonly StoryChannel[],
): Promise<void> {
  const terms = {
    feeBase: fee,
    feePpm: 0,
    claimTime: CLAIM_TIME,
    minAmount: 1n,
    maxAmount: deposit,
    enabled: true,
  };
  for (const { payer, payee, channel } of channels) {
    for (const end of [payer, payee]) {
      const telling = playerOf(players, end).node.setPolicy({ channel, ...terms });
      await within(`${end.name}'s policy`, telling);
    }
  }
  await waitUntil("everybody to know the fees", () =>
    players.every(({ node }) => node.policies().length === 2 * channels.length),
  );
}

/**
 * Puts the contracts on a running development chain, with five people in a row, a channel between neighbours and the
 * hops' fees, and keeps all of it in a directory: `npm run pay` goes on from there.
 */
export async function tellWithPeople({
  network,
  json,
  state,
  fresh,
  ...amounts
}: PeopleOptions): Promise<void> {
  const plan = {
    deposit: parsePositiveEth(amounts.deposit, "--deposit"),
    fee: parseEth(amounts.fee, "--fee"),
  };
  const teller = createTeller(json);
  const chain = await openRunningChain(network);
  prepareDirectory(state, fresh);
  teller.part(`Contracts are deployed (${chain.name})`);
  const { world, deployment } = await deployWorld(chain);
  await checkDeployment(chain.provider, {}, chain.name);
  tellContracts(teller, deployment);
  const people = await tellPeople(teller, world, plan);
  const channels = await openChannels(teller, world, plan, people);
  const contracts = {
    hashlane: deployment.hashlane.address,
    registry: deployment.registry.address,
    hashTimelock: deployment.hashTimelock.address,
  };
  writeDeployment(state, {
    version: 1,
    chainId: world.contracts.domain.chainId.toString(),
    contracts,
    firstBlock: deployment.firstBlock,
    anchor: await anchorOf(world),
    fee: plan.fee.toString(),
    people: people.map(savePerson),
    channels: channels.map(saveChannel),
  });

  teller.part("Everybody tells what forwarding costs");
  const players = await startNodes(world, people, channels, {
    storeOf: (person) => createFileStore({ directory: storeDirectory(state, person) }),
  });
  await setFees(plan, players, channels);
  await stopNodes(players);
  teller.say(`Each hop keeps ${eth(plan.fee)} ETH. Everybody's node is down again; all is kept in ${state}.`);
  teller.say("Go on with `npm run pay -- --from wang --to xiaohong --amount 0.5`.");
  teller.end({
    contracts,
    stoodAlready: stoodAlready(deployment),
    people: Object.fromEntries(people.map(({ name, owner }) => [name, owner.address])),
    channels: channels.map(({ payer, payee, deposit }) => ({
      payer: payer.name,
      payee: payee.name,
      deposit,
    })),
    fee: plan.fee,
  });
}
