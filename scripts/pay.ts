/** Pays between any two people of a deployment; their nodes go on from where the last payment left them. */
import { HashlaneError } from "../src/protocol/error.ts";
import { createFileStore } from "../src/store/file-store.ts";
import { eth, parseEth, parsePositiveEth } from "./story/amount.ts";
import { openRunningChain, type StoryChain } from "./story/chain.ts";
import { mustEqual } from "./story/check.ts";
import {
  deployCommand,
  loadChannel,
  loadKeys,
  readDeployment,
  storeDirectory,
  type SavedDeployment,
} from "./story/deployment.ts";
import { StoryFailure } from "./story/failure.ts";
import { playerOf, startNodes, stopNodes, type Player } from "./story/nodes.ts";
import { createTeller, type Teller } from "./story/print.ts";
import { runStory, stepCommand } from "./story/run.ts";
import { waitUntil, within } from "./story/wait.ts";
import { connectWorld, createPerson, type Person, type StoryChannel, type World } from "./story/world.ts";

interface Options {
  readonly network: string;
  readonly json: boolean;
  readonly state: string;
  readonly from: string;
  readonly to: string;
  readonly amount: string;
  readonly maxFee: string;
}

/** A channel on the way, seen from who pays into it. */
interface Hop {
  readonly from: Player;
  readonly to: Player;
  readonly channel: StoryChannel["channel"];
  /** What must be locked in it, in wei. */
  readonly amount: bigint;
}

interface Plan {
  readonly payer: Player;
  readonly payee: Player;
  readonly amount: bigint;
  readonly maxFee: bigint;
  /** From the payer to the payee. */
  readonly hops: readonly Hop[];
}

const command = stepCommand("npm run pay --", "One person of a deployment pays another by invoice and route.")
  .requiredOption("--from <name>", "who pays")
  .requiredOption("--to <name>", "who is paid")
  .requiredOption("--amount <eth>", "what is asked for")
  .option("--max-fee <eth>", "what is paid for all hops together at most", "0.1");

function savedOrSayWhy({ network, state }: Options): SavedDeployment {
  const saved = readDeployment(state);
  if (saved !== null) return saved;
  throw new StoryFailure(
    `there is no deployment in ${state}. Deploy first with ${deployCommand(network, { state, fresh: false })}.`,
  );
}

function nameIn({ people }: SavedDeployment, option: string, given: string): string {
  const found = people.find(({ name }) => name.toLowerCase() === given.toLowerCase());
  if (found !== undefined) return found.name;
  const names = people.map(({ name }) => name.toLowerCase()).join(", ");
  throw new StoryFailure(`${option} ${given} is nobody of this deployment. Use one of ${names}.`);
}

/** A chain that forgot is noticed before any node trusts what it kept of another. */
async function connectTo(chain: StoryChain, state: string, saved: SavedDeployment): Promise<World> {
  const { number, hash } = saved.anchor;
  const { chainId } = await chain.provider.getNetwork();
  if (chainId.toString() !== saved.chainId)
    throw otherChain(chain, state, `its id is ${chainId}, not ${saved.chainId}`);
  const block = await chain.provider.getBlock(number);
  if (block?.hash !== hash)
    throw otherChain(chain, state, `its block ${number} is not that of the deployment`);
  const { hashlane } = saved.contracts;
  return connectWorld(chain, { hashlane, firstBlock: saved.firstBlock });
}

function otherChain({ name }: StoryChain, state: string, why: string): StoryFailure {
  return new StoryFailure(
    `the contracts of this deployment are not on the chain ${name}: ${why}. It was restarted, or is another one. ` +
      `Deploy again with ${deployCommand(name, { state, fresh: true })}.`,
  );
}

function loadPeople(world: World, { people }: SavedDeployment): readonly Person[] {
  return people.map((saved) => createPerson(world, saved.name, loadKeys(saved)));
}

/** People stand in a row, so that there is one way from each to each other. */
function hopsBetween(
  players: readonly Player[],
  channels: readonly StoryChannel[],
  [from, to]: readonly [number, number],
  amount: bigint,
  fee: bigint,
): readonly Hop[] {
  const step = from < to ? 1 : -1;
  const count = Math.abs(to - from);
  return Array.from({ length: count }, (_, index) => {
    const [one, next] = [players[from + index * step], players[from + (index + 1) * step]];
    const between = channels[Math.min(from + index * step, from + (index + 1) * step)];
    if (one === undefined || next === undefined || between === undefined)
      throw new StoryFailure("the deployment lacks a channel. Deploy again with --fresh.");
    const after = BigInt(count - 1 - index);
    return { from: one, to: next, channel: between.channel, amount: amount + fee * after };
  });
}

function viewOf({ name, node }: Player, channel: Hop["channel"]): ReturnType<typeof node.channels>[number] {
  const view = node.channels().find((one) => one.channel === channel);
  if (view === undefined) throw new StoryFailure(`${name}'s channel has ended. Deploy again with --fresh.`);
  return view;
}

/** What a refusal or a failure means in figures; null if every channel on the way could pass it. */
function shortageOf({ hops, amount }: Plan): string | null {
  const short = hops.find(({ from, channel, amount: needed }) => needed > viewOf(from, channel).spendable);
  if (short === undefined) return null;
  const { from, to, channel } = short;
  return (
    `${eth(amount)} ETH and ${eth(short.amount - amount)} ETH of fees are more than the ` +
    `${eth(viewOf(from, channel).spendable)} ETH that ${from.name} can pay to ${to.name}. Lower --amount.`
  );
}

