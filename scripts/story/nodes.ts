import type { Account } from "../../src/chain/account.ts";
import { createEthereumChain } from "../../src/chain/ethereum-chain.ts";
import { startNode } from "../../src/node/start-node.ts";
import type { HashlaneNode } from "../../src/node/hashlane-node.ts";
import type { Notice } from "../../src/protocol/outputs.ts";
import { createMemoryStore } from "../../src/store/memory-store.ts";
import type { Store } from "../../src/store/port.ts";
import { createMemoryNetwork, type MemoryNetwork } from "../../src/transport/memory-network.ts";
import type { Transport } from "../../src/transport/port.ts";
import { StoryFailure } from "./failure.ts";
import { waitUntil, within } from "./wait.ts";
import type { Person, StoryChannel, World } from "./world.ts";

/** Seconds that every node of the stories wants for getting a record on chain. */
export const CLAIM_TIME = 3600;
const CHAIN_POLL_MS = 20;

/** A person whose node runs in this process. */
export interface Player extends Person {
  readonly node: HashlaneNode;
  /** What the node noticed so far, in order. */
  readonly notices: readonly Notice[];
}

export interface PlayOptions {
  readonly network?: MemoryNetwork;
  /** Where a person's node keeps its log; in memory if left out or undefined. */
  readonly storeOf?: (person: Person) => Store | undefined;
}

/** Starts a node for each person and connects those that share a channel. */
export async function startNodes(
  world: World,
  people: readonly Person[],
  channels: readonly StoryChannel[],
  options: PlayOptions = {},
): Promise<readonly Player[]> {
  const { network = createMemoryNetwork(), storeOf } = options;
  const players: Player[] = [];
  for (const person of people) {
    const transport = network.createTransport(person.signer.address);
    players.push(await startPlayer(world, person, { transport, store: storeOf?.(person) }));
  }
  for (const { payer, payee } of channels) {
    playerOf(players, payer).node.connect(payee.signer.address, "memory");
  }
  await waitUntil("all channels to be usable", () =>
    channels.every(({ payer, channel }) => isUsable(playerOf(players, payer), channel)),
  );
  return players;
}

export interface PlayerParts {
  readonly transport: Transport;
  /** In memory if undefined. */
  readonly store?: Store | undefined;
  /** Sends and pays for the node's transactions; the person's own if left out. */
  readonly account?: Account;
}

/** Starts a person's node, which knows the time of the chain then and is connected with nobody yet. */
export async function startPlayer(
  { contracts, suite }: World,
  person: Person,
  { transport, store = createMemoryStore(), account = person.owner }: PlayerParts,
): Promise<Player> {
  const chain = createEthereumChain({
    contracts,
    account,
    crypto: suite.crypto,
    confirmations: 0,
    pollMs: CHAIN_POLL_MS,
  });
  const starting = startNode({
    signer: person.signer,
    crypto: suite.crypto,
    domain: contracts.domain,
    store,
    transport,
    chain,
    claimTime: CLAIM_TIME,
    owner: person.owner.address,
  });
  const node = await within(`the start of ${person.name}'s node`, starting);
  const notices: Notice[] = [];
  node.on((notice) => notices.push(notice));
  // A node that comes back must know the time of the chain before it is asked for anything.
  await within(`${person.name}'s node to read the chain`, chain.poke());
  return { ...person, node, notices };
}

export function isUsable({ node }: Player, channel: StoryChannel["channel"]): boolean {
  return node.channels().some((one) => one.channel === channel && one.status === "usable" && one.connected);
}

export function playerOf(players: readonly Player[], { name }: Pick<Person, "name">): Player {
  const player = players.find((one) => one.name === name);
  if (player === undefined) throw new StoryFailure(`${name} has no node in this story.`);
  return player;
}

export async function stopNodes(players: readonly Player[]): Promise<void> {
  await within("the nodes to stop", Promise.all(players.map(({ node }) => node.stop())));
}
