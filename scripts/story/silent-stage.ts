import { toHex } from "../../src/protocol/bytes.ts";
import { SocketTransport } from "../../src/transport/socket-transport.ts";
import { createClock, createWatch, type Clock, type Watch } from "./clock.ts";
import { StoryFailure } from "./failure.ts";
import { startHop, type Hop } from "./hop.ts";
import type { Death } from "./hop-setup.ts";
import { CLAIM_TIME, isUsable, startPlayer, type Player } from "./nodes.ts";
import type { Teller } from "./print.ts";
import { fundPeople, openRow, ROW, setFee, tellChannels } from "./row.ts";
import { waitUntil } from "./wait.ts";
import { walletOf, type Person, type StoryChannel, type World } from "./world.ts";

const CHALLENGE_SECONDS = 6 * 3600;
/** Smaller than the time that every node wants for getting a record on chain. */
const STEP_SECONDS = CLAIM_TIME / 2;
const MOST_STEPS = 60;
const LOOPBACK = "127.0.0.1";

export interface SilentPlan {
  readonly death: Death;
  readonly amount: bigint;
  readonly fee: bigint;
  readonly deposit: bigint;
}

interface Cast<T> {
  readonly wang: T;
  readonly alice: T;
  readonly carol: T;
  readonly xiaohong: T;
}

/** The payment's row: Wang, Alice, Bob, Carol, Xiaohong. */
export interface Stage {
  readonly world: World;
  readonly people: Cast<Person> & { readonly bob: Person };
  readonly before: readonly bigint[];
  readonly firstBlock: number;
  readonly channels: {
    readonly wangAlice: StoryChannel;
    readonly aliceBob: StoryChannel;
    readonly bobCarol: StoryChannel;
    readonly carolXiaohong: StoryChannel;
  };
}

export interface Play extends Stage {
  readonly players: Cast<Player>;
  readonly bob: Hop;
  readonly clock: Clock;
}

/** In the order of the route. */
export function rowOf({ people }: Stage): readonly Person[] {
  const { wang, alice, bob, carol, xiaohong } = people;
  return [wang, alice, bob, carol, xiaohong];
}

export async function setStage(teller: Teller, world: World, { deposit }: SilentPlan): Promise<Stage> {
  const row = await fundPeople(world, ROW, deposit);
  const before = await Promise.all(row.map((person) => walletOf(world, person)));
  const firstBlock = (await world.contracts.provider.getBlockNumber()) + 1;
  teller.part(`Neighbours open channels (${world.chain.name})`);
  const opened = await openRow(world, row, deposit, CHALLENGE_SECONDS);
  tellChannels(teller, opened);
  const named = (name: (typeof ROW)[number]): Person => found(row.find((person) => person.name === name));
  const from = ({ name }: Person): StoryChannel => found(opened.find(({ payer }) => payer.name === name));
  const [wang, alice, bob] = [named("Wang"), named("Alice"), named("Bob")];
  const [carol, xiaohong] = [named("Carol"), named("Xiaohong")];
  const channels = {
    wangAlice: from(wang),
    aliceBob: from(alice),
    bobCarol: from(bob),
    carolXiaohong: from(carol),
  };
  return { world, people: { wang, alice, bob, carol, xiaohong }, before, firstBlock, channels };
}

function found<T>(one: T | undefined): T {
  if (one === undefined) throw new StoryFailure("the row is not whole.");
  return one;
}

/** Bob in a process of his own; the others here. All are connected over sockets. */
export async function startAll(
  teller: Teller,
  stage: Stage,
  plan: SilentPlan,
  url: string,
  directory: string,
): Promise<Play> {
  const { world, people, channels } = stage;
  const { crypto } = world.suite;
  const { domain, firstBlock } = world.contracts;
  const watches: Watch[] = [];
  const start = (person: Person): Promise<Player> => {
    const watch = createWatch(person.owner);
    watches.push(watch);
    const identity = { signer: person.signer, crypto, domain };
    const transport = new SocketTransport({
      identity,
      security: { kind: "plain" },
      listen: { host: LOOPBACK, port: 0 },
    });
    return startPlayer(world, person, { transport, store: watch.store, account: watch.account });
  };
  const bob = await startHop({
    name: people.bob.name,
    url,
    hashlane: domain.contract,
    firstBlock,
    owner: toHex(people.bob.keys.owner, 32),
    signer: toHex(people.bob.keys.signer, 32),
    directory,
    death: plan.death,
    policy: { channel: channels.bobCarol.channel, fee: plan.fee.toString(), most: plan.deposit.toString() },
  });
  const players = {
    wang: await start(people.wang),
    alice: await start(people.alice),
    carol: await start(people.carol),
    xiaohong: await start(people.xiaohong),
  };
  const { wang, alice, carol, xiaohong } = players;
  wang.node.connect(alice.node.id, alice.node.address ?? "");
  alice.node.connect(people.bob.signer.address, bob.address);
  carol.node.connect(people.bob.signer.address, bob.address);
  xiaohong.node.connect(carol.node.id, carol.node.address ?? "");
  await waitUntil(
    "all channels to be usable",
    () =>
      isUsable(wang, channels.wangAlice.channel) &&
      isUsable(alice, channels.aliceBob.channel) &&
      isUsable(carol, channels.bobCarol.channel) &&
      isUsable(carol, channels.carolXiaohong.channel),
  );
  const limits = { stepSeconds: STEP_SECONDS, mostSteps: MOST_STEPS };
  const play = { ...stage, players, bob, clock: createClock(world, watches, limits) };
  await setFees(play, plan);
  teller.say("Everybody's node is up, Bob's in a process of his own; they talk over sockets.");
  return play;
}

async function setFees({ players, channels }: Play, { fee, deposit }: SilentPlan): Promise<void> {
  const { wang, alice, carol } = players;
  for (const [player, { channel }] of [
    [wang, channels.wangAlice],
    [alice, channels.aliceBob],
    [carol, channels.carolXiaohong],
  ] as const)
    await setFee(player, channel, { fee, most: deposit });
  await waitUntil("Wang to know the fees", () => wang.node.policies().length === 4);
}