async function payOrSayWhy(plan: Plan, invoice: string): Promise<void> {
  const { payer, maxFee, hops, amount } = plan;
  try {
    await within("the payment", payer.node.pay({ invoice, maxFee }));
  } catch (thrown) {
    if (!(thrown instanceof HashlaneError)) throw thrown;
    const fees = (hops[0]?.amount ?? amount) - amount;
    if (thrown.code === "fee_above_limit") {
      throw new StoryFailure(
        `${payer.name}'s node refuses (${thrown.code}): the hops ask for ${eth(fees)} ETH together, but --max-fee ` +
          `is ${eth(maxFee)}. Raise --max-fee.`,
      );
    }
    const why = shortageOf(plan) ?? thrown.message;
    throw new StoryFailure(`${payer.name}'s node cannot pay (${thrown.code}): ${why}`);
  }
}

/** What was locked on the way, compared with what had to be. */
function tellLocks(teller: Teller, { hops, payer }: Plan, hash: string): void {
  teller.part("The route, and what was locked on it");
  const sent = payer.notices.find((notice) => notice.kind === "paymentSent" && notice.hash === hash);
  const route = sent?.kind === "paymentSent" ? sent.route : [];
  mustEqual(
    "the route",
    route.join(", "),
    [payer, ...hops.map(({ to }) => to)].map(({ node }) => node.id).join(", "),
  );
  const rows = hops.map(({ from, to, channel, amount }) => {
    const added = from.notices.find(
      (notice) =>
        notice.kind === "lockAdded" &&
        notice.hash === hash &&
        notice.channel === channel &&
        notice.direction === "out",
    );
    if (added?.kind !== "lockAdded")
      throw new StoryFailure(`${from.name} has locked nothing for ${to.name}.`);
    mustEqual(`what ${from.name} locked for ${to.name}`, added.amount, amount);
    return [`${from.name} - ${to.name}`, eth(added.amount), new Date(added.expiry * 1000).toISOString()];
  });
  teller.table(["from - to", "locked, then paid", "expiry"], rows);
}

/** In wei, of all channels; both ends must say the same. */
function tellBalances(
  teller: Teller,
  players: readonly Player[],
  channels: readonly StoryChannel[],
): readonly {
  readonly payer: string;
  readonly payee: string;
  readonly balance: readonly [bigint, bigint];
}[] {
  teller.part("What the channels hold now");
  const balances = channels.map(({ payer, payee, channel, deposit }) => {
    const { ours, theirs } = viewOf(playerOf(players, payer), channel).balance;
    const other = viewOf(playerOf(players, payee), channel).balance;
    mustEqual(`what ${payee.name} has with ${payer.name}`, other.ours, theirs);
    mustEqual(`what ${payer.name} has with ${payee.name}`, other.theirs, ours);
    mustEqual(`what ${payer.name} and ${payee.name} have together`, ours + theirs, deposit);
    return { payer: payer.name, payee: payee.name, balance: [ours, theirs] as const };
  });
  teller.table(
    ["channel", "first", "second"],
    balances.map(({ payer, payee, balance }) => [`${payer} - ${payee}`, ...balance.map(eth)]),
  );
  return balances;
}

async function tell(options: Options): Promise<void> {
  const { network, json, state, from, to } = options;
  const amount = parsePositiveEth(options.amount, "--amount");
  const maxFee = parseEth(options.maxFee, "--max-fee");
  const saved = savedOrSayWhy(options);
  const [payerName, payeeName] = [nameIn(saved, "--from", from), nameIn(saved, "--to", to)];
  if (payerName === payeeName) {
    throw new StoryFailure(`--from and --to are both ${payerName}. Name two different people.`);
  }
  const teller = createTeller(json);
  const chain = await openRunningChain(network);
  const world = await connectTo(chain, state, saved);
  const people = loadPeople(world, saved);
  const channels = saved.channels.map((one) => loadChannel(one, people));
  const players = await startNodes(world, people, channels, {
    storeOf: (person) => createFileStore({ directory: storeDirectory(state, person) }),
  });
  try {
    const indexOf = (name: string): number => people.findIndex((person) => person.name === name);
    const [first, last] = [indexOf(payerName), indexOf(payeeName)];
    const fee = BigInt(saved.fee);
    const hops = hopsBetween(players, channels, [first, last], amount, fee);
    const [payer, payee] = [playerOf(players, { name: payerName }), playerOf(players, { name: payeeName })];
    const plan = { payer, payee, amount, maxFee, hops };
    teller.part(`${payee.name} asks ${payer.name} for ${eth(amount)} ETH`);
    const invoice = await within(
      "the invoice",
      payee.node.createInvoice({ amount, description: "lanterns" }),
    );
    teller.say(invoice.text);
    await payOrSayWhy(plan, invoice.text);
    await waitUntil("all locks to be paid", () =>
      players.every(({ node }) => node.channels().every(({ locked }) => locked.ours + locked.theirs === 0n)),
    );
    mustEqual("the invoice", payee.node.invoiceStatus(invoice.hash) ?? "unknown", "paid");
    tellLocks(teller, plan, invoice.hash);
    const balances = tellBalances(teller, players, channels);
    teller.say(`${payer.name} has the secret, the proof of payment. No transaction was sent.`);
    teller.end({
      route: [payer, ...hops.map((hop) => hop.to)].map(({ name }) => name),
      locks: hops.map((hop) => hop.amount),
      balances,
    });
  } finally {
    await stopNodes(players);
  }
}

await runStory(command, () => tell(command.opts<Options>()), "The payment");
